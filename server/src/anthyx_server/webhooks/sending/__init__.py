"""Sending: signatures, destinations that are allowed, and the HTTP client."""
