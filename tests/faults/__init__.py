"""Webhooks under faults: whatever is killed or lost, no event is."""
