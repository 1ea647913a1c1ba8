"""Publishing: the envelope of an event and its row in the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from blinker import Signal
from flask import current_app

from anthyx_server import clock
from anthyx_server.errors import InvalidState
from anthyx_server.events import examples
from anthyx_server.events.catalogue import TYPES, has_brand
from anthyx_server.events.models import Event
from anthyx_server.events.numbering import insert_at_commit, number_at_commit
from anthyx_server.ids import new_id
from anthyx_server.inputs import invalid_body
from anthyx_server.tenancy import Caller

API_VERSION = "2026-11-01"
MAX_BODY_BYTES = 256 * 1024

# Sent with the event, inside the transaction; a receiver may add to that. Not with examples,
# which tell of nothing that has happened.
published = Signal()


def publish(
    caller: Caller,
    event_type: str,
    subject: tuple[str, str],
    shown: dict[str, Any],
    *,
    previous: dict[str, Any] | None = None,
    brand_id: str | None = None,
) -> Event:
    """Write an event in the open transaction, as that commits.

    `subject` is a type and an id, `shown` the resource as the API shows it, `previous` the
    changed fields' old values. Over 256 KiB the resource is cut to its type and id.

    Raises:
        LookupError: the catalogue has no such type, so that nobody could read it.
    """
    if event_type not in TYPES:
        raise LookupError(event_type)
    event = _new_event(caller, event_type, subject, shown, previous, brand_id)
    number_at_commit(event)
    published.send(event)
    return event


def publish_example(
    caller: Caller, event_type: str, *, in_feed: bool, brand_id: str | None = None
) -> Event:
    """Write an event as the catalogue shows one of its type, about things that don't exist.

    `brand_id` is the brand that it is about; None for one that doesn't exist either. With
    `in_feed` it is in the feed as any other. Without, nobody is told of it: it has no position,
    and can be read by its id alone.

    Raises:
        LookupError: the catalogue has no such type.
    """
    if event_type not in TYPES:
        raise LookupError(event_type)
    example = examples.fresh(event_type, clock.now(), caller.mode, brand_id)
    event = _new_event(caller, event_type, *example)
    if in_feed:
        number_at_commit(event)
    else:
        insert_at_commit(event)
    return event


def make_example(caller: Caller, event_type: str, brand_id: str | None) -> Event:
    """Publish the example of a type for a customer who tries things out with a test key.

    Without `brand_id`, a key that is restricted to brands gets one of the first of them, so that
    it may read what it made.

    Raises:
        InvalidState: the key is a live one, whose events tell what has happened.
        ValidationFailed: there is no such brand that the caller may see, or the type has none.
    """
    if caller.mode != "test":
        raise InvalidState(
            "Example events are made in test mode alone: use a key that starts with anthyx_test_.",
            extra={"state": caller.mode},
        )
    brand = _brand_of_example(caller, event_type, brand_id)
    return publish_example(caller, event_type, in_feed=True, brand_id=brand)


def _brand_of_example(caller: Caller, event_type: str, brand_id: str | None) -> str | None:
    is_restricted = caller.brand_ids is not None
    if not has_brand(event_type):
        if brand_id is not None:
            raise invalid_body({"brand_id": [f"An event of the type {event_type} has no brand."]})
        if is_restricted:
            raise invalid_body(
                {"type": ["It has no brand, so a key with brand_ids can't read it."]}
            )
        return None
    if brand_id is None:
        return min(caller.brand_ids) if caller.brand_ids else None
    is_there = brand_id in current_app.extensions["anthyx_brand_lookup"](caller, [brand_id])
    if not is_there or (caller.brand_ids is not None and brand_id not in caller.brand_ids):
        raise invalid_body({"brand_id": ["There is no such brand here."]})
    return brand_id


def _new_event(
    caller: Caller,
    event_type: str,
    subject: tuple[str, str],
    shown: dict[str, Any],
    previous: dict[str, Any] | None,
    brand_id: str | None,
) -> Event:
    moment = clock.now()
    envelope = envelope_of(caller, event_type, subject, brand_id, moment)
    envelope["data"] = {"object": shown, "previous": previous, "truncated": False}
    body = orjson.dumps(envelope)
    if len(body) > MAX_BODY_BYTES:
        cut = {"type": subject[0], "id": subject[1]}
        envelope["data"] = {"object": cut, "previous": None, "truncated": True}
        body = orjson.dumps(envelope)
    return Event(
        id=envelope["id"],
        workspace_id=caller.workspace_id,
        mode=caller.mode,
        type=event_type,
        brand_id=brand_id,
        body=body,
        created_at=moment,
    )


def envelope_of(
    caller: Caller,
    event_type: str,
    subject: tuple[str, str],
    brand_id: str | None,
    moment: datetime,
) -> dict[str, Any]:
    """A new event without its data."""
    # The secret of a new API key is sealed with the Idempotency-Key, which is stored nowhere.
    idempotency_key = None if subject[0] == "api_key" else caller.idempotency_key
    return {
        "id": new_id("evt"),
        "type": event_type,
        "api_version": API_VERSION,
        "created_at": clock.rfc3339(moment),
        "workspace_id": caller.workspace_id,
        "brand_id": brand_id,
        "mode": caller.mode,
        "actor": caller.actor.as_dict(),
        "request": {"id": caller.request_id, "idempotency_key": idempotency_key}
        if caller.request_id
        else None,
        "subject": {"type": subject[0], "id": subject[1]},
    }
