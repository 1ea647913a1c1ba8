"""What the API refuses about webhooks."""

from __future__ import annotations

from anthyx_server.errors import ApiError


class EndpointDisabled(ApiError):
    """The endpoint is disabled, so that nothing is sent to it."""

    status, code, title = 409, "endpoint_disabled", "Webhook endpoint is disabled"
