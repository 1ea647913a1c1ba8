"""Tests that cross server, SDK and docs, and what all tests stand on (`support`)."""
