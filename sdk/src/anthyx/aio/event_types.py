"""Event types: what each event means, its JSON Schema and an example.

Written by `nox -s aio` from event_types.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from dataclasses import dataclass

from anthyx._wire import new_request
from anthyx.event_types import EventTypeList

from ._engine import AsyncEngine


@dataclass(frozen=True, slots=True)
class AsyncEventTypes:
    """`client.event_types`. Its method can raise any APIError."""

    _engine: AsyncEngine

    async def list(self) -> EventTypeList:
        """Every type that the server knows, also those that this version doesn't."""
        return await self._engine.fetch(EventTypeList, new_request("GET", "/event-types"))
