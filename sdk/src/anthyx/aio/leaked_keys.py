"""Leaked keys: a way to report API keys that were found where everybody can read them.

Written by `nox -s aio` from leaked_keys.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from anthyx._unset import UNSET, Unset
from anthyx._wire import new_request
from anthyx.leaked_keys import LeakedKeysReceipt

from ._engine import AsyncEngine


@dataclass(frozen=True, slots=True)
class AsyncLeakedKeys:
    """`client.leaked_keys`. Its method can raise any APIError."""

    _engine: AsyncEngine

    async def report(
        self,
        *,
        tokens: Sequence[str],
        url: str | Unset | None = UNSET,
        source: str | Unset | None = UNSET,
    ) -> LeakedKeysReceipt:
        """Revoke the keys among these, whosever they are; their workspaces are told.

        Args:
            tokens: 1 to 100, as they were found.
            url: where that was.
            source: who or what found them.
        """
        body = {"tokens": tokens, "url": url, "source": source}
        request = new_request("POST", "/leaked-keys", body=body, counted=False)
        return await self._engine.fetch(LeakedKeysReceipt, request)
