"""API keys: what programs sign in with.

Written by `nox -s aio` from keys.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from anthyx._key_models import ApiKey, ApiKeyMode, ApiKeyStatus, IssuedApiKey
from anthyx._pages import PageRequest
from anthyx._response import ResponseInfo
from anthyx._unset import UNSET, Unset
from anthyx._wire import new_request, path_to

from ._engine import AsyncEngine
from ._pages import AsyncPages


@dataclass(frozen=True, slots=True)
class AsyncApiKeys:
    """`client.api_keys`. Each method can raise any APIError; a key is given by id or as ApiKey."""

    _engine: AsyncEngine

    def list(
        self,
        *,
        status: ApiKeyStatus | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPages[ApiKey]:
        """The workspace's keys, newest first.

        Args:
            status: only those, as "active".
            limit: at most so many keys; None for all.
            page_size: how many to fetch per request, 1 to 100.
            cursor: `next_cursor` of an earlier page, to go on from there.
        """
        asked = PageRequest("/api-keys", {"status": status}, limit, page_size, cursor)
        return AsyncPages(self._engine, ApiKey, asked)

    async def get(self, key: str | ApiKey) -> ApiKey:
        """One key."""
        return await self._engine.fetch(ApiKey, new_request("GET", path_to("api-keys", key)))

    async def current(self) -> ApiKey:
        """The key that this client uses. Doesn't count against the rate limits."""
        request = new_request("GET", "/api-keys/current", counted=False)
        return await self._engine.fetch(ApiKey, request)

    async def create(
        self,
        *,
        name: str,
        description: str | Unset = UNSET,
        mode: ApiKeyMode | Unset = UNSET,
        scopes: Sequence[str] | Unset = UNSET,
        brand_ids: Sequence[str] | Unset | None = UNSET,
        ip_allowlist: Sequence[str] | Unset | None = UNSET,
        metadata: Mapping[str, str] | Unset = UNSET,
        expires_at: datetime | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> IssuedApiKey:
        """Make a key. Its `secret` is in this answer only: store it at once.

        Args:
            name: says what the key is for.
            description: free text.
            mode: "live" or "test"; the calling key's own if left out.
            scopes: as "brands:read"; the API's default set if left out.
            brand_ids: the only brands it may see; None for all.
            ip_allowlist: addresses and CIDR ranges it may call from; None for any.
            metadata: up to 20 pairs of your own.
            expires_at: aware; None for never.
            idempotency_key: 1 to 255 visible characters; made for you if left out.
        """
        body = {
            "name": name,
            "description": description,
            "mode": mode,
            "scopes": scopes,
            "brand_ids": brand_ids,
            "ip_allowlist": ip_allowlist,
            "metadata": metadata,
            "expires_at": expires_at,
        }
        request = new_request("POST", "/api-keys", body=body, idempotency_key=idempotency_key)
        return await self._engine.fetch(IssuedApiKey, request)

    async def update(
        self,
        key: str | ApiKey,
        *,
        name: str | Unset = UNSET,
        scopes: Sequence[str] | Unset = UNSET,
        ip_allowlist: Sequence[str] | Unset | None = UNSET,
        expires_at: datetime | Unset | None = UNSET,
        if_match: str | ApiKey | None = None,
        idempotency_key: str | None = None,
    ) -> ApiKey:
        """Change what is given: None lifts a restriction, what is left out stays."""
        body = {
            "name": name,
            "scopes": scopes,
            "ip_allowlist": ip_allowlist,
            "expires_at": expires_at,
        }
        request = new_request(
            "PATCH",
            path_to("api-keys", key),
            body=body,
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        return await self._engine.fetch(ApiKey, request)

    async def delete(
        self,
        key: str | ApiKey,
        *,
        if_match: str | ApiKey | None = None,
        idempotency_key: str | None = None,
    ) -> ResponseInfo:
        """Revoke a key, for good: once this returns it works nowhere."""
        return await self._revoke(path_to("api-keys", key), if_match, idempotency_key)

    async def delete_current(
        self, *, if_match: str | ApiKey | None = None, idempotency_key: str | None = None
    ) -> ResponseInfo:
        """Revoke the key that this client uses, for good."""
        return await self._revoke("/api-keys/current", if_match, idempotency_key)

    async def rotate(
        self,
        key: str | ApiKey,
        *,
        overlap_seconds: int | Unset = UNSET,
        if_match: str | ApiKey | None = None,
        idempotency_key: str | None = None,
    ) -> IssuedApiKey:
        """Make a key's successor; both draw on the same rate limits.

        Args:
            key: the one to replace.
            overlap_seconds: how long it goes on working, 0 to 604,800; 86,400 if left out.
            if_match: rotate only if the key still has this ETag.
            idempotency_key: 1 to 255 visible characters; made for you if left out.
        """
        request = new_request(
            "POST",
            path_to("api-keys", key, "rotate"),
            body={"overlap_seconds": overlap_seconds},
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        return await self._engine.fetch(IssuedApiKey, request)

    async def _revoke(
        self, path: str, if_match: str | ApiKey | None, idempotency_key: str | None
    ) -> ResponseInfo:
        request = new_request("DELETE", path, if_match=if_match, idempotency_key=idempotency_key)
        return await self._engine.perform(request)
