"""The workspace as the API shows it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from anthyx_server import fields as own
from anthyx_server.clock import rfc3339
from anthyx_server.plans import PLANS


class PlanLimitsSchema(own.AnswerSchema):
    """What the plan allows; null is unlimited."""

    requests_per_minute = fields.Integer(required=True)
    requests_per_day = fields.Integer(required=True, allow_none=True)
    api_keys = fields.Integer(required=True, allow_none=True)
    seats = fields.Integer(required=True, allow_none=True)
    webhook_endpoints = fields.Integer(required=True)


class WorkspaceSchema(own.AnswerSchema):
    """The workspace that a key belongs to."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    plan = fields.String(required=True, validate=validate.OneOf(list(PLANS)))
    timezone = fields.String(required=True)
    limits = fields.Nested(PlanLimitsSchema, required=True)
    created_at = fields.DateTime(required=True)


class WorkspaceSettingsSchema(own.StrictSchema):
    """What may be changed of a workspace."""

    name = own.Text(min_length=1, max_length=100, required=True)
    timezone = own.TimeZone(required=True)


def present(workspace: Any) -> dict[str, Any]:
    """A workspace, or a row of one, as the API shows it."""
    return {
        "id": workspace.id,
        "name": workspace.name,
        "plan": workspace.plan,
        "timezone": workspace.timezone,
        "limits": PLANS[workspace.plan].limits(),
        "created_at": rfc3339(workspace.created_at),
    }
