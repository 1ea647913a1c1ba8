"""`anthyx listen`: each event reaches a program on this machine once, signed as by the server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from anthyx.webhooks import verify
from sdk.tests import samples
from sdk.tests.loopback import KEY, Loopback, ok, problem, raw, running

pytestmark = pytest.mark.enable_socket


@pytest.fixture
def local() -> Iterator[Loopback]:
    """The customer's own program."""
    with running() as server:
        yield server


class Listening:
    """The program in a process of its own, listening."""

    def __init__(self, api: Loopback, local: Loopback, *words: str) -> None:
        target = f"localhost:{local.server_port}/hook"
        command = [sys.executable, "-u", "-m", "anthyx.cli", "listen", "--forward-to", target]
        environ = {"ANTHYX_API_KEY": KEY, "ANTHYX_BASE_URL": api.url, "PATH": ""}
        self._process = subprocess.Popen(
            [*command, *words], env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def lines(self, count: int) -> list[str]:
        """The next lines of its output."""
        assert self._process.stdout is not None
        return [self._process.stdout.readline().rstrip("\n") for _ in range(count)]

    def end(self) -> str:
        """Stop it as Ctrl-C does; what it complained of."""
        self._process.terminate()
        return self._process.communicate()[1]


def events(*ids: str) -> Any:
    return ok(samples.page(*(samples.event(id=each) for each in ids)))


def test_events_are_forwarded_signed_and_told(server: Loopback, local: Loopback) -> None:
    server.answers(events("evt_1", "evt_2"), events())
    local.answers(raw(204, b"", {}), raw(500, b"no", {}))
    listening = Listening(server, local, "--after", "oldest", "--event", "brand.*")
    forwarding, secret_line, first, second = listening.lines(4)
    listening.end()
    assert forwarding == f"Forwarding to http://localhost:{local.server_port}/hook"
    secret = secret_line.removeprefix("Signing secret of this session: ")
    assert "evt_1  204 in" in first
    assert "evt_2  500 in" in second
    one, two = local.seen
    assert verify(one.body, one.headers, secret).id == "evt_1"
    assert json.loads(two.body)["id"] == "evt_2"
    assert (one.headers["x-anthyx-event"], one.headers["x-anthyx-attempt"]) == (
        "brand.updated",
        "1",
    )
    assert one.path == "/hook"
    assert server.seen[0].path.startswith("/v1/events?types=brand.%2A&after=oldest&wait=20")


def test_a_secret_of_one_s_own_is_not_shown(server: Loopback, local: Loopback) -> None:
    server.answers(events("evt_1"), events())
    local.answers(raw(204, b"", {}))
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    listening = Listening(server, local, "--after", "oldest", "--secret", secret)
    forwarding, first = listening.lines(2)
    listening.end()
    assert secret not in forwarding + first
    assert verify(local.seen[0].body, local.seen[0].headers, secret).id == "evt_1"


def test_a_program_that_is_not_there_stops_nothing(server: Loopback) -> None:
    server.answers(events("evt_1", "evt_2"), events())
    with running() as gone:
        pass
    listening = Listening(server, gone, "--after", "oldest")
    *_, first, second = listening.lines(4)
    listening.end()
    assert "evt_1  not delivered: ConnectionError" in first
    assert "evt_2  not delivered: ConnectionError" in second


def test_a_refused_key_ends_it_in_one_line(server: Loopback, local: Loopback) -> None:
    server.answers(problem(401, "invalid_api_key"))
    errors = Listening(server, local, "--after", "oldest")
    errors.lines(3)
    told = errors.end()
    assert told.startswith("anthyx: ")
    assert "Traceback" not in told
