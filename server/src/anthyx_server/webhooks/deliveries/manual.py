"""Attempts that customers ask for by hand: a delivery once more, or a test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import bindparam

from anthyx_server import audit, clock, events, limits
from anthyx_server.db import db, reader
from anthyx_server.errors import InvalidState
from anthyx_server.ids import new_id
from anthyx_server.inputs import invalid_body
from anthyx_server.tenancy import Caller, locked, one, owned_by_tenant, tenant
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks import finding
from anthyx_server.webhooks.deliveries import endpoint, listing
from anthyx_server.webhooks.models import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookQueue,
)
from anthyx_server.webhooks.waking import wake_at_commit

PER_MINUTE = 10
_MINUTE = timedelta(minutes=1)
# Beyond the attempt's own time: until a worker looks, which without Redis takes a second, and
# until the result is on record.
_MORE_SECONDS = 3
_ATTEMPT_ID = owned_by_tenant(WebhookAttempt, WebhookAttempt.id.expression).where(
    WebhookAttempt.delivery_id == bindparam("delivery_id")
)


def redeliver(caller: Caller, delivery_id: str) -> WebhookDelivery:
    """Have one more attempt made at a delivery, at once; one that is asked for already will do.

    Raises:
        NotFound: there is no such delivery that the caller may see.
        InvalidState: its endpoint is deleted, its event gone, or an attempt is under way.
        EndpointDisabled: its endpoint is disabled.
        RateLimitExceededError: the endpoint's minute is used up.
    """
    found = listing.find(caller, delivery_id)
    target = endpoint.lock_of_delivery(caller, found.endpoint_id)
    if target is None:
        raise _refused("deleted", "The endpoint was deleted: nothing is sent to it any more.")
    endpoint.require_enabled(target)
    queue = endpoint.lock_queue(caller, target.id)
    query = locked(listing.visible(caller, delivery_id))
    delivery = one(WebhookDelivery, query, "webhook delivery", delivery_id)
    if delivery.lease is not None:
        raise _refused("in_progress", "An attempt is under way: wait for its end.")
    if delivery.trigger == "manual" and delivery.next_attempt_at is not None:
        return delivery
    moment = clock.now()
    if delivery.created_at <= moment - events.KEPT_FOR:
        raise _refused("expired", "The event is not kept any more, so it can't be sent.")
    _take_turn(queue)
    delivery.trigger = "manual"
    delivery.next_attempt_at = moment
    db.session.flush()
    about = {"endpoint_id": target.id, "event_id": delivery.event_id}
    audit.record(caller, "webhook_delivery.redelivered", "webhook_delivery", delivery.id, **about)
    wake_at_commit()
    return delivery


def _refused(state: str, detail: str) -> InvalidState:
    return InvalidState(detail, extra={"state": state})


def _take_turn(queue: WebhookQueue) -> None:
    """Count an attempt in the minute of a locked queue, which opens with its first.

    Raises:
        RateLimitExceededError: the minute is used up.
    """
    moment = clock.now()
    until = queue.manual_until
    # A minute that ends later than the next one would was begun by a clock that was ahead.
    if until is None or not moment < until <= moment + _MINUTE:
        until, queue.manual_used = moment + _MINUTE, 0
        queue.manual_until = until
    if queue.manual_used >= PER_MINUTE:
        times = clock.milliseconds(moment), clock.milliseconds(until)
        raise limits.exceeded("minute", PER_MINUTE, *times)
    queue.manual_used += 1


def start_test(caller: Caller, endpoint_id: str, event_type: str) -> WebhookDelivery:
    """Have an example of an event sent to one endpoint, whatever it has subscribed to.

    Raises:
        NotFound: there is no such endpoint that the caller may see.
        EndpointDisabled: it is disabled.
        RateLimitExceededError: the endpoint's minute is used up.
        ValidationFailed: there are no such events.
    """
    target = finding.lock_if_match(caller, endpoint_id)
    endpoint.require_enabled(target)
    _take_turn(endpoint.lock_queue(caller, target.id))
    brand_id = target.brand_ids[0] if target.brand_ids else None
    try:
        event = events.publish_example(caller, event_type, in_feed=False, brand_id=brand_id)
    except LookupError:
        detail = "There are no such events: see GET /v1/event-types."
        raise invalid_body({"event_type": [detail]}) from None
    # A key of some brands is to see it afterwards, also where the event is about no brand.
    delivery = _test_delivery(target, event, event.brand_id or brand_id)
    db.session.add(delivery)
    db.session.flush()
    about = {"url": target.url, "event_type": event_type}
    audit.record(caller, "webhook_endpoint.tested", "webhook_endpoint", target.id, **about)
    wake_at_commit()
    return delivery


def _test_delivery(
    target: WebhookEndpoint, event: events.Event, brand_id: str | None
) -> WebhookDelivery:
    moment = clock.now()
    return WebhookDelivery(
        workspace_id=target.workspace_id,
        mode=target.mode,
        id=new_id("dlv"),
        endpoint_id=target.id,
        event_id=event.id,
        event_type=event.type,
        brand_id=brand_id,
        status="pending",
        trigger="test",
        attempts_made=0,
        round_attempts=0,
        next_attempt_at=moment,
        created_at=moment,
    )


def await_attempt(caller: Caller, delivery_id: str) -> dict[str, Any] | None:
    """The attempt at a test, as soon as it is on record; None where that takes too long.

    No transaction is open meanwhile, and at most half of the process's threads wait.

    Raises:
        ApiError: the caller's key lost its rights meanwhile.
    """
    settings: WebhookSettings = current_app.extensions["anthyx_webhook_settings"]
    parameters = tenant(caller) | {"delivery_id": delivery_id}

    def is_made() -> bool:
        return bool(reader().rows(_ATTEMPT_ID, parameters))

    events.wait_until(is_made, settings.timeout_seconds + _MORE_SECONDS)
    if not is_made():
        return None
    look_again: Callable[[Caller], None] = current_app.extensions["anthyx_look_again"]
    look_again(caller)
    attempt: dict[str, Any] = listing.show_with_attempts(caller, delivery_id)["attempts"][0]
    return attempt
