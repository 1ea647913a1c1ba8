"""Settings → Workspace: name, time zone, what the plan allows, what people were told."""

from __future__ import annotations

from typing import NamedTuple

from flask import redirect
from werkzeug.wrappers import Response

from anthyx_server import keys, notices, webhooks, workspaces
from anthyx_server.dashboard import (
    Answer,
    Visitor,
    forms,
    new_blueprint,
    page,
    render,
)
from anthyx_server.errors import ValidationFailed
from anthyx_server.fields import time_zones
from anthyx_server.plans import PLANS

blueprint = new_blueprint("workspace_pages", __name__)

_SCHEMA = workspaces.WorkspaceSettingsSchema()
_NOTICES = 20


class Allowance(NamedTuple):
    """A line of what the plan allows; None is without limit, or not counted here."""

    name: str
    used: int | None
    most: int | None


@page(blueprint, "/settings/workspace", permission="manage_settings")
def show_workspace(visitor: Visitor) -> Answer:
    """The workspace and its plan."""
    workspace = visitor.workspace
    return _form(visitor, {"name": workspace.name, "timezone": workspace.timezone})


@page(blueprint, "/settings/workspace", method="POST", permission="manage_settings")
def update_workspace(visitor: Visitor) -> Answer:
    """Take another name or time zone."""
    values = {"name": forms.text("name"), "timezone": forms.text("timezone")}
    try:
        loaded = forms.checked(_SCHEMA, values)
    except ValidationFailed as error:
        return _form(visitor, values, 422, forms.Problems.of(error))
    workspaces.change_settings(visitor.caller, loaded)
    return redirect("/settings/workspace", 303)


def _form(
    visitor: Visitor,
    values: dict[str, str],
    status: int = 200,
    problems: forms.Problems | None = None,
) -> Response:
    return render(
        "team/workspace.html",
        status,
        values=values,
        problems=problems or forms.Problems(),
        zones=sorted(time_zones()),
        plan=PLANS[visitor.workspace.plan],
        allowances=_allowances(visitor.workspace),
        notices=notices.list_recent(visitor.workspace.id, visitor.member.id, _NOTICES),
        is_mailed=notices.is_mailed(),
    )


def _allowances(workspace: workspaces.Workspace) -> list[Allowance]:
    plan = PLANS[workspace.plan]
    return [
        Allowance("API keys", keys.count_in_force(workspace.id), plan.api_keys),
        Allowance("Seats", workspaces.count_seats(workspace.id), plan.seats),
        Allowance("Webhook endpoints", webhooks.count_all(workspace.id), plan.webhook_endpoints),
        Allowance("Requests per minute and key", None, plan.requests_per_minute),
        Allowance("Requests per day", None, plan.requests_per_day),
    ]
