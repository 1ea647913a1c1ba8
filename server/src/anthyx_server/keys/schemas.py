"""Shapes of keys at the edge."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import ValidationError, fields, validate, validates, validates_schema

from anthyx_server import clock
from anthyx_server import fields as own
from anthyx_server.keys import allowlist
from anthyx_server.keys.scopes import DEFAULT_SCOPES, KEY_SCOPES, SCOPES
from anthyx_server.pagination import PageQuerySchema

STATUSES = ("active", "expiring", "expired", "revoked")
REASONS = ("deleted", "rotated", "leaked", "workspace_removed")
MAX_OVERLAP_SECONDS = 604_800
DEFAULT_OVERLAP_SECONDS = 86_400


class NetworkField(own.Text):
    """An IP address or a network in CIDR notation."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=2, max_length=64, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return allowlist.normalize(text)
        except ValueError as error:
            raise ValidationError(f"Not an IP address or CIDR network: {error}.") from None


def _scopes(**kwargs: Any) -> fields.List[str]:
    return fields.List(
        fields.String(validate=validate.OneOf(SCOPES)),
        validate=validate.Length(min=1, max=len(SCOPES)),
        **kwargs,
    )


def _allowlist(**kwargs: Any) -> fields.List[str]:
    return fields.List(
        NetworkField(),
        validate=validate.Length(min=1, max=allowlist.MAX_ENTRIES),
        allow_none=True,
        **kwargs,
    )


class ChangeableKeySchema(own.StrictSchema):
    """What PATCH can set."""

    name = own.Text(min_length=1, max_length=100, required=True)
    scopes = _scopes(required=True)
    ip_allowlist = _allowlist(load_default=None)
    expires_at = own.Time(load_default=None, allow_none=True)


class CreateApiKeySchema(ChangeableKeySchema):
    """A new key."""

    scopes = _scopes(load_default=lambda: list(DEFAULT_SCOPES))
    description = own.Text(max_length=500, load_default="")
    mode = fields.String(validate=validate.OneOf(["live", "test"]))
    brand_ids = fields.List(
        own.Id("brand"),
        validate=validate.Length(min=1, max=100),
        load_default=None,
        allow_none=True,
    )
    metadata = own.Metadata(load_default=dict)

    @validates("expires_at")
    def check_future(self, value: datetime | None, data_key: str) -> None:
        """A key that has expired already is a mistake."""
        if value is not None and value <= clock.now():
            raise ValidationError("Must be in the future.")

    @validates_schema
    def check_brand_restriction(self, data: dict[str, Any], **_: Any) -> None:
        """A key of some brands can't manage keys: it could make itself one of all brands."""
        if data.get("brand_ids") is not None and KEY_SCOPES & set(data["scopes"]):
            raise ValidationError(
                {"scopes": ["A key with brand_ids can't hold keys:read or keys:write."]}
            )


class RotateApiKeySchema(own.StrictSchema):
    """How long the old key stays in force."""

    overlap_seconds = own.WholeNumber(
        minimum=0, maximum=MAX_OVERLAP_SECONDS, load_default=DEFAULT_OVERLAP_SECONDS
    )


class ListApiKeysQuerySchema(PageQuerySchema):
    """Filters of the list."""

    status = fields.String(validate=validate.OneOf(STATUSES), load_default=None)


class LeakedKeysSchema(own.StrictSchema):
    """Tokens that were found where they should not be."""

    tokens = fields.List(
        own.Text(min_length=1, max_length=256),
        required=True,
        validate=validate.Length(min=1, max=100),
    )
    url = own.Text(max_length=2048, load_default=None, allow_none=True)
    source = own.Text(max_length=200, load_default=None, allow_none=True)


class ApiKeySchema(own.AnswerSchema):
    """An API key; its token is only in the answer that makes it."""

    id = fields.String(required=True)
    family_id = fields.String(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    prefix = fields.String(required=True)
    last4 = fields.String(required=True)
    mode = fields.String(required=True, validate=validate.OneOf(["live", "test"]))
    scopes = fields.List(fields.String(), required=True)
    brand_ids = fields.List(fields.String(), required=True, allow_none=True)
    ip_allowlist = fields.List(fields.String(), required=True, allow_none=True)
    metadata = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    version = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    created_by = fields.Nested(own.ActorSchema, required=True)
    updated_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True, allow_none=True)
    last_used_at = fields.DateTime(required=True, allow_none=True)
    last_used_ip = fields.String(required=True, allow_none=True)
    rotated_from = fields.String(required=True, allow_none=True)
    superseded_by = fields.String(required=True, allow_none=True)
    revoked_at = fields.DateTime(required=True, allow_none=True)
    revoked_by = fields.Nested(own.ActorSchema, required=True, allow_none=True)
    revoked_reason = fields.String(
        required=True, allow_none=True, validate=validate.OneOf([*REASONS, None])
    )
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))


class IssuedApiKeySchema(ApiKeySchema):
    """A new key with its token, which is shown this once."""

    secret = fields.String(required=True)


class LeakedKeysReplySchema(own.AnswerSchema):
    """How many different tokens were received; not how many were real."""

    received = fields.Integer(required=True)
