"""What `anthyx-server check` looks at: settings, this machine, Redis, the database."""

from anthyx_server.checks.findings import Finding
from anthyx_server.checks.run import run

__all__ = ["Finding", "run"]
