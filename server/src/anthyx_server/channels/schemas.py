"""Shapes of channels and platforms at the edge."""

from __future__ import annotations

from marshmallow import fields, validate

from anthyx_server import fields as own
from anthyx_server.channels.platforms import FORMATS, MEDIA_KINDS, PLATFORMS
from anthyx_server.pagination import PageQuerySchema

STATUSES = ("connected", "disconnected", "error")
SORTS = ("-created_at", "created_at", "name", "-name")
MAX_CREDENTIAL = 4_096


class WritableChannelSchema(own.StrictSchema):
    """What PATCH can set; `credentials` are never shown."""

    name = own.Text(min_length=1, max_length=100, required=True)
    external_id = own.Text(min_length=1, max_length=200, load_default=None, allow_none=True)
    credentials = own.Metadata(
        max_length=MAX_CREDENTIAL, load_default=None, allow_none=True, load_only=True
    )


class CreateChannelSchema(WritableChannelSchema):
    """A new channel; brand and platform stay as they are."""

    brand_id = own.Id("brand", required=True)
    platform = fields.String(required=True, validate=validate.OneOf(list(PLATFORMS)))


class ListChannelsQuerySchema(PageQuerySchema):
    """Filters and order of the list."""

    brand_id = own.Id("brand", load_default=None)
    platform = fields.String(validate=validate.OneOf(list(PLATFORMS)), load_default=None)
    status = fields.String(validate=validate.OneOf(STATUSES), load_default=None)
    sort = fields.String(validate=validate.OneOf(SORTS), load_default="-created_at")


class ChannelSchema(own.AnswerSchema):
    """A channel."""

    id = fields.String(required=True)
    brand_id = fields.String(required=True)
    platform = fields.String(required=True, validate=validate.OneOf(list(PLATFORMS)))
    name = fields.String(required=True)
    external_id = fields.String(required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    status_detail = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)


class PlatformMediaSchema(own.AnswerSchema):
    """How many files of a kind a post may have."""

    kind = fields.String(required=True, validate=validate.OneOf(MEDIA_KINDS))
    max = fields.Integer(required=True)


class PlatformFormatSchema(own.AnswerSchema):
    """A format of posts; `max_bytes` bounds each file, null where the platform gives no bound."""

    format = fields.String(required=True, validate=validate.OneOf(FORMATS))
    min_parts = fields.Integer(required=True)
    max_parts = fields.Integer(required=True)
    min_media = fields.Integer(required=True)
    max_media = fields.Integer(required=True)
    media = fields.List(fields.Nested(PlatformMediaSchema), required=True)
    max_bytes = fields.Integer(required=True, allow_none=True)


class PlatformSchema(own.AnswerSchema):
    """A platform; `max_length` is of each text, in `length_unit`."""

    platform = fields.String(required=True, validate=validate.OneOf(list(PLATFORMS)))
    max_length = fields.Integer(required=True)
    length_unit = fields.String(required=True, validate=validate.OneOf(["utf16", "x_weighted"]))
    max_days_ahead = fields.Integer(required=True, allow_none=True)
    formats = fields.List(fields.Nested(PlatformFormatSchema), required=True)


class PlatformListSchema(own.AnswerSchema):
    """All platforms, as the one page of a list."""

    data = fields.List(fields.Nested(PlatformSchema), required=True)
    has_more = fields.Boolean(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
