"""One application on the product's web server: one worker, pinned to a core of its own."""

from __future__ import annotations

import logging
import os
import sys

from anthyx_server import logs, web_server
from anthyx_server.config import Settings
from tests.bench.peers import APPLICATIONS


def main(name: str, workspace_id: str, core: str, listen_fd: str) -> None:
    """Serve until a signal; the settings come from the environment."""
    os.sched_setaffinity(0, {int(core)})
    # Ours logs every request, as it does for its operators; the peers log none.
    if name == "ours":
        logs.set_up("console")
    else:
        logging.basicConfig(level=logging.WARNING)
    settings = Settings.from_env(workers=1)
    make = APPLICATIONS[name]
    web_server.run(settings, lambda: make(settings, workspace_id), int(listen_fd))


if __name__ == "__main__":
    main(*sys.argv[1:])
