"""One delivery: its attempts, what was sent and what came back."""

from __future__ import annotations

from typing import Any

from flask import request

from anthyx_server.dashboard import Answer, PageNotFound, Visitor, page, render
from anthyx_server.webhooks import finding
from anthyx_server.webhooks.deliveries import listing, log
from anthyx_server.webhooks.endpoint_views import show
from anthyx_server.webhooks.models import WebhookDelivery
from anthyx_server.webhooks.pages import words
from anthyx_server.webhooks.pages.site import ONE, blueprint

# Of bodies, so that pages stay small.
_MOST_SHOWN = 4_000


@page(blueprint, f"{ONE}/deliveries/<delivery_id>", permission="manage_settings")
def show_delivery(visitor: Visitor, endpoint_id: str, delivery_id: str) -> Answer:
    """All attempts in short, and one of them whole."""
    endpoint = finding.find(visitor.caller, endpoint_id)
    delivery = find_delivery(visitor, endpoint_id, delivery_id)
    shown = listing.show_with_attempts(visitor.caller, delivery_id)
    return render(
        "webhooks/delivery.html",
        endpoint=show(visitor.caller, endpoint),
        delivery=shown,
        trigger=delivery.trigger,
        is_due=log.is_due(delivery.next_attempt_at),
        chosen=_chosen(shown["attempts"]),
        body=_cut(log.read_event(visitor.caller, delivery.event_id)),
        cut=_cut_text,
        words=words,
    )


def find_delivery(visitor: Visitor, endpoint_id: str, delivery_id: str) -> WebhookDelivery:
    """A delivery to an endpoint that is not deleted.

    Raises:
        NotFound: there is no such endpoint, or no such delivery.
        PageNotFound: it went to another endpoint.
    """
    finding.find(visitor.caller, endpoint_id)
    delivery = listing.find(visitor.caller, delivery_id)
    if delivery.endpoint_id != endpoint_id:
        raise PageNotFound(f"There is no delivery {delivery_id} to this endpoint.")
    return delivery


def _chosen(attempts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The attempt that is asked for, or the latest."""
    number = request.args.get("attempt", "")
    asked = [each for each in attempts if str(each["number"]) == number]
    found = asked or attempts[-1:]
    return found[0] if found else None


def _cut(body: bytes | None) -> tuple[str, bool] | None:
    return None if body is None else _cut_text(body.decode(errors="replace"))


def _cut_text(text: str) -> tuple[str, bool]:
    """The head of a text, and whether there is more."""
    return text[:_MOST_SHOWN], len(text) > _MOST_SHOWN
