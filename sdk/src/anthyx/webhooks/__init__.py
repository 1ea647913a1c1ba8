"""Webhooks on the receiving side: `verify` gives the event that Anthyx sent, or raises.

Doesn't import `requests`. Ready pieces for a framework are in `anthyx.webhooks.flask`,
`anthyx.webhooks.django` and `anthyx.webhooks.fastapi`.
"""

from __future__ import annotations

from anthyx._base_errors import (
    WebhookHeaderError,
    WebhookPayloadError,
    WebhookSignatureError,
    WebhookTimestampError,
    WebhookVerificationError,
)

from ._verifying import sign, verify

__all__ = [
    "WebhookHeaderError",
    "WebhookPayloadError",
    "WebhookSignatureError",
    "WebhookTimestampError",
    "WebhookVerificationError",
    "sign",
    "verify",
]
