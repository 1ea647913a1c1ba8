"""The engine: what is due is claimed, sent and put on record."""
