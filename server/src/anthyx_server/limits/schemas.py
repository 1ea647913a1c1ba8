"""Shapes of usage at the edge."""

from __future__ import annotations

from marshmallow import fields, validate

from anthyx_server import fields as own
from anthyx_server.buckets import GRANULARITIES
from anthyx_server.plans import PLANS


class WindowSchema(own.AnswerSchema):
    """A rate-limit window; `resets_at` is null while no request has opened it."""

    name = fields.String(required=True, validate=validate.OneOf(["minute", "day"]))
    limit = fields.Integer(required=True)
    used = fields.Integer(required=True)
    remaining = fields.Integer(required=True)
    resets_at = fields.DateTime(required=True, allow_none=True)


class KeyCountSchema(own.AnswerSchema):
    """API keys in use, and how many the plan allows (null: unlimited)."""

    used = fields.Integer(required=True)
    limit = fields.Integer(required=True, allow_none=True)


class UsageSchema(own.AnswerSchema):
    """What the key's family has used of its windows."""

    plan = fields.String(required=True, validate=validate.OneOf(list(PLANS)))
    windows = fields.List(fields.Nested(WindowSchema), required=True)
    api_keys = fields.Nested(KeyCountSchema, required=True)


class UsageHistoryQuerySchema(own.StrictSchema):
    """Which requests to count, and how finely; buckets are in UTC."""

    granularity = fields.String(validate=validate.OneOf(GRANULARITIES), load_default="hour")
    key_id = own.Id("key", load_default=None)
    from_ = own.Time(data_key="from", load_default=None)
    to = own.Time(load_default=None)


class UsageBucketSchema(own.AnswerSchema):
    """Requests that were accepted and limited within an hour or day from `start` on."""

    start = fields.DateTime(required=True)
    accepted = fields.Integer(required=True)
    limited = fields.Integer(required=True)


class UsageHistorySchema(own.AnswerSchema):
    """Requests over time, every bucket included; `key_id` null counts all keys of the mode."""

    granularity = fields.String(required=True, validate=validate.OneOf(GRANULARITIES))
    key_id = fields.String(required=True, allow_none=True)
    start = fields.DateTime(required=True)
    end = fields.DateTime(required=True)
    data = fields.List(fields.Nested(UsageBucketSchema), required=True)
