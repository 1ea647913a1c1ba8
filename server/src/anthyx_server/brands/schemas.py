"""Shapes of brands at the edge."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from anthyx_server import fields as own
from anthyx_server.pagination import PageQuerySchema

MAX_COLORS = 20
MAX_WORDS = 200
STATUSES = ("active", "archived")
SORTS = ("-created_at", "created_at", "name", "-name")


class WritableColorSchema(own.StrictSchema):
    """A color with its name."""

    name = own.Text(min_length=1, max_length=50, required=True)
    hex = fields.String(
        required=True, validate=own.Pattern("^#[0-9a-fA-F]{6}$", error="Not a color like #1A2B3C.")
    )


def _words() -> fields.List[str]:
    return fields.List(
        own.Text(min_length=1, max_length=100),
        validate=validate.Length(max=MAX_WORDS),
        load_default=list,
    )


class WritableVoiceSchema(own.StrictSchema):
    """How the brand speaks."""

    tone = own.Text(max_length=500, load_default="")
    guidelines = own.Text(max_length=10_000, load_default="")
    audience = own.Text(max_length=2_000, load_default="")
    words_to_use = _words()
    words_to_avoid = _words()


def _empty_voice() -> dict[str, Any]:
    empty: dict[str, Any] = WritableVoiceSchema().load({})
    return empty


class WritableBrandSchema(own.StrictSchema):
    """What POST and PATCH can set."""

    name = own.Text(min_length=1, max_length=100, required=True)
    description = own.Text(max_length=2_000, load_default="")
    website_url = own.WebUrl(load_default=None, allow_none=True)
    logo_url = own.WebUrl(load_default=None, allow_none=True)
    colors = fields.List(
        fields.Nested(WritableColorSchema),
        validate=validate.Length(max=MAX_COLORS),
        load_default=list,
    )
    voice = fields.Nested(WritableVoiceSchema, load_default=_empty_voice)
    timezone = own.TimeZone(load_default="UTC")
    metadata = own.Metadata(load_default=dict)


class ListBrandsQuerySchema(PageQuerySchema):
    """Filters and order of the list."""

    status = fields.String(validate=validate.OneOf(STATUSES), load_default=None)
    sort = fields.String(validate=validate.OneOf(SORTS), load_default="-created_at")


class ColorSchema(own.AnswerSchema):
    """A color with its name."""

    name = fields.String(required=True)
    hex = fields.String(required=True)


class VoiceSchema(own.AnswerSchema):
    """How the brand speaks."""

    tone = fields.String(required=True)
    guidelines = fields.String(required=True)
    audience = fields.String(required=True)
    words_to_use = fields.List(fields.String(), required=True)
    words_to_avoid = fields.List(fields.String(), required=True)


class BrandSchema(own.AnswerSchema):
    """A brand."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    slug = fields.String(required=True)
    description = fields.String(required=True)
    website_url = fields.String(required=True, allow_none=True)
    logo_url = fields.String(required=True, allow_none=True)
    colors = fields.List(fields.Nested(ColorSchema), required=True)
    voice = fields.Nested(VoiceSchema, required=True)
    timezone = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    metadata = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    version = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    archived_at = fields.DateTime(required=True, allow_none=True)
