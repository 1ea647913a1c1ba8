"""Shapes of posts as they are sent, and of what is asked of their list."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from anthyx_server import fields as own
from anthyx_server.channels import FORMATS, PLATFORMS
from anthyx_server.pagination import PageQuerySchema

STATES = ("draft", "approved", "publishing", "published", "partially_published", "failed")
REVIEW_STATUSES = ("pending", "changes_requested", "approved")
SCHEDULE_SOURCES = ("explicit", "best_time", "now")
SORTS = tuple(
    sign + column for column in ("created_at", "scheduled_at", "updated_at") for sign in ("-", "")
)
MAX_CONTENT = 100_000
MAX_TARGETS = 20
MAX_PARTS = 50
MAX_MEDIA = 50
MAX_TAGS = 50


def _require_unique(values: list[Any]) -> None:
    if len(set(values)) != len(values):
        raise ValidationError("Must not name one twice.")


def _media() -> fields.List[str]:
    return fields.List(
        own.Id("media"),
        validate=[validate.Length(max=MAX_MEDIA), _require_unique],
        load_default=list,
    )


class WritableThreadPartSchema(own.StrictSchema):
    """One post of a thread."""

    content = own.Text(max_length=MAX_CONTENT, is_verbatim=True, required=True)
    media = _media()


class WritableTargetSchema(own.StrictSchema):
    """A channel to publish to; `content_override` is what is published there instead."""

    channel_id = own.Id("chan", required=True)
    content_override = own.Text(
        max_length=MAX_CONTENT, is_verbatim=True, load_default=None, allow_none=True
    )


class WritablePostSchema(own.StrictSchema):
    """What PATCH can set."""

    campaign = own.Text(min_length=1, max_length=100, load_default=None, allow_none=True)
    content = own.Text(max_length=MAX_CONTENT, is_verbatim=True, load_default="")
    format = fields.String(validate=validate.OneOf(FORMATS), load_default="post")
    thread = fields.List(
        fields.Nested(WritableThreadPartSchema),
        validate=validate.Length(min=1, max=MAX_PARTS),
        load_default=None,
        allow_none=True,
        metadata={"description": "Its posts, first to last; with the format `thread` alone."},
    )
    media = _media()
    targets = fields.List(
        fields.Nested(WritableTargetSchema),
        validate=validate.Length(max=MAX_TARGETS),
        load_default=list,
    )
    scheduled_at = own.Time(load_default=None, allow_none=True)
    assignee = own.Id("usr", load_default=None, allow_none=True)
    notes = own.Text(max_length=10_000, load_default="")
    tags = fields.List(
        own.Text(min_length=1, max_length=50),
        validate=[validate.Length(max=MAX_TAGS), _require_unique],
        load_default=list,
    )
    metadata = own.Metadata(load_default=dict)

    @validates_schema
    def _check_thread(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("thread") is not None and data.get("format") != "thread":
            raise ValidationError({"thread": ["Only a post of the format thread has one."]})

    @validates_schema
    def _check_targets(self, data: dict[str, Any], **_: Any) -> None:
        seen: set[str] = set()
        problems: dict[int, Any] = {}
        for index, target in enumerate(data.get("targets") or ()):
            if target["channel_id"] in seen:
                problems[index] = {"channel_id": ["This channel is named twice."]}
            seen.add(target["channel_id"])
        if problems:
            raise ValidationError({"targets": problems})


class CreatePostSchema(WritablePostSchema):
    """A new post; its brand stays as it is."""

    brand_id = own.Id("brand", required=True)


class ApprovePostSchema(own.StrictSchema):
    """Which version was read; not needed beside If-Match."""

    version = own.WholeNumber(minimum=1, load_default=None)


class BulkApprovalSchema(own.StrictSchema):
    """A post to approve, and which version of it was read."""

    id = own.Id("post", required=True)
    version = own.WholeNumber(minimum=1, required=True)


class RequestChangesSchema(own.StrictSchema):
    """What is to be changed; it becomes a comment too."""

    comment = own.Text(min_length=1, max_length=10_000, required=True)


class CreateCommentSchema(own.StrictSchema):
    """A comment."""

    text = own.Text(min_length=1, max_length=10_000, required=True)


def _time(description: str) -> own.Time:
    return own.Time(load_default=None, metadata={"description": description})


class ListPostsQuerySchema(PageQuerySchema):
    """Filters and order of the list."""

    brand_id = own.Id("brand", load_default=None)
    state = fields.String(validate=validate.OneOf(STATES), load_default=None)
    platform = fields.String(validate=validate.OneOf(list(PLATFORMS)), load_default=None)
    channel_id = own.Id("chan", load_default=None)
    campaign = own.Text(min_length=1, max_length=100, load_default=None)
    assignee = own.Id("usr", load_default=None)
    review_status = fields.String(validate=validate.OneOf(REVIEW_STATUSES), load_default=None)
    tag = own.Text(min_length=1, max_length=50, load_default=None)
    q = own.Text(
        min_length=1,
        max_length=200,
        load_default=None,
        metadata={"description": "Words that all stand in the text, whatever their case."},
    )
    scheduled_after = _time("Scheduled at this time or later.")
    scheduled_before = _time("Scheduled earlier than this.")
    published_after = _time("Published at this time or later.")
    published_before = _time("Published earlier than this.")
    created_after = _time("Created at this time or later.")
    created_before = _time("Created earlier than this.")
    updated_since = _time("Changed at this time or later.")
    sort = fields.String(
        validate=validate.OneOf(SORTS),
        load_default=None,
        metadata={
            "description": "Default: -created_at; with a range of another time, the newest of "
            "that time first. Posts without the time come last."
        },
    )
