"""The command line, `anthyx`: every resource of the client, and a webhook's way to your laptop."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; needs `pip install anthyx[cli]`."""
    try:
        from ._program import run  # noqa: PLC0415 - what it needs is an extra
    except ModuleNotFoundError as missing:
        if missing.name not in {"click", "rich"}:
            raise
        sys.exit("anthyx: the command line needs more packages: pip install 'anthyx[cli]'")
    run()
