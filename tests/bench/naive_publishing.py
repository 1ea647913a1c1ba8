"""The peer of publishing: an outbox as one writes it with an ORM, object by object."""

from __future__ import annotations

import json

from sqlalchemy import select

from anthyx_server import clock, db
from anthyx_server.brands import Brand
from anthyx_server.brands.views import present
from anthyx_server.events import Event
from anthyx_server.ids import new_id
from anthyx_server.tenancy import Caller
from anthyx_server.webhooks import WebhookEndpoint
from anthyx_server.webhooks.models import WebhookDelivery


def publish(caller: Caller, brand: Brand) -> None:
    """Add an event and a delivery for each endpoint that subscribed to it; no order is kept."""
    session, moment = db.db.session, clock.now()
    session.flush()
    envelope = {
        "id": new_id("evt"),
        "type": "brand.created",
        "created_at": clock.rfc3339(moment),
        "data": {"object": present(brand)},
    }
    owner = {"workspace_id": caller.workspace_id, "mode": caller.mode}
    event = Event(
        id=envelope["id"],
        type="brand.created",
        brand_id=brand.id,
        body=json.dumps(envelope).encode(),
        created_at=moment,
        **owner,
    )
    session.add(event)
    endpoints = session.scalars(select(WebhookEndpoint).filter_by(**owner, deleted_at=None))
    for endpoint in endpoints:
        if {"*", "brand.*", "brand.created"}.isdisjoint(endpoint.event_types):
            continue
        session.add(
            WebhookDelivery(
                id=new_id("dlv"),
                endpoint_id=endpoint.id,
                event_id=event.id,
                event_type=event.type,
                brand_id=brand.id,
                status="pending",
                trigger="automatic",
                attempts_made=0,
                round_attempts=0,
                next_attempt_at=moment,
                created_at=moment,
                **owner,
            )
        )
