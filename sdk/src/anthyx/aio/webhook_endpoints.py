"""Webhook endpoints: where events are sent to.

Written by `nox -s aio` from webhook_endpoints.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Literal

from anthyx._answers import decode_answer
from anthyx._pages import PageRequest
from anthyx._response import ResponseInfo
from anthyx._unset import UNSET, Unset
from anthyx._webhook_delivery_models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookGranularity,
    WebhookRecovery,
    WebhookStats,
)
from anthyx._webhook_endpoint_models import (
    IssuedWebhookEndpoint,
    WebhookEndpoint,
    WebhookEndpointStatus,
    WebhookSecret,
)
from anthyx._wire import new_request, path_to
from anthyx.webhook_endpoints import _PATH

from ._engine import AsyncEngine
from ._pages import AsyncPages


@dataclass(frozen=True, slots=True)
class AsyncWebhookEndpoints:
    """`client.webhook_endpoints`. Each method can raise any APIError.

    An endpoint is given by id or whole.
    """

    _engine: AsyncEngine

    def list(
        self,
        *,
        status: WebhookEndpointStatus | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPages[WebhookEndpoint]:
        """The endpoints, newest first.

        Args:
            status: only those, "enabled" or "disabled".
            limit: at most so many endpoints; None for all.
            page_size: how many to fetch per request, 1 to 100.
            cursor: `next_cursor` of an earlier page, to go on from there.
        """
        asked = PageRequest(f"/{_PATH}", {"status": status}, limit, page_size, cursor)
        return AsyncPages(self._engine, WebhookEndpoint, asked)

    async def get(self, endpoint: str | WebhookEndpoint) -> WebhookEndpoint:
        """One endpoint, with its health."""
        return await self._engine.fetch(
            WebhookEndpoint, new_request("GET", path_to(_PATH, endpoint))
        )

    async def create(
        self,
        *,
        url: str,
        event_types: Sequence[str],
        description: str | Unset | None = UNSET,
        brand_ids: Sequence[str] | Unset | None = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        rate_per_second: int | Unset | None = UNSET,
        max_in_flight: int | Unset = UNSET,
        metadata: Mapping[str, str] | Unset = UNSET,
        idempotency_key: str | None = None,
    ) -> IssuedWebhookEndpoint:
        """Make an endpoint; events are sent to it from now on.

        Args:
            url: https, on port 443 or 1024 to 65535.
            event_types: types as "post.published", families as "post.*", or "*" for all but
                those of API keys.
            description: free text.
            brand_ids: the only brands whose events are sent; None for all.
            headers: up to 20 of your own to send along; their values are never shown again.
            rate_per_second: at most so many requests, 1 to 1,000; None for no limit.
            max_in_flight: at most so many requests at once, 1 to 32; 8 if left out.
            metadata: up to 20 pairs of your own.
            idempotency_key: 1 to 255 visible characters; made for you if left out.
        """
        body = {
            "url": url,
            "event_types": event_types,
            "description": description,
            "brand_ids": brand_ids,
            "headers": headers,
            "rate_per_second": rate_per_second,
            "max_in_flight": max_in_flight,
            "metadata": metadata,
        }
        request = new_request("POST", f"/{_PATH}", body=body, idempotency_key=idempotency_key)
        return await self._engine.fetch(IssuedWebhookEndpoint, request)

    async def update(
        self,
        endpoint: str | WebhookEndpoint,
        *,
        url: str | Unset = UNSET,
        event_types: Sequence[str] | Unset = UNSET,
        description: str | Unset | None = UNSET,
        brand_ids: Sequence[str] | Unset | None = UNSET,
        headers: Mapping[str, str | None] | Unset | None = UNSET,
        rate_per_second: int | Unset | None = UNSET,
        max_in_flight: int | Unset | None = UNSET,
        metadata: Mapping[str, str | None] | Unset | None = UNSET,
        if_match: str | WebhookEndpoint | None = None,
        idempotency_key: str | None = None,
    ) -> WebhookEndpoint:
        """Change what is given: None clears a field, what is left out stays.

        `headers` and `metadata` are merged with what is stored; None removes one of them, or all.
        With `if_match` (an ETag, or a WebhookEndpoint from anything but a list) one that has
        changed since is left alone and PreconditionFailedError raised.
        """
        body = {
            "url": url,
            "event_types": event_types,
            "description": description,
            "brand_ids": brand_ids,
            "headers": headers,
            "rate_per_second": rate_per_second,
            "max_in_flight": max_in_flight,
            "metadata": metadata,
        }
        request = new_request(
            "PATCH",
            path_to(_PATH, endpoint),
            body=body,
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        return await self._engine.fetch(WebhookEndpoint, request)

    async def delete(
        self,
        endpoint: str | WebhookEndpoint,
        *,
        if_match: str | WebhookEndpoint | None = None,
        idempotency_key: str | None = None,
    ) -> ResponseInfo:
        """Delete an endpoint and its secrets; what still waits for it is not sent."""
        return await self._engine.perform(
            new_request(
                "DELETE",
                path_to(_PATH, endpoint),
                if_match=if_match,
                idempotency_key=idempotency_key,
            )
        )

    async def get_secret(self, endpoint: str | WebhookEndpoint) -> WebhookSecret:
        """The secret that an endpoint's requests are signed with; noted on the audit log."""
        request = new_request("GET", path_to(_PATH, endpoint, "secret"))
        return await self._engine.fetch(WebhookSecret, request)

    async def rotate_secret(
        self,
        endpoint: str | WebhookEndpoint,
        *,
        overlap_seconds: int | Unset = UNSET,
        if_match: str | WebhookEndpoint | None = None,
        idempotency_key: str | None = None,
    ) -> IssuedWebhookEndpoint:
        """Give an endpoint a new secret, which is in the answer.

        Args:
            endpoint: whose secret to replace.
            overlap_seconds: how long the old one stays valid too, 0 to 604,800; 86,400 if left out.
            if_match: rotate only if the endpoint still has this ETag.
            idempotency_key: 1 to 255 visible characters; made for you if left out.
        """
        request = new_request(
            "POST",
            path_to(_PATH, endpoint, "rotate-secret"),
            body={"overlap_seconds": overlap_seconds},
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        return await self._engine.fetch(IssuedWebhookEndpoint, request)

    async def activate_secret(
        self,
        endpoint: str | WebhookEndpoint,
        *,
        if_match: str | WebhookEndpoint | None = None,
        idempotency_key: str | None = None,
    ) -> WebhookEndpoint:
        """End a rotation now: the old secret is forgotten. Without one, nothing changes."""
        return await self._act(endpoint, "activate-secret", if_match, idempotency_key)

    async def disable(
        self,
        endpoint: str | WebhookEndpoint,
        *,
        if_match: str | WebhookEndpoint | None = None,
        idempotency_key: str | None = None,
    ) -> WebhookEndpoint:
        """Turn an endpoint off; ConflictError where it is."""
        return await self._act(endpoint, "disable", if_match, idempotency_key)

    async def enable(
        self,
        endpoint: str | WebhookEndpoint,
        *,
        backlog: Literal["none", "all"] | datetime,
        if_match: str | WebhookEndpoint | None = None,
        idempotency_key: str | None = None,
    ) -> WebhookRecovery:
        """Turn an endpoint on; ConflictError where it is.

        Args:
            endpoint: which.
            backlog: how much to send of what it missed: "none", "all" since it was disabled, or
                what is from an aware time or later.
            if_match: enable only if the endpoint still has this ETag.
            idempotency_key: 1 to 255 visible characters; made for you if left out.

        Returns:
            The recovery that sends the backlog; `client.webhook_recoveries.get` follows it.
        """
        request = new_request(
            "POST",
            path_to(_PATH, endpoint, "enable"),
            body={"backlog": {"since": backlog} if isinstance(backlog, datetime) else backlog},
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        return await self._engine.fetch(WebhookRecovery, request)

    async def recover(
        self,
        endpoint: str | WebhookEndpoint,
        *,
        since: datetime,
        dry_run: bool = False,
        if_match: str | WebhookEndpoint | None = None,
        idempotency_key: str | None = None,
    ) -> WebhookRecovery:
        """Send again what did not arrive: dead, skipped and failed deliveries.

        Args:
            endpoint: of which.
            since: aware; those created then or later.
            dry_run: only count them, as `matched`.
            if_match: recover only if the endpoint still has this ETag.
            idempotency_key: 1 to 255 visible characters; made for you if left out.
        """
        request = new_request(
            "POST",
            path_to(_PATH, endpoint, "recover"),
            body={"since": since, "dry_run": dry_run},
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        return await self._engine.fetch(WebhookRecovery, request)

    async def test(
        self,
        endpoint: str | WebhookEndpoint,
        *,
        event_type: str | Unset = UNSET,
        if_match: str | WebhookEndpoint | None = None,
        idempotency_key: str | None = None,
    ) -> WebhookAttempt | WebhookDelivery:
        """Send an example of an event to an endpoint, and wait for the attempt.

        Args:
            endpoint: where to.
            event_type: as "post.published", whatever the endpoint has subscribed to;
                "webhook_endpoint.test" if left out.
            if_match: test only if the endpoint still has this ETag.
            idempotency_key: 1 to 255 visible characters; made for you if left out.

        Returns:
            The attempt; or the delivery, which will still be sent, where that took too long.
        """
        request = new_request(
            "POST",
            path_to(_PATH, endpoint, "test"),
            body={"event_type": event_type},
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        answer = await self._engine.run(request)
        if answer.response.status == HTTPStatus.OK:
            return decode_answer(WebhookAttempt, answer)
        return decode_answer(WebhookDelivery, answer)

    async def stats(
        self,
        endpoint: str | WebhookEndpoint,
        *,
        granularity: WebhookGranularity | None = None,
        from_: datetime | None = None,
        to: datetime | None = None,
    ) -> WebhookStats:
        """How many attempts succeeded and failed, and how long they took, by hour or day in UTC.

        Args:
            endpoint: whose attempts.
            granularity: "hour" or "day".
            from_: aware; where to begin.
            to: aware; where to end.
        """
        query = {"granularity": granularity, "from": from_, "to": to}
        request = new_request("GET", path_to(_PATH, endpoint, "stats"), query=query)
        return await self._engine.fetch(WebhookStats, request)

    async def _act(
        self,
        endpoint: str | WebhookEndpoint,
        action: str,
        if_match: str | WebhookEndpoint | None,
        idempotency_key: str | None,
    ) -> WebhookEndpoint:
        request = new_request(
            "POST",
            path_to(_PATH, endpoint, action),
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        return await self._engine.fetch(WebhookEndpoint, request)
