"""What releases promised, held against the SDK and the server of today."""
