"""The commands of `anthyx-server`, by what they manage."""
