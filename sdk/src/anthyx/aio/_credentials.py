"""The API key of an async client: a string, or a callable, which may be a coroutine function."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from anthyx._credentials import checked_key

from ._loops import PerLoop

AsyncKeySource: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]]
"""An API key, or a function that returns the current one; where it does I/O, an async one."""


class AsyncCredentials:
    """Hands out the key; never shows it in its repr."""

    def __init__(self, source: AsyncKeySource) -> None:
        self._source = source
        self._key = checked_key(source) if isinstance(source, str) else None
        self._locks = PerLoop(asyncio.Lock)

    @property
    def renewable(self) -> bool:
        """Whether the key comes from a callable."""
        return callable(self._source)

    async def key(self) -> str:
        """The key; raises ConfigurationError if the callable returns something else."""
        return self._key or await self.renew(None)

    async def renew(self, refused: str | None) -> str:
        """Ask the callable again, unless another task has since `refused` was sent."""
        async with self._locks.current():
            if self._key is None or self._key == refused:
                self._key = checked_key(await self._ask())
            return self._key

    async def _ask(self) -> str:
        if isinstance(self._source, str):
            return self._source
        told = self._source()
        return await told if inspect.isawaitable(told) else told
