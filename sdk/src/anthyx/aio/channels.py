"""Channels: the social accounts of a brand that posts are published to.

Written by `nox -s aio` from channels.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from anthyx._brand_models import Brand
from anthyx._channel_models import Channel, ChannelStatus, PlatformName
from anthyx._pages import PageRequest
from anthyx._response import ResponseInfo
from anthyx._unset import UNSET, Unset
from anthyx._wire import new_request, path_to
from anthyx.channels import ChannelSort

from ._engine import AsyncEngine
from ._pages import AsyncPages


@dataclass(frozen=True, slots=True)
class AsyncChannels:
    """`client.channels`. Each method can raise any APIError; a channel is given by id or whole."""

    _engine: AsyncEngine

    def list(
        self,
        *,
        brand_id: str | Brand | None = None,
        platform: PlatformName | None = None,
        status: ChannelStatus | None = None,
        sort: ChannelSort | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPages[Channel]:
        """The channels, newest first unless `sort` says otherwise.

        Args:
            brand_id: only those of this brand, by id or as a Brand; NotFoundError if there is none.
            platform: only those on it, as "linkedin".
            status: only those, "connected", "disconnected" or "error".
            sort: a field, with "-" for descending.
            limit: at most so many channels; None for all.
            page_size: how many to fetch per request, 1 to 100.
            cursor: `next_cursor` of an earlier page, to go on from there.
        """
        query = {
            "brand_id": brand_id.id if isinstance(brand_id, Brand) else brand_id,
            "platform": platform,
            "status": status,
            "sort": sort,
        }
        asked = PageRequest("/channels", query, limit, page_size, cursor)
        return AsyncPages(self._engine, Channel, asked)

    async def get(self, channel: str | Channel) -> Channel:
        """One channel."""
        return await self._engine.fetch(Channel, new_request("GET", path_to("channels", channel)))

    async def create(
        self,
        *,
        brand_id: str | Brand,
        platform: PlatformName,
        name: str,
        external_id: str | Unset | None = UNSET,
        credentials: Mapping[str, str] | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Channel:
        """Connect a channel.

        Args:
            brand_id: whose it is, by id or as a Brand.
            platform: as "linkedin".
            name: as people know the account.
            external_id: the platform's own id of the account.
            credentials: up to 20 pairs; stored encrypted and never shown again.
            idempotency_key: 1 to 255 visible characters; made for you if left out.
        """
        body = {
            "brand_id": brand_id.id if isinstance(brand_id, Brand) else brand_id,
            "platform": platform,
            "name": name,
            "external_id": external_id,
            "credentials": credentials,
        }
        request = new_request("POST", "/channels", body=body, idempotency_key=idempotency_key)
        return await self._engine.fetch(Channel, request)

    async def update(
        self,
        channel: str | Channel,
        *,
        name: str | Unset = UNSET,
        external_id: str | Unset | None = UNSET,
        credentials: Mapping[str, str | None] | Unset | None = UNSET,
        if_match: str | Channel | None = None,
        idempotency_key: str | None = None,
    ) -> Channel:
        """Change what is given: None clears a field, what is left out stays.

        `credentials` are merged with those that are stored; None removes one of them, or all.
        With `if_match` (an ETag, or a Channel from anything but a list) a channel that has changed
        since is left alone and PreconditionFailedError raised.
        """
        request = new_request(
            "PATCH",
            path_to("channels", channel),
            body={"name": name, "external_id": external_id, "credentials": credentials},
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        return await self._engine.fetch(Channel, request)

    async def delete(
        self,
        channel: str | Channel,
        *,
        if_match: str | Channel | None = None,
        idempotency_key: str | None = None,
    ) -> ResponseInfo:
        """Disconnect a channel and delete it for good; always possible."""
        return await self._engine.perform(
            new_request(
                "DELETE",
                path_to("channels", channel),
                if_match=if_match,
                idempotency_key=idempotency_key,
            )
        )
