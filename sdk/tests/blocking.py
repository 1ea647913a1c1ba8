"""Calls an `AsyncAnthyx` as if it were an `Anthyx`, so that one test holds for both."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from types import TracebackType
from typing import Any, cast

from anthyx import Anthyx, AsyncAnthyx, AsyncClock, AsyncPages, Clock

Connect = Callable[..., Anthyx]
"""Makes a client from the arguments of `Anthyx`."""


def async_clock(clock: Clock) -> AsyncClock:
    """The same clock for tasks."""

    async def sleep(seconds: float) -> None:
        clock.sleep(seconds)

    return AsyncClock(clock.monotonic, clock.time, sleep, clock.random)


class Loop:
    """An event loop and the clients that were made to work in it."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._made: list[AsyncAnthyx] = []

    def connect(self, *args: Any, **options: Any) -> Anthyx:
        """A client whose calls block."""
        clock = options.pop("clock", None)
        if clock is not None:
            options["clock"] = async_clock(clock)
        made = AsyncAnthyx(*args, **options)
        self._made.append(made)
        return cast(Anthyx, _Blocking(made, self.loop))

    def over(self, client: Anthyx) -> Anthyx:
        """A client that another loop made, in this one."""
        inner = cast(_Blocking, client)._inner  # noqa: SLF001 - of this module
        return cast(Anthyx, _Blocking(inner, self.loop))

    def close(self) -> None:
        """Close the clients, then the loop."""
        for each in self._made:
            self.loop.run_until_complete(each.close())
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


class _Blocking:
    """A client, a resource or a list: what it hands out is awaited here."""

    def __init__(self, inner: object, loop: asyncio.AbstractEventLoop) -> None:
        self._inner = inner
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return self._waited_for(getattr(self._inner, name))

    def __iter__(self) -> Iterator[object]:
        return self._items(cast("AsyncPages[Any]", self._inner).__aiter__())

    def __enter__(self) -> _Blocking:  # noqa: PYI034 - Self came with Python 3.11
        self._loop.run_until_complete(cast(AsyncAnthyx, self._inner).__aenter__())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.run_until_complete(
            cast(AsyncAnthyx, self._inner).__aexit__(kind, error, traceback)
        )

    def __repr__(self) -> str:
        return repr(self._inner)

    def _waited_for(self, value: Any) -> Any:
        if inspect.isawaitable(value):
            return self._loop.run_until_complete(cast("asyncio.Future[Any]", value))
        if inspect.isasyncgen(value):
            return self._items(value)
        if inspect.ismethod(value):
            return lambda *args, **named: self._waited_for(value(*args, **named))
        if type(value).__module__.startswith("anthyx.aio"):
            return _Blocking(value, self._loop)
        return value

    def _items(self, items: AsyncIterator[object]) -> Iterator[object]:
        while True:
            try:
                item = self._loop.run_until_complete(cast("asyncio.Future[Any]", anext(items)))
            except StopAsyncIteration:
                return
            yield item
