"""The web server on a real socket: broken requests, signals, killed workers, taken ports."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import pytest
import requests

from anthyx_server import web_server
from anthyx_server.config import ConfigurationError, Settings
from server.tests.operation import served

pytestmark = pytest.mark.enable_socket

SETTINGS = Settings(
    data_dir=Path(),
    database_url="sqlite://",
    redis_url="",
    secret_key="",
    key_peppers=(),
    encryption_keys=(),
    port=0,
)
POST = b"POST /echo HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
LINE = "The request line has more than 8,190 bytes."
FIELDS = "There are over 100 header fields, or one has more than 8,190 bytes."
SYNTAX = "The request line, a header field or the framing of the body breaks RFC 9112."
UNREADABLE = {
    "no request line": (b"GARBAGE\r\n\r\n", SYNTAX),
    "not ASCII": (b"G\xff\xfeT / HTTP/1.1\r\n\r\n", SYNTAX),
    "unknown version": (b"GET / HTTP/3.1\r\n\r\n", SYNTAX),
    "long line": (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\n\r\n", LINE),
    "long field": (b"GET / HTTP/1.1\r\nX: " + b"a" * 9_000 + b"\r\n\r\n", FIELDS),
    "many fields": (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n", FIELDS),
    "NUL in a field": (b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n", SYNTAX),
    "two lengths": (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc", SYNTAX),
    "negative length": (POST + b"Content-Length: -3\r\n\r\nabc", SYNTAX),
    "length in words": (POST + b"Content-Length: three\r\n\r\nabc", SYNTAX),
    "length and chunks": (
        POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        SYNTAX,
    ),
    "unknown coding": (POST + b"Transfer-Encoding: gzip\r\n\r\nabc", SYNTAX),
    "unknown expectation": (POST + b"Expect: mercy\r\nContent-Length: 0\r\n\r\n", SYNTAX),
}
BROKEN_BODIES = {
    "shorter than announced": POST + b"Content-Length: 10\r\n\r\nabc",
    "no chunk size": CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n",
    "a chunk that runs over": CHUNKED + b"3\r\nabcdef\r\n0\r\n\r\n",
    "no last chunk": CHUNKED + b"3\r\nabc\r\n",
}


@dataclass
class Server:
    """`served.py` in a process of its own."""

    process: subprocess.Popen[str]
    port: int
    directory: Path

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def send(self, request: bytes) -> bytes:
        """Send bytes and no more, and read the answer to its end."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b""))

    def stop(self) -> str:
        """End it; what it logged."""
        self.process.terminate()
        return self.process.communicate(timeout=20)[1]


@contextmanager
def running(directory: Path) -> Iterator[Server]:
    os.mkfifo(directory / "gate")
    with web_server.listen(SETTINGS) as listener:
        descriptor = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, served.__file__, str(descriptor), str(directory)],
            pass_fds=[descriptor],
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"HOME": str(directory)},
        )
        port = listener.getsockname()[1]
    yield Server(process, port, directory)
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("served")) as found:
        yield found


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path) as found:
        yield found


def parse(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_can_not_be_read_is_a_problem_document(server: Server, kind: str) -> None:
    request, detail = UNREADABLE[kind]
    status, headers, body = parse(server.send(request))
    assert status == 400
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Connection"] == "close"
    assert headers["Cache-Control"] == "no-store"
    assert json.loads(body) == {
        "type": "https://docs.useanthyx.com/errors/bad_request",
        "title": "Malformed request",
        "status": 400,
        "detail": detail,
        "code": "bad_request",
        "errors": [],
        "request_id": headers["X-Request-Id"],
    }


@pytest.mark.parametrize("kind", BROKEN_BODIES)
def test_a_body_that_breaks_off_is_the_clients_fault(server: Server, kind: str) -> None:
    following = b"GET /worker HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = server.send(BROKEN_BODIES[kind] + (b"" if "short" in kind else following))
    status, _, body = parse(answer)
    assert status == 400
    assert body.count(b"HTTP/1.1") == 0, "what follows a broken body is no request"


def test_a_whole_body_arrives(server: Server) -> None:
    assert requests.post(f"{server.url}/echo", data=b"x" * 300_000).json()["length"] == 300_000
    assert requests.post(f"{server.url}/echo", data=iter([b"ab", b"cde"])).json()["length"] == 5


def test_nothing_of_a_broken_request_is_logged(own_server: Server) -> None:
    secret = b"anthyx_live_0000000000000000000000000000000000AbCd"
    status, _, body = parse(own_server.send(POST + b"Authorization Bearer " + secret + b"\r\n\r\n"))
    assert status == 400
    assert secret not in body
    assert secret.decode() not in own_server.stop()


def test_forwarded_headers_and_script_name_are_not_believed(server: Server) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on", "SCRIPT_NAME": "/other"}
    answer = requests.post(f"{server.url}/echo", headers=headers).json()
    assert answer == {"length": 0, "url": f"{server.url}/echo", "root": ""}


def test_the_software_is_not_named(server: Server) -> None:
    assert requests.get(f"{server.url}/worker").headers["Server"] == "Anthyx"


def test_a_request_in_flight_is_answered_before_the_end(own_server: Server) -> None:
    answers: list[str] = []
    client = Thread(target=lambda: answers.append(requests.get(f"{own_server.url}/slow").text))
    client.start()
    while not (own_server.directory / "in-flight").exists():
        assert own_server.process.poll() is None
    own_server.process.send_signal(signal.SIGTERM)
    with (own_server.directory / "gate").open("w") as gate:
        gate.write("answered")
    client.join(20)
    assert answers == ["answered"]
    assert own_server.process.wait(20) == 0


def test_a_killed_worker_is_replaced(own_server: Server) -> None:
    killed = int(requests.get(f"{own_server.url}/worker").text)
    os.kill(killed, signal.SIGKILL)
    # The socket listens on: the request waits for the next worker.
    assert int(requests.get(f"{own_server.url}/worker", timeout=20).text) != killed


def test_no_control_socket_is_left_in_the_home_directory(server: Server) -> None:
    requests.get(f"{server.url}/worker")
    assert list(server.directory.glob(".gunicorn*")) == []


def test_a_port_in_use_is_one_line() -> None:
    with web_server.listen(SETTINGS) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught:
            web_server.listen(replace(SETTINGS, port=port))
    assert str(caught.value) == (
        f"cannot listen on 127.0.0.1:{port}: "
        "the port is in use: stop what listens there, or set another --port"
    )


def test_an_address_of_another_machine_is_one_line() -> None:
    with pytest.raises(ConfigurationError, match="no such address on this machine"):
        web_server.listen(replace(SETTINGS, bind_host="192.0.2.1"))


def test_a_host_that_is_no_address_is_one_line() -> None:
    with pytest.raises(ConfigurationError, match="cannot listen on not an address"):
        web_server.listen(replace(SETTINGS, bind_host="not an address"))


def test_it_listens_on_ipv6_too() -> None:
    with web_server.listen(replace(SETTINGS, bind_host="::1")) as listener:
        assert listener.family == socket.AF_INET6
