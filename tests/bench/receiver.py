"""The other end of deliveries: answers every POST with 204, as fast as one process can."""

from __future__ import annotations

import os
import re
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ANSWER = b"HTTP/1.1 204 No Content\r\nServer: bench\r\nDate: Wed, 25 Nov 2026 17:48:49 GMT\r\n\r\n"
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@contextmanager
def receiver(core: int) -> Iterator[int]:
    """The port of a receiver in a process of its own, on this core."""
    command = [sys.executable, "-m", "tests.bench.receiver", str(core)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline() if process.stdout else "")
        finally:
            process.kill()


def main(core: int) -> None:
    """Serve on a free port, which is printed first, until killed."""
    os.sched_setaffinity(0, {core})
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    poller = select.epoll()
    poller.register(listener, select.EPOLLIN)
    connections: dict[int, socket.socket] = {}
    unread: dict[int, bytes] = {}
    while True:
        for fd, _ in poller.poll():
            if fd == listener.fileno():
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections[connection.fileno()] = connection
                poller.register(connection, select.EPOLLIN)
            elif not _answer(connections[fd], unread):
                connections.pop(fd).close()
                unread.pop(fd, None)


def _answer(connection: socket.socket, unread: dict[int, bytes]) -> bool:
    """Answer a request that is whole; False where the other side has closed."""
    try:
        piece = connection.recv(65_536)
    except OSError:
        return False
    request = unread.pop(connection.fileno(), b"") + piece
    head, end, body = request.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if end and length and len(body) >= int(length[1]):
        connection.sendall(_ANSWER)
    else:
        unread[connection.fileno()] = request
    return bool(piece)


if __name__ == "__main__":
    main(int(sys.argv[1]))
