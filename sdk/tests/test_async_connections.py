"""Connections of a loop without a network: places, order, what is closed and what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import httpx
import pytest

from anthyx.aio import _connections
from anthyx.aio._connections import Connections, Places
from anthyx.aio._loops import PerLoop

REQUEST = httpx.Request("GET", "http://127.0.0.1/")


class Line:
    """A connection that answers, fails or hangs."""

    def __init__(self) -> None:
        self.is_closed = False
        self.used = 0
        self.act: Callable[[], object] = lambda: None
        self.is_hanging = False

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        self.used += 1
        self.act()
        if self.is_hanging:
            await asyncio.Event().wait()
        return httpx.Response(200, content=b"{}")

    async def aclose(self) -> None:
        self.is_closed = True


def connections() -> tuple[Connections, list[Line]]:
    made: list[Line] = []

    def connect() -> httpx.AsyncHTTPTransport:
        made.append(Line())
        return cast(httpx.AsyncHTTPTransport, made[-1])

    return Connections(connect), made


async def settle() -> None:
    """Let every task go as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_places_are_given_in_order() -> None:
    async def main() -> None:
        places, came = Places(1), list[str]()

        async def come(name: str) -> None:
            await places.take(None)
            came.append(name)

        await places.take(None)
        tasks = [asyncio.create_task(come(name)) for name in "abc"]
        await settle()
        assert came == []
        tasks[1].cancel()
        for expected in (["a"], ["a", "c"], ["a", "c"]):
            places.give_back()
            await settle()
            assert came == expected
        await places.take(0)  # the one that nobody wanted

    asyncio.run(main())


def test_a_place_that_comes_with_the_cancellation_goes_to_the_next() -> None:
    async def main() -> None:
        places = Places(1)
        await places.take(None)
        first, second = (asyncio.create_task(places.take(None)) for _ in range(2))
        await settle()
        places.give_back()  # to the first, which is cancelled before it learns of it
        first.cancel()
        await second
        assert first.cancelled()

    asyncio.run(main())


def test_a_place_that_does_not_come_in_time_is_an_error_and_is_not_lost() -> None:
    async def main() -> None:
        places = Places(1)
        await places.take(None)
        with pytest.raises(TimeoutError):
            await places.take(0.001)
        places.give_back()
        await places.take(0.001)

    asyncio.run(main())


def test_the_connection_that_was_used_last_is_used_first() -> None:
    async def main() -> None:
        mine, lines = connections()
        await mine.send(REQUEST, None)
        await mine.send(REQUEST, None)
        assert [line.used for line in lines] == [2]

    asyncio.run(main())


@pytest.mark.parametrize("error", [httpx.ReadError("lost"), OSError(), None], ids=str)
def test_a_connection_whose_call_was_cut_short_is_closed(error: Exception | None) -> None:
    async def main() -> None:
        mine, lines = connections()
        await mine.send(REQUEST, None)
        if error is None:
            lines[0].is_hanging = True
            task = asyncio.create_task(mine.send(REQUEST, None))
            await settle()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        else:
            lines[0].act = lambda: _raise(error)
            with pytest.raises(type(error)):
                await mine.send(REQUEST, None)
        await mine.send(REQUEST, None)
        assert [(line.used, line.is_closed) for line in lines] == [(2, True), (1, False)]

    asyncio.run(main())


def test_what_is_idle_for_too_long_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        mine, lines = connections()
        await mine.send(REQUEST, None)
        monkeypatch.setattr(_connections, "IDLE_SECONDS", -1.0)
        await mine.send(REQUEST, None)
        assert [(line.used, line.is_closed) for line in lines] == [(1, True), (1, False)]

    asyncio.run(main())


def test_closing_closes_idle_and_busy_ones() -> None:
    async def main() -> None:
        mine, lines = connections()
        await mine.send(REQUEST, None)
        lines[0].is_hanging = True
        busy = asyncio.create_task(mine.send(REQUEST, None))
        await settle()
        await mine.send(REQUEST, None)
        await mine.aclose()
        assert [line.is_closed for line in lines] == [True, True]
        busy.cancel()

    asyncio.run(main())


def test_a_closed_loop_is_forgotten_and_an_open_one_is_not() -> None:
    made: list[object] = []

    def make() -> object:
        made.append(object())
        return made[-1]

    per_loop = PerLoop(make)

    async def current() -> object:
        return per_loop.current()

    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    assert first.run_until_complete(current()) is first.run_until_complete(current()) is made[0]
    assert second.run_until_complete(current()) is made[1]
    first.close()
    asyncio.run(current())
    assert made[0] not in per_loop.take_all().values()
    assert second.run_until_complete(current()) is made[3]
    second.close()


def _raise(error: Exception) -> None:
    raise error
