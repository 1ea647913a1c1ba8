"""Shapes of the audit log at the edge."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from anthyx_server import fields as own
from anthyx_server.pagination import PageQuerySchema

# Filters that ask for one value of a column.
EQUAL = ("action", "actor_id", "target_type", "target_id")


def _name(description: str) -> own.Text:
    return own.Text(
        min_length=1, max_length=100, load_default=None, metadata={"description": description}
    )


class ListAuditLogQuerySchema(PageQuerySchema):
    """Filters of the list."""

    action = _name("Only this action, as `api_key.created`.")
    actor_id = _name("Only what this key or member did.")
    target_type = _name("Only what was done to things of this type, as `api_key`.")
    target_id = _name("Only what was done to the thing with this id.")
    created_after = own.Time(
        load_default=None, metadata={"description": "Only entries of this moment or later."}
    )
    created_before = own.Time(
        load_default=None, metadata={"description": "Only entries before this moment."}
    )

    @validates_schema
    def check_range(self, data: dict[str, Any], **_: Any) -> None:
        """A range that can hold nothing is a mistake."""
        after, before = data["created_after"], data["created_before"]
        if after is not None and before is not None and after >= before:
            raise ValidationError({"created_after": ["Must lie before created_before."]})


class AuditActorSchema(own.AnswerSchema):
    """Who acted."""

    type = fields.String(required=True, validate=validate.OneOf(["api_key", "user", "system"]))
    id = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)


class AuditTargetSchema(own.AnswerSchema):
    """What was acted on."""

    type = fields.String(required=True)
    id = fields.String(required=True)


class AuditEntrySchema(own.AnswerSchema):
    """An entry of the audit log; `number` and `hash` are its place in the workspace's chain."""

    id = fields.String(required=True)
    number = fields.Integer(required=True)
    action = fields.String(required=True)
    actor = fields.Nested(AuditActorSchema, required=True)
    target = fields.Nested(AuditTargetSchema, required=True)
    detail = fields.Dict(keys=fields.String(), required=True)
    address = fields.String(required=True, allow_none=True)
    request_id = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    hash = fields.String(required=True)
