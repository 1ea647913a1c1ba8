"""Usage: what is left of the rate limits, and what was used before.

Written by `nox -s aio` from usage.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from anthyx._key_models import ApiKey
from anthyx._wire import new_request
from anthyx.usage import Granularity, Usage, UsageHistory

from ._engine import AsyncEngine


@dataclass(frozen=True, slots=True)
class AsyncUsageReports:
    """`client.usage`. Every method can raise any APIError."""

    _engine: AsyncEngine

    async def get(self) -> Usage:
        """The windows as they are now. Doesn't count against them."""
        return await self._engine.fetch(Usage, new_request("GET", "/usage", counted=False))

    async def history(
        self,
        *,
        granularity: Granularity | None = None,
        key_id: str | ApiKey | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
    ) -> UsageHistory:
        """Accepted and limited requests over time.

        Args:
            granularity: "hour" or "day".
            key_id: of this key only, by id or as an ApiKey; others than the calling one need the
                scope keys:read.
            from_: aware; where to begin.
            to: aware; where to end.
        """
        query = {
            "granularity": granularity,
            "key_id": key_id.id if isinstance(key_id, ApiKey) else key_id,
            "from": from_,
            "to": to,
        }
        return await self._engine.fetch(
            UsageHistory, new_request("GET", "/usage/history", query=query)
        )
