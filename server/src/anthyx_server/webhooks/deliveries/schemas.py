"""Shapes of deliveries, attempts, recoveries and statistics at the edge."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from anthyx_server import fields as own
from anthyx_server.buckets import GRANULARITIES
from anthyx_server.pagination import PageQuerySchema
from anthyx_server.webhooks.deliveries.views import STATUSES, TRIGGERS

TEST_TYPE = "webhook_endpoint.test"


class ListWebhookDeliveriesQuerySchema(PageQuerySchema):
    """Filters of the list; with `after_sequence` it goes up, by sequence."""

    endpoint_id = own.Id("we", load_default=None)
    event_id = own.Id("evt", load_default=None)
    brand_id = own.Id("brand", load_default=None)
    status = fields.String(validate=validate.OneOf(STATUSES), load_default=None)
    created_after = own.Time(load_default=None, metadata={"description": "Created then or later."})
    created_before = own.Time(load_default=None, metadata={"description": "Created earlier."})
    after_sequence = own.QueryNumber(
        minimum=0,
        maximum=own.MAX_INTEGER,
        load_default=None,
        metadata={
            "description": "With `endpoint_id`: what was first sent after this one, lowest "
            "sequence first."
        },
    )

    @validates_schema
    def check_sequence(self, data: dict[str, Any], **_: Any) -> None:
        """Every endpoint counts for itself."""
        if data["after_sequence"] is not None and data["endpoint_id"] is None:
            raise ValidationError({"after_sequence": ["Goes with endpoint_id alone."]})


class WebhookDeliverySchema(own.AnswerSchema):
    """One event on its way to one endpoint; `sequence` is given as it is first sent."""

    id = fields.String(required=True)
    event_id = fields.String(required=True)
    event_type = fields.String(required=True)
    brand_id = fields.String(required=True, allow_none=True)
    endpoint_id = fields.String(required=True)
    recovery_id = fields.String(required=True, allow_none=True)
    sequence = fields.Integer(required=True, allow_none=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    attempts_made = fields.Integer(required=True)
    next_attempt_at = fields.DateTime(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    completed_at = fields.DateTime(required=True, allow_none=True)


class WebhookAttemptPhasesSchema(own.AnswerSchema):
    """Milliseconds; null where the attempt did not get so far, or reused a connection."""

    dns_ms = fields.Integer(required=True, allow_none=True)
    connect_ms = fields.Integer(required=True, allow_none=True)
    tls_ms = fields.Integer(required=True, allow_none=True)
    first_byte_ms = fields.Integer(required=True, allow_none=True)


class WebhookAttemptErrorSchema(own.AnswerSchema):
    """Why an attempt was no success."""

    code = fields.String(required=True)
    detail = fields.String(required=True)


class WebhookAttemptSchema(own.AnswerSchema):
    """One attempt: what was sent, and the head of the answer.

    Values of custom headers are masked. `response_body` is at most 16 KiB, as text: what is no
    UTF-8 is replaced by U+FFFD.
    """

    id = fields.String(required=True)
    delivery_id = fields.String(required=True)
    number = fields.Integer(required=True)
    trigger = fields.String(required=True, validate=validate.OneOf(TRIGGERS))
    url = fields.String(required=True)
    started_at = fields.DateTime(required=True)
    duration_ms = fields.Integer(required=True, allow_none=True)
    phases = fields.Nested(WebhookAttemptPhasesSchema, required=True)
    peer_address = fields.String(required=True, allow_none=True)
    request_headers = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    status_code = fields.Integer(required=True, allow_none=True)
    error = fields.Nested(WebhookAttemptErrorSchema, required=True, allow_none=True)
    response_headers = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, allow_none=True
    )
    response_body = fields.String(required=True, allow_none=True)


class WebhookDeliveryDetailSchema(WebhookDeliverySchema):
    """A delivery with its latest 50 attempts, the first of them first."""

    attempts = fields.List(fields.Nested(WebhookAttemptSchema), required=True)


class TestWebhookEndpointSchema(own.StrictSchema):
    """What to send as a test."""

    event_type = own.Text(min_length=1, max_length=100, load_default=TEST_TYPE)


class Backlog(fields.Field[Any]):
    """`none`, `all`, or `{"since": time}`."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if value in ("none", "all"):
            return value
        if isinstance(value, dict) and value.keys() == {"since"}:
            try:
                return own.Time().deserialize(value["since"])
            except ValidationError as error:
                raise ValidationError({"since": error.messages}) from None
        raise ValidationError('Must be "none", "all" or {"since": time}.')


class EnableWebhookEndpointSchema(own.StrictSchema):
    """How much to send of what the endpoint missed."""

    backlog = Backlog(required=True)


class RecoverWebhookEndpointSchema(own.StrictSchema):
    """From when on to send again what failed; `dry_run` only counts it."""

    since = own.Time(required=True)
    dry_run = own.Flag(load_default=False)


class WebhookRecoverySchema(own.AnswerSchema):
    """How many deliveries were found, and how many of them wait again or have been sent."""

    id = fields.String(required=True, allow_none=True)
    endpoint_id = fields.String(required=True)
    since = fields.DateTime(required=True, allow_none=True)
    matched = fields.Integer(required=True)
    queued = fields.Integer(required=True)
    done = fields.Boolean(required=True)
    created_at = fields.DateTime(required=True, allow_none=True)
    completed_at = fields.DateTime(required=True, allow_none=True)


class WebhookStatsQuerySchema(own.StrictSchema):
    """Which time, and how finely; buckets are in UTC."""

    granularity = fields.String(validate=validate.OneOf(GRANULARITIES), load_default="hour")
    from_ = own.Time(data_key="from", load_default=None)
    to = own.Time(load_default=None)


class WebhookStatsBucketSchema(own.AnswerSchema):
    """Attempts of an hour or day from `start` on; percentiles null where none took a time."""

    start = fields.DateTime(required=True)
    succeeded = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    p50_ms = fields.Integer(required=True, allow_none=True)
    p95_ms = fields.Integer(required=True, allow_none=True)


class WebhookStatsSchema(own.AnswerSchema):
    """Attempts over time, every bucket included."""

    granularity = fields.String(required=True, validate=validate.OneOf(GRANULARITIES))
    start = fields.DateTime(required=True)
    end = fields.DateTime(required=True)
    data = fields.List(fields.Nested(WebhookStatsBucketSchema), required=True)
