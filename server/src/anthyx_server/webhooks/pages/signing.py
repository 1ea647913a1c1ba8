"""An endpoint's secret: shown, rotated, activated."""

from __future__ import annotations

from flask import request

from anthyx_server.dashboard import Answer, Visitor, forms, page, render
from anthyx_server.errors import ApiError, ValidationFailed
from anthyx_server.keys import RotationInProgress
from anthyx_server.webhooks import finding
from anthyx_server.webhooks.endpoint_views import show
from anthyx_server.webhooks.endpoints import rotation, schemas
from anthyx_server.webhooks.pages import snippets
from anthyx_server.webhooks.pages.site import ONE, blueprint, see

OVERLAPS = (
    (86_400, "24 hours"),
    (259_200, "3 days"),
    (604_800, "7 days"),
    (3_600, "1 hour"),
    (0, "none: the old secret ends at once"),
)
_rotation = schemas.RotateSecretSchema()


@page(
    blueprint,
    f"{ONE}/secret",
    permission="manage_settings",
    is_confirmed=True,
    is_noted=True,
)
def reveal_secret(visitor: Visitor, endpoint_id: str) -> Answer:
    """The secret, and how to verify with it; that it was shown is noted on the audit log."""
    endpoint = finding.find(visitor.caller, endpoint_id)
    return render(
        "webhooks/secret.html",
        endpoint=show(visitor.caller, endpoint),
        revealed=rotation.reveal(visitor.caller, endpoint),
        is_new=request.args.get("new") == "1",
        with_sdk=snippets.WITH_SDK,
        with_hmac=snippets.WITH_HMAC,
    )


@page(blueprint, f"{ONE}/rotate", permission="manage_settings", is_confirmed=True)
def show_rotation(visitor: Visitor, endpoint_id: str) -> Answer:
    """What rotating does, and for how long both secrets are to be valid."""
    return _show_rotation(visitor, endpoint_id)


@page(blueprint, f"{ONE}/rotate", method="POST", permission="manage_settings", is_confirmed=True)
def rotate_secret(visitor: Visitor, endpoint_id: str) -> Answer:
    """Give the endpoint a new secret, and go on to it."""
    earlier = forms.earlier_result(visitor)
    if earlier is not None:
        return see(earlier)
    overlap = forms.text("overlap_seconds")
    try:
        number = int(overlap) if overlap.isascii() and overlap.isdigit() else overlap
        values = forms.checked(_rotation, {"overlap_seconds": number})
        endpoint = finding.lock(visitor.caller, endpoint_id)
        rotation.rotate(visitor.caller, endpoint, values["overlap_seconds"])
    except (ValidationFailed, RotationInProgress) as error:
        return _show_rotation(visitor, endpoint_id, error)
    location = f"/{endpoint_id}/secret"
    forms.keep_result(visitor, location)
    return see(location)


@page(blueprint, f"{ONE}/activate", method="POST", permission="manage_settings")
def activate_secret(visitor: Visitor, endpoint_id: str) -> Answer:
    """End a rotation now."""
    rotation.activate(visitor.caller, finding.lock(visitor.caller, endpoint_id))
    return see(f"/{endpoint_id}?activated=1#secret")


def _show_rotation(visitor: Visitor, endpoint_id: str, error: ApiError | None = None) -> Answer:
    return render(
        "webhooks/rotate.html",
        200 if error is None else 422,
        endpoint=show(visitor.caller, finding.find(visitor.caller, endpoint_id)),
        overlaps=OVERLAPS,
        problems=forms.Problems() if error is None else forms.Problems.of(error),
    )
