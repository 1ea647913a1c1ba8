"""Webhook deliveries and recoveries: what was sent to endpoints, and is sent again.

Written by `nox -s aio` from webhook_deliveries.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from anthyx._brand_models import Brand
from anthyx._pages import PageRequest
from anthyx._webhook_delivery_models import (
    WebhookDelivery,
    WebhookDeliveryDetail,
    WebhookDeliveryStatus,
    WebhookRecovery,
)
from anthyx._webhook_endpoint_models import WebhookEndpoint
from anthyx._wire import new_request, path_to
from anthyx.webhook_deliveries import _PATH

from ._engine import AsyncEngine
from ._pages import AsyncPages


@dataclass(frozen=True, slots=True)
class AsyncWebhookDeliveries:
    """`client.webhook_deliveries`. Each method can raise any APIError."""

    _engine: AsyncEngine

    def list(
        self,
        *,
        endpoint_id: str | WebhookEndpoint | None = None,
        event_id: str | None = None,
        brand_id: str | Brand | None = None,
        status: WebhookDeliveryStatus | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        after_sequence: int | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPages[WebhookDelivery]:
        """The deliveries, newest first; with `after_sequence` by their sequence, lowest first.

        Args:
            endpoint_id: only those to it, by id or as a WebhookEndpoint; NotFoundError if there
                is none.
            event_id: only those of this event.
            brand_id: only those of this brand's events, by id or as a Brand.
            status: only those, as "dead".
            created_after: aware; created then or later.
            created_before: aware; created earlier.
            after_sequence: with `endpoint_id`: what was first sent after the delivery that has
                this sequence.
            limit: at most so many deliveries; None for all.
            page_size: how many to fetch per request, 1 to 100.
            cursor: `next_cursor` of an earlier page, to go on from there.
        """
        query = {
            "endpoint_id": endpoint_id.id
            if isinstance(endpoint_id, WebhookEndpoint)
            else endpoint_id,
            "event_id": event_id,
            "brand_id": brand_id.id if isinstance(brand_id, Brand) else brand_id,
            "status": status,
            "created_after": created_after,
            "created_before": created_before,
            "after_sequence": after_sequence,
        }
        asked = PageRequest(f"/{_PATH}", query, limit, page_size, cursor)
        return AsyncPages(self._engine, WebhookDelivery, asked)

    async def get(self, delivery: str | WebhookDelivery) -> WebhookDeliveryDetail:
        """One delivery, with its attempts."""
        request = new_request("GET", path_to(_PATH, delivery))
        return await self._engine.fetch(WebhookDeliveryDetail, request)

    async def redeliver(
        self, delivery: str | WebhookDelivery, *, idempotency_key: str | None = None
    ) -> WebhookDelivery:
        """Have a delivery sent once more, at once: one attempt, of which `get` tells.

        At most 10 a minute per endpoint, tests included; ConflictError where the endpoint is
        disabled or deleted, or an attempt is under way.
        """
        request = new_request(
            "POST", path_to(_PATH, delivery, "redeliver"), idempotency_key=idempotency_key
        )
        return await self._engine.fetch(WebhookDelivery, request)


@dataclass(frozen=True, slots=True)
class AsyncWebhookRecoveries:
    """`client.webhook_recoveries`. Each method can raise any APIError."""

    _engine: AsyncEngine

    async def get(self, recovery_id: str) -> WebhookRecovery:
        """How far a recovery has come."""
        request = new_request("GET", path_to("webhook-recoveries", recovery_id))
        return await self._engine.fetch(WebhookRecovery, request)
