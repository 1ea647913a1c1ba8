"""Tasks that share an async client: own answers, shared pacing, nothing left when cancelled."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from anthyx import (
    APIConnectionError,
    APITimeoutError,
    AsyncAnthyx,
    AsyncClock,
    Retry,
    Wait,
)
from anthyx.aio import _connections
from sdk.tests import samples
from sdk.tests.blocking import async_clock
from sdk.tests.loopback import (
    KEY,
    Answer,
    Loopback,
    VirtualTime,
    echo,
    ok,
    problem,
    say_nothing,
)
from sdk.tests.test_pacing import Window, answer

pytestmark = pytest.mark.enable_socket


class Gate:
    """An answer that waits until it is opened; `arrived` requests are waiting or have passed."""

    def __init__(self, then: Answer) -> None:
        self._then = then
        self.opened = threading.Event()
        self.arrived = 0
        self._lock = threading.Lock()

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            self.arrived += 1
        self.opened.wait(30)
        self._then(handler)

    async def has(self, count: int) -> None:
        """Wait until so many have arrived."""
        await until(lambda: self.arrived >= count)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that other threads bring about; the test's timeout bounds it."""
    while not condition():  # noqa: ASYNC110 - threads set no event of the loop
        await asyncio.sleep(0.002)


@asynccontextmanager
async def connected(server: Loopback, **options: Any) -> AsyncIterator[AsyncAnthyx]:
    async with AsyncAnthyx(KEY, base_url=server.url, **options) as client:
        yield client


async def cancelled(*calls: Coroutine[Any, Any, object], when: Awaitable[None]) -> None:
    """Start calls, and cancel them all at a moment."""
    tasks = [asyncio.create_task(call) for call in calls]
    await when
    for task in tasks:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(each) for each in ended} == {asyncio.CancelledError}


async def wrong_answers(client: AsyncAnthyx, name: object, calls: int) -> int:
    """Calls that were answered with another call's echo."""
    marks = [f"{name}-{number}" for number in range(calls)]
    found = [(await client.request("GET", "/echo", query={"mark": each})).data for each in marks]
    return sum(data != {"mark": mark} for data, mark in zip(found, marks, strict=True))


def test_tasks_that_share_a_client_get_their_own_answers(server: Loopback) -> None:
    server.answers(echo)

    async def main() -> int:
        async with connected(server) as client:
            return sum(await asyncio.gather(*(wrong_answers(client, n, 8) for n in range(64))))

    assert asyncio.run(main()) == 0
    assert len(server.seen) == 512


def test_16_tasks_at_4_times_the_limit_meet_no_429(server: Loopback) -> None:
    window = Window(limit=25, length=1)
    server.answers(window)

    async def main() -> None:
        async with connected(server) as client:

            async def calls(number: int) -> None:
                for _ in range(number):
                    await client.request("GET", "/thing")

            await asyncio.gather(*(calls(6 + (n < 4)) for n in range(16)))

    asyncio.run(main())
    assert window.refused == 0
    assert len(server.seen) == 100


def test_the_wait_of_one_task_holds_no_other_up(server: Loopback, virtual: VirtualTime) -> None:
    server.answers(answer((0, 42)), ok(samples.api_key()))
    waiting, over = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        waiting.set()
        await over.wait()
        virtual.sleep(seconds)

    clock = async_clock(virtual.clock)
    paced = AsyncClock(clock.monotonic, clock.time, sleep, clock.random)

    async def main() -> None:
        waits: list[Wait] = []
        async with connected(server, clock=paced, on_wait=waits.append) as client:
            await client.request("GET", "/thing")
            held_back = asyncio.create_task(client.request("GET", "/thing"))
            await waiting.wait()
            assert (await client.whoami()).name == "CI"  # isn't counted
            assert len(server.seen) == 2
            over.set()
            await held_back
        assert waits == [Wait(42, "rate_limit", "minute")]

    asyncio.run(main())


def test_cancelled_calls_leave_room_for_others(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connections, "MOST", 4)
    gate = Gate(ok({}))
    server.answers(ok({}, headers=samples.limit_headers((59, 60))), gate)

    async def main() -> None:
        async with connected(server) as client:
            await client.request("GET", "/thing")  # so that nobody waits for a scout
            for arrived in (4, 8):  # four are under way, and as many wait for a connection
                calls = (client.request("POST", "/thing") for _ in range(8))
                await cancelled(*calls, when=gate.has(arrived))
            gate.opened.set()
            server.answers(echo)
            assert await wrong_answers(client, "after", 3) == 0
            assert sum(await asyncio.gather(*(wrong_answers(client, n, 2) for n in range(9)))) == 0

    asyncio.run(main())
    keys = [seen.headers["idempotency-key"] for seen in server.seen if seen.method == "POST"]
    assert len(keys) == len(set(keys)) == 8, "a cancelled call was sent again"


def test_a_cancelled_call_gives_its_place_in_the_window_back(server: Loopback) -> None:
    gate = Gate(ok({}))
    server.answers(ok({}, headers=samples.limit_headers((1, 60))), gate)

    async def main() -> None:
        async with connected(server) as client:
            await client.request("GET", "/thing")
            for arrived in (1, 2, 3):  # each takes the only place that is left
                await cancelled(client.request("GET", "/thing"), when=gate.has(arrived))
            gate.opened.set()
            await client.request("GET", "/thing")

    asyncio.run(main())
    assert len(server.seen) == 5


def test_half_an_answer_that_was_cancelled_is_no_others_answer(server: Loopback) -> None:
    halfway = threading.Event()

    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n" + b'{"mark": ')
        handler.wfile.flush()
        halfway.set()
        say_nothing(handler)

    server.answers(half, echo)

    async def main() -> int:
        async with connected(server) as client:
            await cancelled(client.request("GET", "/echo"), when=until(halfway.is_set))
            return await wrong_answers(client, "after", 3)

    assert asyncio.run(main()) == 0
    assert len({seen.port for seen in server.seen}) == 2


def test_a_call_that_is_cancelled_between_tries_is_not_tried_again(server: Loopback) -> None:
    server.answers(problem(503, "unavailable", 30))
    waiting: list[Wait] = []

    async def main() -> None:
        async with connected(server, on_wait=waiting.append) as client:
            await cancelled(client.request("GET", "/thing"), when=until(lambda: bool(waiting)))
            server.answers(ok({}))
            await client.request("GET", "/thing")

    asyncio.run(main())
    assert len(server.seen) == 2


def test_a_cancelled_iteration_leaves_the_list_and_the_client_as_they_were(
    server: Loopback,
) -> None:
    first = samples.page(samples.brand(id="brand_1"), next_cursor="c")
    gate = Gate(ok(samples.page(samples.brand(id="brand_2"))))
    server.answers(ok(first), gate)

    async def main() -> None:
        async with connected(server) as client:
            brands = client.brands.list()
            seen: list[str] = []

            async def iterate() -> None:
                async for brand in brands:
                    seen.append(brand.id)  # noqa: PERF401 - what came before the cancellation counts

            await cancelled(iterate(), when=gate.has(1))
            gate.opened.set()
            server.answers(ok(first), gate)
            assert seen == ["brand_1"]
            assert [brand.id async for brand in brands] == ["brand_1", "brand_2"]
            async for brand in brands:
                assert brand.id == "brand_2"
                break

    asyncio.run(main())


def test_a_key_is_asked_for_once_however_many_tasks_need_it(server: Loopback) -> None:
    asked: list[str] = []

    async def next_key() -> str:
        asked.append(["old", "new"][len(asked)])
        await asyncio.sleep(0)
        return asked[-1]

    def judge(handler: BaseHTTPRequestHandler) -> None:
        is_new = handler.headers["Authorization"] == "Bearer new"
        (ok({}) if is_new else problem(401, "api_key_expired"))(handler)

    server.answers(judge)

    async def main() -> None:
        async with AsyncAnthyx(next_key, base_url=server.url, rate_limit="ignore") as client:
            await asyncio.gather(*(client.request("GET", "/thing") for _ in range(10)))

    asyncio.run(main())
    assert asked == ["old", "new"]


def test_a_call_that_is_cancelled_while_its_key_is_fetched_stops_no_other(server: Loopback) -> None:
    server.answers(ok({}))
    asked = 0

    async def next_key() -> str:
        nonlocal asked
        asked += 1
        if asked == 1:
            await asyncio.sleep(3600)
        return KEY

    async def main() -> None:
        async with AsyncAnthyx(next_key, base_url=server.url) as client:
            await cancelled(client.request("GET", "/thing"), when=until(lambda: asked == 1))
            await client.request("GET", "/thing")

    asyncio.run(main())
    assert asked == 2


def test_waiting_for_a_connection_ends_with_the_deadline(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_connections, "MOST", 1)
    gate = Gate(ok({}))
    server.answers(gate)

    async def main() -> None:
        async with connected(server, rate_limit="ignore") as client:
            first = asyncio.create_task(client.request("GET", "/thing"))
            await gate.has(1)
            with pytest.raises(APITimeoutError):
                await client.with_options(retry=Retry(deadline=0.1)).request("GET", "/thing")
            gate.opened.set()
            await first

    asyncio.run(main())
    assert len(server.seen) == 1


def test_closing_ends_calls_with_an_error_of_the_tree(server: Loopback) -> None:
    gate = Gate(ok({}))
    server.answers(gate)

    async def main() -> None:
        client = AsyncAnthyx(KEY, base_url=server.url, retry=Retry.NONE, rate_limit="ignore")
        calls = [asyncio.create_task(client.request("GET", "/thing")) for _ in range(3)]
        await gate.has(3)
        await client.close()
        ended = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(each) for each in ended} == {APIConnectionError}
        gate.opened.set()
        await client.request("GET", "/thing")  # connects anew, as a closed session does
        await client.close()

    asyncio.run(main())
