"""The Anthyx API server: keys, limits and the resources they guard."""
