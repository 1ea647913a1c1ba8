"""Add endpoint, edit it, delete it."""

from __future__ import annotations

from typing import Any

from flask import request

from anthyx_server.dashboard import Answer, Visitor, forms, page, render
from anthyx_server.errors import ApiError, ValidationFailed
from anthyx_server.keys import PlanLimitReached
from anthyx_server.operations import require_scope
from anthyx_server.webhooks import finding
from anthyx_server.webhooks.endpoint_views import show
from anthyx_server.webhooks.endpoints import destinations, patching, schemas, service
from anthyx_server.webhooks.endpoints.subscriptions import scopes_of
from anthyx_server.webhooks.pages import form, words
from anthyx_server.webhooks.pages.site import ONE, PATH, blueprint, see

_writable = schemas.WritableWebhookEndpointSchema()


def _look_up() -> None:
    destinations.look_up_url(forms.text("url"))


@page(blueprint, f"{PATH}/new", permission="manage_settings", is_confirmed=True)
def show_new_endpoint(visitor: Visitor) -> Answer:
    """The form of a new endpoint."""
    return _show_form(visitor, form.empty())


@page(
    blueprint,
    f"{PATH}/new",
    method="POST",
    permission="manage_settings",
    is_confirmed=True,
    prepare=_look_up,
)
def create_endpoint(visitor: Visitor) -> Answer:
    """Make an endpoint, and go on to its secret."""
    earlier = forms.earlier_result(visitor)
    if earlier is not None:
        return see(earlier)
    values = form.filled_in()
    try:
        body = forms.checked(_writable, form.body_of(values))
        require_scope(visitor.caller, "webhooks:write", *scopes_of(body["event_types"]))
        made = service.create(visitor.caller, body)
    except (ValidationFailed, PlanLimitReached) as error:
        return _show_form(visitor, values, error=error)
    location = f"/{made.endpoint.id}/secret?new=1"
    forms.keep_result(visitor, location)
    return see(location)


@page(blueprint, f"{ONE}/edit", permission="manage_settings")
def show_edit(visitor: Visitor, endpoint_id: str) -> Answer:
    """The form of an endpoint's settings."""
    shown = show(visitor.caller, finding.find(visitor.caller, endpoint_id))
    return _show_form(visitor, form.of_endpoint(shown), shown=shown)


@page(blueprint, f"{ONE}/edit", method="POST", permission="manage_settings", prepare=_look_up)
def edit_endpoint(visitor: Visitor, endpoint_id: str) -> Answer:
    """Change what differs."""
    values = form.filled_in()
    try:
        patching.apply(visitor.caller, endpoint_id, _patch(values))
    except ValidationFailed as error:
        shown = show(visitor.caller, finding.find(visitor.caller, endpoint_id))
        return _show_form(visitor, values, shown=shown, error=error)
    return see(f"/{endpoint_id}")


def _patch(values: dict[str, Any]) -> dict[str, Any]:
    """All settings but metadata, which the form does not show, and the version it is about."""
    body = form.body_of(values)
    gone = dict.fromkeys(values["removed_headers"])
    headers = gone | body.pop("headers")
    version = request.form.get("version", "")
    about = {"version": int(version)} if version.isascii() and version.isdigit() else {}
    return body | about | ({"headers": headers} if headers else {})


@page(blueprint, f"{ONE}/delete", permission="manage_settings", is_confirmed=True)
def show_deletion(visitor: Visitor, endpoint_id: str) -> Answer:
    """What deleting would end: where the dialog can't be shown."""
    shown = show(visitor.caller, finding.find(visitor.caller, endpoint_id))
    return render("webhooks/delete.html", endpoint=shown)


@page(blueprint, f"{ONE}/delete", method="POST", permission="manage_settings", is_confirmed=True)
def delete_endpoint(visitor: Visitor, endpoint_id: str) -> Answer:
    """Delete an endpoint and its secrets."""
    service.delete(visitor.caller, finding.lock(visitor.caller, endpoint_id))
    return see("")


def _show_form(
    visitor: Visitor,
    values: dict[str, Any],
    *,
    shown: dict[str, Any] | None = None,
    error: ApiError | None = None,
) -> Answer:
    problems = forms.Problems() if error is None else form.problems_of(error)
    offered, has_more_brands = form.brands_of(visitor, values["brand_ids"])
    return render(
        "webhooks/form.html",
        200 if error is None else 422,
        endpoint=shown,
        values=values,
        problems=problems,
        catalogue=words.catalogue(),
        brands=offered,
        has_more_brands=has_more_brands,
        is_more_open=any(name in problems for name in form.MORE),
    )
