"""Backups of an embedded deployment: one file while it runs, and back."""

from anthyx_server.backup.errors import BackupError
from anthyx_server.backup.files import refuse_existing
from anthyx_server.backup.restore import restore
from anthyx_server.backup.take import back_up

__all__ = ["BackupError", "back_up", "refuse_existing", "restore"]
