"""Brands: what posts are made for.

Written by `nox -s aio` from brands.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from anthyx._brand_models import (
    Brand,
    BrandColor,
    BrandColorInput,
    BrandStatus,
    BrandVoice,
    BrandVoiceInput,
)
from anthyx._pages import PageRequest
from anthyx._response import ResponseInfo
from anthyx._unset import UNSET, Unset
from anthyx._wire import new_request, path_to
from anthyx.brands import BrandSort

from ._engine import AsyncEngine
from ._pages import AsyncPages


@dataclass(frozen=True, slots=True)
class AsyncBrands:
    """`client.brands`. Each method can raise any APIError; a brand is given by id or as a Brand."""

    _engine: AsyncEngine

    def list(
        self,
        *,
        status: BrandStatus | None = None,
        sort: BrandSort | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPages[Brand]:
        """The brands, newest first unless `sort` says otherwise.

        Args:
            status: only those, "active" or "archived".
            sort: a field, with "-" for descending.
            limit: at most so many brands; None for all.
            page_size: how many to fetch per request, 1 to 100.
            cursor: `next_cursor` of an earlier page, to go on from there.
        """
        query = {"status": status, "sort": sort}
        asked = PageRequest("/brands", query, limit, page_size, cursor)
        return AsyncPages(self._engine, Brand, asked)

    async def get(self, brand: str | Brand) -> Brand:
        """One brand."""
        return await self._engine.fetch(Brand, new_request("GET", path_to("brands", brand)))

    async def create(
        self,
        *,
        name: str,
        description: str | Unset = UNSET,
        website_url: str | Unset | None = UNSET,
        logo_url: str | Unset | None = UNSET,
        colors: Sequence[BrandColor | BrandColorInput] | Unset = UNSET,
        voice: BrandVoice | BrandVoiceInput | Unset = UNSET,
        timezone: str | Unset = UNSET,
        metadata: Mapping[str, str] | Unset = UNSET,
        idempotency_key: str | None = None,
    ) -> Brand:
        """Make a brand.

        Args:
            name: unique in the workspace and mode.
            description: free text.
            website_url: its site.
            logo_url: its logo.
            colors: its palette.
            voice: how it speaks.
            timezone: an IANA name, as "Europe/Berlin".
            metadata: up to 20 pairs of your own.
            idempotency_key: 1 to 255 visible characters; made for you if left out.
        """
        body = {
            "name": name,
            "description": description,
            "website_url": website_url,
            "logo_url": logo_url,
            "colors": colors,
            "voice": voice,
            "timezone": timezone,
            "metadata": metadata,
        }
        request = new_request("POST", "/brands", body=body, idempotency_key=idempotency_key)
        return await self._engine.fetch(Brand, request)

    async def update(
        self,
        brand: str | Brand,
        *,
        name: str | Unset = UNSET,
        description: str | Unset | None = UNSET,
        website_url: str | Unset | None = UNSET,
        logo_url: str | Unset | None = UNSET,
        colors: Sequence[BrandColor | BrandColorInput] | Unset | None = UNSET,
        voice: BrandVoice | BrandVoiceInput | Unset | None = UNSET,
        timezone: str | Unset | None = UNSET,
        metadata: Mapping[str, str | None] | Unset | None = UNSET,
        if_match: str | Brand | None = None,
        idempotency_key: str | None = None,
    ) -> Brand:
        """Change what is given: None clears a field, what is left out stays.

        `colors` is replaced whole; `voice` and `metadata` are merged, None clears a member.
        With `if_match` (an ETag, or a Brand from anything but a list) a brand that has changed
        since is left alone and PreconditionFailedError raised.
        """
        body = {
            "name": name,
            "description": description,
            "website_url": website_url,
            "logo_url": logo_url,
            "colors": colors,
            "voice": voice,
            "timezone": timezone,
            "metadata": metadata,
        }
        request = new_request(
            "PATCH",
            path_to("brands", brand),
            body=body,
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        return await self._engine.fetch(Brand, request)

    async def delete(
        self,
        brand: str | Brand,
        *,
        if_match: str | Brand | None = None,
        idempotency_key: str | None = None,
    ) -> ResponseInfo:
        """Delete a brand; ConflictError while it still owns something."""
        return await self._engine.perform(
            new_request(
                "DELETE",
                path_to("brands", brand),
                if_match=if_match,
                idempotency_key=idempotency_key,
            )
        )

    async def archive(
        self,
        brand: str | Brand,
        *,
        if_match: str | Brand | None = None,
        idempotency_key: str | None = None,
    ) -> Brand:
        """Archive a brand."""
        return await self._act(brand, "archive", if_match, idempotency_key)

    async def unarchive(
        self,
        brand: str | Brand,
        *,
        if_match: str | Brand | None = None,
        idempotency_key: str | None = None,
    ) -> Brand:
        """Bring an archived brand back."""
        return await self._act(brand, "unarchive", if_match, idempotency_key)

    async def _act(
        self,
        brand: str | Brand,
        action: str,
        if_match: str | Brand | None,
        idempotency_key: str | None,
    ) -> Brand:
        request = new_request(
            "POST",
            path_to("brands", brand, action),
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        return await self._engine.fetch(Brand, request)
