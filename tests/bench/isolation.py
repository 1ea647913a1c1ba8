"""One bad endpoint beside healthy ones: what these keep of their rate."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from anthyx_server import clock
from tests.bench.deliveries import SMALL, open_bench, pump_process
from tests.support.apps import wait_until
from tests.support.deliveries import subscribe

_WAITING = 10_000
_MOST_SECONDS = 600.0
_REFUSED = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"
_END_AT_ONCE = struct.pack("ii", 1, 0)


def _hang(connection: socket.socket) -> None:
    time.sleep(_MOST_SECONDS)
    connection.close()


def _drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(1)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _END_AT_ONCE)
    connection.close()


def _refuse(connection: socket.socket) -> None:
    while connection.recv(65_536):
        connection.sendall(_REFUSED)


_KINDS: dict[str, Callable[[socket.socket], None] | None] = {
    "none": None,
    "it hangs": _hang,
    "it drips": _drip,
    "it resets": _reset,
    f"{_WAITING:,} wait for its 500s": _refuse,
}


@contextmanager
def _bad_receiver(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/bad"

        def serve(connection: socket.socket) -> None:
            with contextlib.suppress(OSError):
                behave(connection)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield url


def _rate(database: str, behave: Callable[[socket.socket], None] | None) -> float:
    """Deliveries a second of the healthy endpoints."""
    with contextlib.ExitStack() as stack:
        bench = stack.enter_context(open_bench(database))
        if behave is not None:
            url = stack.enter_context(_bad_receiver(behave))
            healthy = bench.endpoint_ids
            bench.endpoint_ids = [subscribe(bench.account, url)]
            bench.fill(_WAITING)
            bad, bench.endpoint_ids = bench.endpoint_ids[0], healthy
        else:
            bad = ""
        bench.fill(SMALL)
        stack.enter_context(pump_process(bench))
        started_at = clock.monotonic()
        wait_until(lambda: bench.attempts(but=bad) >= SMALL, _MOST_SECONDS)
        return SMALL / (clock.monotonic() - started_at)


def table(database: str) -> str:
    """Measure each kind once; the figures as Markdown."""
    rates = {kind: _rate(database, behave) for kind, behave in _KINDS.items()}
    rows = [f"| {kind} | {rate / rates['none']:.2f} |" for kind, rate in rates.items()]
    return "\n".join(
        ["| a bad endpoint beside 50 | their rate, of that alone |", "|---|--:|", *rows]
    )
