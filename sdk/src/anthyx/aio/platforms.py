"""Platforms: what each of them takes.

Written by `nox -s aio` from platforms.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from dataclasses import dataclass

from anthyx._wire import new_request
from anthyx.platforms import PlatformList

from ._engine import AsyncEngine


@dataclass(frozen=True, slots=True)
class AsyncPlatforms:
    """`client.platforms`. Its method can raise any APIError."""

    _engine: AsyncEngine

    async def list(self) -> PlatformList:
        """Every platform with its limits."""
        return await self._engine.fetch(PlatformList, new_request("GET", "/platforms"))
