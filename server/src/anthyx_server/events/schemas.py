"""Shapes of events at the edge."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from anthyx_server import fields as own
from anthyx_server.events import catalogue
from anthyx_server.pagination import PageQuerySchema

MAX_WAIT_SECONDS = 20
OLDEST = "oldest"
_LONGEST_LIST = 2_000


class EventTypes(fields.String):
    """Types and families of events, separated by commas, read into the types that are meant."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > _LONGEST_LIST:
            raise ValidationError(f"Longer than {_LONGEST_LIST} characters.")
        try:
            return catalogue.expand(text.split(","))
        except LookupError as error:
            name = str(error.args[0])[:64]
            raise ValidationError(
                f'There are no events "{name}": name types as post.created or families as post.*.'
            ) from None


class ListEventsQuerySchema(PageQuerySchema):
    """Filters of the list, and from where and how to poll."""

    types = EventTypes(
        load_default=None,
        metadata={"description": "Types (`post.created`) and families (`post.*`), by commas."},
    )
    brand_id = own.Id("brand", load_default=None)
    created_after = own.Time(load_default=None, metadata={"description": "Created then or later."})
    created_before = own.Time(load_default=None, metadata={"description": "Created earlier."})
    after = fields.String(
        load_default=None,
        metadata={
            "description": "The id of the last event that was seen, or `oldest`: "
            "what was committed later, oldest first."
        },
    )
    wait = own.QueryNumber(
        minimum=0,
        maximum=MAX_WAIT_SECONDS,
        load_default=None,
        metadata={"description": "With `after`: seconds to wait where there is nothing yet."},
    )

    @validates_schema
    def check_polling(self, data: dict[str, Any], **_: Any) -> None:
        """A poll goes on by ids, a list by cursors."""
        if data["after"] is None and data["wait"] is not None:
            raise ValidationError({"wait": ["Goes with after alone."]})
        if data["after"] is not None and data["cursor"] is not None:
            raise ValidationError({"cursor": ["A poll goes on by after: send the last id."]})


class CreateEventSchema(own.StrictSchema):
    """Which example to make; `brand_id` is the brand that it is of, where its type has one."""

    type = fields.String(required=True, validate=validate.OneOf(catalogue.TYPES))
    brand_id = own.Id("brand", load_default=None, allow_none=True)


class EventRequestSchema(own.AnswerSchema):
    """The request that made the event happen."""

    id = fields.String(required=True)
    idempotency_key = fields.String(required=True, allow_none=True)


class SubjectSchema(own.AnswerSchema):
    """What the event is about."""

    type = fields.String(required=True)
    id = fields.String(required=True)


class EventDataSchema(own.AnswerSchema):
    """The resource as the API showed it then, and the changed fields' old values.

    Where that is over 256 KiB, `object` is cut to type and id and `truncated` is true.
    """

    object = fields.Dict(keys=fields.String(), required=True)
    previous = fields.Dict(keys=fields.String(), required=True, allow_none=True)
    truncated = fields.Boolean(required=True)


class EventSchema(own.AnswerSchema):
    """An event; new types may be added at any time."""

    id = fields.String(required=True)
    type = fields.String(required=True)
    api_version = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    workspace_id = fields.String(required=True)
    brand_id = fields.String(required=True, allow_none=True)
    mode = fields.String(required=True, validate=validate.OneOf(["live", "test"]))
    actor = fields.Nested(own.ActorSchema, required=True)
    request = fields.Nested(EventRequestSchema, required=True, allow_none=True)
    subject = fields.Nested(SubjectSchema, required=True)
    data = fields.Nested(EventDataSchema, required=True)


class EventTypeSchema(own.AnswerSchema):
    """A type of events; `schema` describes a whole event of it, as `example` is one."""

    name = fields.String(required=True)
    description = fields.String(required=True)
    schema = fields.Dict(keys=fields.String(), required=True)
    example = fields.Nested(EventSchema, required=True)


class EventTypeListSchema(own.AnswerSchema):
    """All types of events, as the one page of a list."""

    data = fields.List(fields.Nested(EventTypeSchema), required=True)
    has_more = fields.Boolean(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
