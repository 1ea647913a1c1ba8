"""What stops a backup or a restore."""

from __future__ import annotations


class BackupError(Exception):
    """It can't be done; the message says in one line why, and what to do."""
