"""Shapes of webhook endpoints at the edge."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from anthyx_server import fields as own
from anthyx_server.pagination import PageQuerySchema
from anthyx_server.webhooks.disabling import REASONS
from anthyx_server.webhooks.endpoints import custom_headers, destinations, subscriptions
from anthyx_server.webhooks.sending.destination import BadDestination

STATUSES = ("enabled", "disabled")
STATES = ("healthy", "failing", "held", "disabled")
MAX_OVERLAP_SECONDS = 604_800
DEFAULT_OVERLAP_SECONDS = 86_400


class DestinationField(own.Text):
    """A URL that webhooks may be sent to."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=1, max_length=2048, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return destinations.judged(text)
        except BadDestination as problem:
            raise ValidationError(str(problem)) from None


class EventTypeField(own.Text):
    """`*`, a family of events or a type."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=1, max_length=100, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if not subscriptions.is_known(name):
            raise ValidationError(f"There are no such events. There are {subscriptions.choices()}.")
        return name


class DistinctList(fields.List[str]):
    """A list of one to so many items; what is named twice is kept once."""

    def __init__(self, inner: fields.Field[str], *, most: int, **kwargs: Any) -> None:
        super().__init__(inner, validate=validate.Length(min=1, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[str | None]:
        items = super()._deserialize(value, attr, data, **kwargs)
        return list(dict.fromkeys(items))


class HeadersField(own.Metadata):
    """Custom headers: names and values."""

    def __init__(self, **kwargs: Any) -> None:
        most = custom_headers.MOST_BYTES
        super().__init__(max_length=most, max_key=most, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        headers: dict[str, str] = super()._deserialize(value, attr, data, **kwargs)
        problems = {
            name: [problem]
            for name, text in headers.items()
            if (problem := custom_headers.problem_of(name, text)) is not None
        }
        if problems:
            raise ValidationError(problems)
        problem = custom_headers.problem_of_all(headers)
        if problem is not None:
            raise ValidationError(problem)
        return headers


class WritableWebhookEndpointSchema(own.StrictSchema):
    """What can be set; the values of headers are never shown."""

    url = DestinationField(required=True)
    description = own.Text(max_length=500, load_default=None, allow_none=True)
    event_types = DistinctList(EventTypeField(), most=50, required=True)
    brand_ids = DistinctList(own.Id("brand"), most=100, load_default=None, allow_none=True)
    headers = HeadersField(load_default=dict, load_only=True)
    rate_per_second = own.WholeNumber(minimum=1, maximum=1_000, load_default=None, allow_none=True)
    max_in_flight = own.WholeNumber(minimum=1, maximum=32, load_default=8)
    metadata = own.Metadata(load_default=dict)


class RotateSecretSchema(own.StrictSchema):
    """How long both secrets are valid."""

    overlap_seconds = own.WholeNumber(
        minimum=0, maximum=MAX_OVERLAP_SECONDS, load_default=DEFAULT_OVERLAP_SECONDS
    )


class ListWebhookEndpointsQuerySchema(PageQuerySchema):
    """Filters of the list."""

    status = fields.String(validate=validate.OneOf(STATUSES), load_default=None)


class WebhookFailureSchema(own.AnswerSchema):
    """The last attempt that failed; with a status code if it was answered, else with an error."""

    at = fields.DateTime(required=True)
    delivery_id = fields.String(required=True)
    event_type = fields.String(required=True)
    status_code = fields.Integer(required=True, allow_none=True)
    error_code = fields.String(required=True, allow_none=True)


class WebhookHealthSchema(own.AnswerSchema):
    """How an endpoint does; `pending` of 1,000 stands for more, too."""

    state = fields.String(required=True, validate=validate.OneOf(STATES))
    failing_since = fields.DateTime(required=True, allow_none=True)
    held_until = fields.DateTime(required=True, allow_none=True)
    consecutive_failures = fields.Integer(required=True)
    last_success_at = fields.DateTime(required=True, allow_none=True)
    last_failure = fields.Nested(WebhookFailureSchema, required=True, allow_none=True)
    pending = fields.Integer(required=True)
    oldest_pending_at = fields.DateTime(required=True, allow_none=True)


class WebhookEndpointSchema(own.AnswerSchema):
    """A webhook endpoint; of its custom headers the names, of its secret the last characters."""

    id = fields.String(required=True)
    url = fields.String(required=True)
    description = fields.String(required=True, allow_none=True)
    event_types = fields.List(fields.String(), required=True)
    brand_ids = fields.List(fields.String(), required=True, allow_none=True)
    headers = fields.List(fields.String(), required=True)
    rate_per_second = fields.Integer(required=True, allow_none=True)
    max_in_flight = fields.Integer(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    disabled_at = fields.DateTime(required=True, allow_none=True)
    disabled_reason = fields.String(
        required=True, allow_none=True, validate=validate.OneOf([*REASONS, None])
    )
    mode = fields.String(required=True, validate=validate.OneOf(["live", "test"]))
    metadata = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    secret_last4 = fields.String(required=True)
    secret_activates_at = fields.DateTime(required=True, allow_none=True)
    health = fields.Nested(WebhookHealthSchema, required=True)
    version = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    created_by = fields.Nested(own.ActorSchema, required=True)
    updated_at = fields.DateTime(required=True)


class IssuedWebhookEndpointSchema(WebhookEndpointSchema):
    """An endpoint with the secret that was made for it."""

    secret = fields.String(required=True)


class WebhookSecretSchema(own.AnswerSchema):
    """The secret; while it is not active yet, the one before is too, in `previous_secret`."""

    id = fields.String(required=True)
    secret = fields.String(required=True)
    previous_secret = fields.String(required=True, allow_none=True)
    secret_last4 = fields.String(required=True)
    secret_activates_at = fields.DateTime(required=True, allow_none=True)
