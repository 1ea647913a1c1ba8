"""Records actions in transactions of their own, once told to.

Usage: python recording.py COUNT MODE WORKSPACE…; prints "ready" and waits for a line.
"""

from __future__ import annotations

import sys

from anthyx_server import audit, db
from anthyx_server.app import opened
from anthyx_server.config import Settings
from anthyx_server.tenancy import system_caller


def main(count: int, mode: str, workspace_ids: list[str]) -> None:
    """In one transaction, as many entries in each workspace as there are workspaces."""
    with opened(Settings.from_env()):
        print("ready", flush=True)  # noqa: T201  (its parent reads it)
        sys.stdin.readline()
        for number in range(count):
            with db.transaction():
                for workspace_id in workspace_ids:
                    caller = system_caller(workspace_id, mode)
                    audit.record(caller, "thing.done", "thing", str(number))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
