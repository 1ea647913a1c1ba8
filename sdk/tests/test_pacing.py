"""Pacing: threads that share a client share what is left of the limits and meet no 429."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import pytest

from anthyx import Anthyx, RateLimitError, Wait
from anthyx._rate_limit import NO_RATE_LIMIT
from sdk.tests.blocking import Connect
from sdk.tests.loopback import KEY, Answer, Loopback, VirtualTime, ok, problem
from sdk.tests.samples import limit_headers


def answer(minute: tuple[int, int], day: tuple[int, int] | None = None) -> Answer:
    return ok({}, headers=limit_headers(minute, day))


def paced(connect: Connect, server: Loopback, virtual: VirtualTime, **options: object) -> Anthyx:
    return connect(KEY, base_url=server.url, clock=virtual.clock, **options)


class Window:
    """A fixed window as the API has it: opened by a request, exact, refused requests are free."""

    def __init__(self, limit: int, length: int) -> None:
        self.limit, self.length = limit, length
        self.used, self.ends = 0, 0.0
        self.refused = 0
        self._lock = threading.Lock()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            now = time.monotonic()
            if now >= self.ends:
                self.used, self.ends = 0, now + self.length
            is_refused = self.used >= self.limit
            self.used += not is_refused
            self.refused += is_refused
            left, seconds = self.limit - self.used, int(self.ends - now) + 1
        named = {
            "RateLimit-Policy": f'"minute";q={self.limit};w={self.length}',
            "RateLimit": f'"minute";r={left};t={seconds}',
        }
        if is_refused:
            problem(429, "rate_limit_exceeded", seconds, headers=named)(handler)
        else:
            ok({}, headers=named)(handler)


@pytest.mark.enable_socket
def test_16_threads_at_4_times_the_limit_meet_no_429(server: Loopback) -> None:
    window = Window(limit=25, length=1)
    server.answers(window)
    client = Anthyx(KEY, base_url=server.url, rate_limit="wait")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: client.request("GET", "/thing"), range(100)))
    assert window.refused == 0
    assert len(server.seen) == 100


@pytest.mark.enable_socket
def test_the_same_without_pacing_meets_429s_and_still_ends_well(server: Loopback) -> None:
    window = Window(limit=5, length=1)
    server.answers(window)
    client = Anthyx(KEY, base_url=server.url, rate_limit="ignore")
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _: client.request("GET", "/thing"), range(8)))
    assert window.refused > 0


@pytest.mark.enable_socket
def test_wait_waits_for_the_window_to_end(
    connect: Connect, server: Loopback, virtual: VirtualTime
) -> None:
    waits: list[Wait] = []
    server.answers(answer((0, 42)), answer((59, 60)))
    client = paced(connect, server, virtual, on_wait=waits.append)
    client.request("GET", "/thing")
    client.request("POST", "/thing")
    assert virtual.sleeps == [42]
    assert waits == [Wait(42, "rate_limit", "minute")]


@pytest.mark.enable_socket
@pytest.mark.parametrize("mode", ["wait", "raise"])
def test_a_used_up_day_is_raised_at_once_and_nothing_sent(
    connect: Connect, server: Loopback, virtual: VirtualTime, mode: str
) -> None:
    server.answers(answer((30, 60), (0, 7200)))
    client = paced(connect, server, virtual, rate_limit=mode)
    client.request("GET", "/thing")
    with pytest.raises(RateLimitError) as raised:
        client.request("GET", "/thing")
    error = raised.value
    assert (error.scope, error.limit, error.retry_after) == ("day", 5000, 7200)
    assert error.retry_at is not None
    assert error.retry_at.timestamp() == virtual.now + 7200
    assert (error.status, error.code) == (429, "rate_limit_exceeded")
    assert (error.attempts, len(server.seen), virtual.sleeps) == ((), 1, [])


@pytest.mark.enable_socket
def test_raise_raises_a_429_too(connect: Connect, server: Loopback, virtual: VirtualTime) -> None:
    server.answers(problem(429, "rate_limit_exceeded", 1))
    with pytest.raises(RateLimitError):
        paced(connect, server, virtual, rate_limit="raise").request("GET", "/thing")
    assert (len(server.seen), virtual.sleeps) == (1, [])


@pytest.mark.enable_socket
def test_ignore_sends_regardless(connect: Connect, server: Loopback, virtual: VirtualTime) -> None:
    server.answers(answer((0, 42)))
    client = paced(connect, server, virtual, rate_limit="ignore")
    client.request("GET", "/thing")
    client.request("GET", "/thing")
    assert virtual.sleeps == []


@pytest.mark.enable_socket
def test_what_does_not_count_is_not_held_back(
    connect: Connect, server: Loopback, virtual: VirtualTime
) -> None:
    server.answers(answer((0, 42)), problem(401, "invalid_api_key"))
    client = paced(connect, server, virtual)
    client.request("GET", "/thing")
    for call in (client.usage.get, client.whoami):
        with pytest.raises(Exception, match="invalid_api_key"):
            call()
    assert virtual.sleeps == []


@pytest.mark.enable_socket
def test_the_clients_state_is_what_the_newest_answer_said(client: Anthyx, server: Loopback) -> None:
    assert client.rate_limit == NO_RATE_LIMIT
    server.answers(answer((59, 60), (4999, 86400)))
    client.request("GET", "/thing")
    limits = client.with_options(timeout=1).rate_limit
    assert (limits.limit, limits.remaining) == (60, 59)
    day = limits.window("day")
    assert day is not None
    assert (day.limit, day.remaining, day.length, day.resets_in) == (5000, 4999, 86400, 86400)
    assert limits.window("hour") is None
