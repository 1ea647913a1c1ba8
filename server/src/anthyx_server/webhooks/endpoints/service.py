"""What can be done with endpoints: make, change, delete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import current_app

from anthyx_server import audit, clock, events, keys
from anthyx_server.db import db
from anthyx_server.ids import new_id
from anthyx_server.inputs import invalid_body, require_known
from anthyx_server.keys import PlanLimitReached
from anthyx_server.plans import PLANS
from anthyx_server.tenancy import Caller, locked, owned
from anthyx_server.webhooks.endpoints import lookup
from anthyx_server.webhooks.models import WebhookEndpoint, WebhookQueue
from anthyx_server.webhooks.secret import Secrets, new_secret, opened, seal, seal_headers, wipe

# What decides which events go where: such a change takes its place among them.
_DECIDING = frozenset({"url", "event_types", "brand_ids"})
# Columns that the API calls otherwise.
_SHOWN = {"labels": "metadata", "header_names": "headers"}

BrandHold = Callable[[Caller, Sequence[str]], set[str]]


@dataclass(frozen=True)
class Made:
    """A new endpoint and its secret."""

    endpoint: WebhookEndpoint
    secret: str = field(repr=False)


def hold_brands(caller: Caller, brand_ids: Sequence[str]) -> set[str]:
    """Those of the ids that are brands which the caller may see.

    None of them is deleted before the transaction ends; so it must come before any lock of an
    endpoint.
    """
    hold: BrandHold = current_app.extensions["anthyx_brand_hold"]
    found = hold(caller, brand_ids)
    return found if caller.brand_ids is None else found & caller.brand_ids


def create(caller: Caller, values: dict[str, Any]) -> Made:
    """Make an endpoint; from here on, events are sent to it.

    Raises:
        PlanLimitReached: the plan's cap is reached; exact also under concurrent creation.
        ValidationFailed: the restriction to brands can't be.
    """
    plan = PLANS[keys.lock_home(caller).plan]
    used = lookup.count_all(caller.workspace_id)
    if used >= plan.webhook_endpoints:
        raise PlanLimitReached(
            f"The {plan.name.capitalize()} plan allows {plan.webhook_endpoints} webhook endpoints, "
            "those of test mode included: delete one first."
        )
    check_brands(caller, values["brand_ids"], hold_brands(caller, values["brand_ids"] or ()))
    moment = clock.now()
    endpoint = WebhookEndpoint(
        id=new_id("we"),
        workspace_id=caller.workspace_id,
        mode=caller.mode,
        status="enabled",
        created_by=caller.actor.as_dict(),
        version=1,
        created_at=moment,
        updated_at=moment,
        header_names=list(values["headers"]),
        **_columns(values),
    )
    secret = new_secret()
    seal(endpoint, Secrets(secret))
    seal_headers(endpoint, values["headers"])
    db.session.add_all([endpoint, _new_queue(endpoint)])
    db.session.flush()
    _note(caller, "webhook_endpoint.created", endpoint, event_types=endpoint.event_types)
    events.in_order(caller.workspace_id, caller.mode)
    return Made(endpoint, secret)


def _new_queue(endpoint: WebhookEndpoint) -> WebhookQueue:
    return WebhookQueue(
        endpoint_id=endpoint.id,
        workspace_id=endpoint.workspace_id,
        mode=endpoint.mode,
        sequence=0,
        in_flight=0,
        consecutive_failures=0,
    )


def update(caller: Caller, endpoint: WebhookEndpoint, values: dict[str, Any]) -> None:
    """Set those fields of a locked endpoint that are among the values.

    Nothing happens where nothing changes.

    Raises:
        Unavailable: there are headers among the values, and what is stored can't be opened.
    """
    changes = {
        name: value for name, value in _columns(values).items() if getattr(endpoint, name) != value
    }
    headers = values.get("headers")
    if headers is not None and headers != opened(endpoint).headers:
        seal_headers(endpoint, headers)
        changes["header_names"] = list(headers)
    if not changes:
        return
    previous = {_SHOWN.get(name, name): getattr(endpoint, name) for name in changes}
    for name, value in changes.items():
        setattr(endpoint, name, value)
    changed = {_SHOWN.get(name, name): value for name, value in changes.items()}
    endpoint.bump()
    db.session.flush()
    _note(caller, "webhook_endpoint.updated", endpoint, previous=previous, changed=changed)
    if _DECIDING & changes.keys():
        events.in_order(endpoint.workspace_id, endpoint.mode)


def delete(caller: Caller, endpoint: WebhookEndpoint) -> None:
    """Delete a locked endpoint: its secrets are gone, its deliveries stay on record."""
    query = owned(WebhookQueue, caller).where(WebhookQueue.endpoint_id == endpoint.id)
    db.session.delete(db.session.scalars(locked(query)).one())
    wipe(endpoint)
    endpoint.bump()
    endpoint.status = "disabled"
    endpoint.deleted_at = endpoint.updated_at
    db.session.flush()
    _note(caller, "webhook_endpoint.deleted", endpoint)
    events.in_order(endpoint.workspace_id, endpoint.mode)


def check_brands(caller: Caller, brand_ids: Sequence[str] | None, known: set[str]) -> None:
    """Check which brands an endpoint is restricted to; `known` are those of them that there are.

    Raises:
        ValidationFailed: one isn't known, or the key is restricted and the endpoint would not be.
    """
    if brand_ids is None:
        if caller.brand_ids is not None:
            raise invalid_body(
                {"brand_ids": ["This key is restricted to brands: name some of them here."]}
            )
        return
    require_known("brand_ids", brand_ids, known, "There is no such brand here.")


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """The values by their columns; headers are sealed, they have none."""
    return {
        "labels" if name == "metadata" else name: value
        for name, value in values.items()
        if name != "headers"
    }


def _note(caller: Caller, action: str, endpoint: WebhookEndpoint, **detail: Any) -> None:
    audit.record(caller, action, "webhook_endpoint", endpoint.id, url=endpoint.url, **detail)
