"""Shapes of posts as they are answered."""

from __future__ import annotations

from marshmallow import fields, validate

from anthyx_server import fields as own
from anthyx_server.channels import FORMATS
from anthyx_server.posts.schemas import REVIEW_STATUSES, SCHEDULE_SOURCES, STATES


class PostActorSchema(own.AnswerSchema):
    """Who did something."""

    type = fields.String(required=True)
    id = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)


class ThreadPartSchema(own.AnswerSchema):
    """One post of a thread."""

    content = fields.String(required=True)
    media = fields.List(fields.String(), required=True)


class PostErrorSchema(own.AnswerSchema):
    """Why publishing failed."""

    code = fields.String(required=True)
    category = fields.String(required=True)
    message = fields.String(required=True)
    retryable = fields.Boolean(required=True)


class PostTargetSchema(own.AnswerSchema):
    """A channel that the post is for, and what became of it there."""

    channel_id = fields.String(required=True)
    platform = fields.String(required=True)
    content_override = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    external_id = fields.String(required=True, allow_none=True)
    external_url = fields.String(required=True, allow_none=True)
    published_at = fields.DateTime(required=True, allow_none=True)
    attempts = fields.Integer(required=True)
    error = fields.Nested(PostErrorSchema, required=True, allow_none=True)


class ReviewSchema(own.AnswerSchema):
    """The last word of a review."""

    status = fields.String(required=True, validate=validate.OneOf(REVIEW_STATUSES))
    by = fields.Nested(PostActorSchema, required=True, allow_none=True)
    at = fields.DateTime(required=True, allow_none=True)
    comment = fields.String(required=True, allow_none=True)


class PostSchema(own.AnswerSchema):
    """A post."""

    id = fields.String(required=True)
    brand_id = fields.String(required=True)
    campaign = fields.String(required=True, allow_none=True)
    content = fields.String(required=True)
    format = fields.String(required=True, validate=validate.OneOf(FORMATS))
    thread = fields.List(fields.Nested(ThreadPartSchema), required=True, allow_none=True)
    media = fields.List(fields.String(), required=True)
    targets = fields.List(fields.Nested(PostTargetSchema), required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    review = fields.Nested(ReviewSchema, required=True)
    scheduled_at = fields.DateTime(required=True, allow_none=True)
    schedule_source = fields.String(
        required=True, allow_none=True, validate=validate.OneOf(SCHEDULE_SOURCES)
    )
    author = fields.Nested(PostActorSchema, required=True)
    assignee = fields.String(required=True, allow_none=True)
    notes = fields.String(required=True)
    tags = fields.List(fields.String(), required=True)
    metadata = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    error = fields.Nested(PostErrorSchema, required=True, allow_none=True)
    version = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
    approved_at = fields.DateTime(required=True, allow_none=True)
    published_at = fields.DateTime(required=True, allow_none=True)


class PostProblemSchema(own.AnswerSchema):
    """What stands against a post."""

    code = fields.String(required=True)
    detail = fields.String(required=True)
    pointer = fields.String(required=True)


class ValidatedTargetSchema(own.AnswerSchema):
    """A target with all that stands against it."""

    channel_id = fields.String(required=True)
    platform = fields.String(required=True)
    problems = fields.List(fields.Nested(PostProblemSchema), required=True)


class PostValidationSchema(own.AnswerSchema):
    """The dry run's result; `problems` are those of the post as a whole."""

    is_valid = fields.Boolean(required=True)
    targets = fields.List(fields.Nested(ValidatedTargetSchema), required=True)
    problems = fields.List(fields.Nested(PostProblemSchema), required=True)


class BulkOutcomeSchema(own.AnswerSchema):
    """What became of one item: `post` where it was done, else `error`, a problem document."""

    index = fields.Integer(required=True)
    status = fields.Integer(required=True)
    post = fields.Nested(PostSchema)
    error = fields.Dict(keys=fields.String())


class BulkResultSchema(own.AnswerSchema):
    """What became of each item, in the order of the items."""

    data = fields.List(fields.Nested(BulkOutcomeSchema), required=True)


class CommentSchema(own.AnswerSchema):
    """A comment."""

    id = fields.String(required=True)
    author = fields.Nested(PostActorSchema, required=True)
    text = fields.String(required=True)
    created_at = fields.DateTime(required=True)


class HistoryEntrySchema(own.AnswerSchema):
    """Something that happened to a post; `changes` maps a field to its `from` and `to`."""

    id = fields.String(required=True)
    type = fields.String(required=True)
    actor = fields.Nested(PostActorSchema, required=True)
    at = fields.DateTime(required=True)
    changes = fields.Dict(keys=fields.String(), required=True, allow_none=True)
