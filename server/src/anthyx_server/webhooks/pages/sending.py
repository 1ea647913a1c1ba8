"""What somebody has sent by hand: a test, a delivery once more, all that failed since a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import request

from anthyx_server import clock
from anthyx_server.dashboard import Answer, Visitor, forms, page, render
from anthyx_server.errors import ApiError, InvalidState, ValidationFailed
from anthyx_server.limits import RateLimitExceededError
from anthyx_server.webhooks import finding
from anthyx_server.webhooks.deliveries import manual, recoveries
from anthyx_server.webhooks.deliveries.schemas import TEST_TYPE, RecoverWebhookEndpointSchema
from anthyx_server.webhooks.deliveries.views import present_recovery
from anthyx_server.webhooks.endpoint_views import show
from anthyx_server.webhooks.errors import EndpointDisabled
from anthyx_server.webhooks.pages import site
from anthyx_server.webhooks.pages.attempts import find_delivery
from anthyx_server.webhooks.pages.site import ONE, blueprint, see

_recovery = RecoverWebhookEndpointSchema()

AGES = {
    "hour": ("the last hour", timedelta(hours=1)),
    "day": ("the last 24 hours", timedelta(days=1)),
    "week": ("the last 7 days", timedelta(days=7)),
}


@page(blueprint, f"{ONE}/test", method="POST", permission="manage_settings")
def send_test_event(visitor: Visitor, endpoint_id: str) -> Answer:
    """Send an example, and go on to its attempt."""
    earlier = forms.earlier_result(visitor)
    if earlier is not None:
        return see(earlier)
    finding.find(visitor.caller, endpoint_id)
    event_type = forms.text("event_type") or TEST_TYPE
    try:
        delivery = manual.start_test(visitor.caller, endpoint_id, event_type)
    except (EndpointDisabled, RateLimitExceededError) as error:
        return _refuse(visitor, endpoint_id, error)
    location = f"/{endpoint_id}/deliveries/{delivery.id}"
    forms.keep_result(visitor, location)
    return see(location)


@page(
    blueprint,
    f"{ONE}/deliveries/<delivery_id>/resend",
    method="POST",
    permission="manage_settings",
)
def resend(visitor: Visitor, endpoint_id: str, delivery_id: str) -> Answer:
    """Have one more attempt made, and go on to it."""
    find_delivery(visitor, endpoint_id, delivery_id)
    try:
        manual.redeliver(visitor.caller, delivery_id)
    except (EndpointDisabled, InvalidState, RateLimitExceededError) as error:
        return _refuse(visitor, endpoint_id, error)
    return see(f"/{endpoint_id}/deliveries/{delivery_id}")


def _refuse(visitor: Visitor, endpoint_id: str, error: ApiError) -> Answer:
    """Say why nothing is sent, where the result of sending would be."""
    endpoint = show(visitor.caller, finding.find(visitor.caller, endpoint_id))
    return render("webhooks/refused.html", error.status, endpoint=endpoint, error=error)


@page(blueprint, f"{ONE}/resend-failed", permission="manage_settings")
def show_resending(visitor: Visitor, endpoint_id: str) -> Answer:
    """Ask since when, then say how much that would be."""
    chosen = request.args.get("since", "")
    if not chosen:
        return _ask_since(visitor, endpoint_id)
    try:
        since = _since(visitor, endpoint_id, chosen)
        counted = recoveries.recover(visitor.caller, endpoint_id, since, is_dry=True)
    except (ValidationFailed, EndpointDisabled) as error:
        return _ask_since(visitor, endpoint_id, error)
    return render(
        "webhooks/resend.html",
        endpoint=show(visitor.caller, finding.find(visitor.caller, endpoint_id)),
        counted=present_recovery(counted),
    )


def _since(visitor: Visitor, endpoint_id: str, chosen: str) -> datetime:
    """The time that is meant, as the service takes it.

    Raises:
        ValidationFailed: it is none.
    """
    if chosen in AGES:
        return clock.now() - AGES[chosen][1]
    failing_since = _failing_since(visitor, endpoint_id)
    if chosen == "failing" and failing_since is not None:
        return datetime.fromisoformat(failing_since)
    return site.read_local(visitor, "since", request.args.get("at", ""))


def _failing_since(visitor: Visitor, endpoint_id: str) -> str | None:
    shown = show(visitor.caller, finding.find(visitor.caller, endpoint_id))
    since: str | None = shown["health"]["failing_since"]
    return since


def _ask_since(visitor: Visitor, endpoint_id: str, error: ApiError | None = None) -> Answer:
    shown = show(visitor.caller, finding.find(visitor.caller, endpoint_id))
    usual = "failing" if shown["health"]["failing_since"] else "day"
    return render(
        "webhooks/resend_since.html",
        200 if error is None else 422,
        endpoint=shown,
        ages=AGES,
        chosen=request.args.get("since") or usual,
        at=request.args.get("at") or site.as_local(visitor, clock.now() - AGES["day"][1]),
        problems=forms.Problems() if error is None else forms.Problems.of(error),
    )


@page(blueprint, f"{ONE}/resend-failed", method="POST", permission="manage_settings")
def resend_failed(visitor: Visitor, endpoint_id: str) -> Answer:
    """Send it, and go on to how far it has come."""
    finding.find(visitor.caller, endpoint_id)
    values = forms.checked(_recovery, {"since": forms.text("since")})
    try:
        recovery = recoveries.recover(visitor.caller, endpoint_id, values["since"], is_dry=False)
    except recoveries.RecoveryInProgress as error:
        # Sent twice, or by two people: there is one to look at.
        return see(f"/{endpoint_id}?recovery={error.extra['recovery_id']}")
    return see(f"/{endpoint_id}?recovery={recovery.id}")
