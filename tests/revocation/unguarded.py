"""`anthyx-server` without what makes revocation immediate, so that the tests can miss it.

Usage: python unguarded.py COMMAND [ARGUMENT ...]
"""

from __future__ import annotations

from typing import Any

from anthyx_server import cli, keys
from anthyx_server.keys import standing


def let_pass(*_: Any, **__: Any) -> None:
    """Object to nothing."""


def main() -> None:
    """Run a command with every second look left out, and every wait."""
    keys.guard_commit = let_pass
    keys.look_again = let_pass
    standing.SETTLE_SECONDS = 0.0
    cli.main()


if __name__ == "__main__":
    main()
