"""Leaked keys: a way to report API keys that were found where everybody can read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ._engine import Engine
from ._models import Resource
from ._unset import UNSET, Unset
from ._wire import new_request


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakedKeysReceipt(Resource):
    """How many tokens were `received`; never which of them were real."""

    received: int


@dataclass(frozen=True, slots=True)
class LeakedKeys:
    """`client.leaked_keys`. Its method can raise any APIError."""

    _engine: Engine

    def report(
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
        return self._engine.fetch(LeakedKeysReceipt, request)
