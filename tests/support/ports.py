"""TCP ports for servers that tests start."""

from __future__ import annotations

import itertools
import os
import socket
from collections.abc import Iterator
from contextlib import suppress

# Below what a system gives to connections and to those that listen on port 0 (Linux: from 32,768):
# such a port could be taken between being found free and being listened on.
_FIRST, _EACH = 20_000, 2_000


def _of_this_process() -> Iterator[int]:
    """Ports that no other process of the same test run takes."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 6
    for number in itertools.count(os.getpid()):  # not where another run begins
        yield _FIRST + worker * _EACH + number % _EACH


_ports = _of_this_process()


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on, and that nobody is given by chance."""
    return next(port for port in _ports if _is_free(port))


def _is_free(port: int) -> bool:
    with suppress(OSError), socket.create_server(("127.0.0.1", port)):
        return True
    return False
