"""How a receiver verifies what arrives, to copy: with the SDK, and with HMAC alone."""

from __future__ import annotations

WITH_SDK = """\
# pip install anthyx
import os

from anthyx.webhooks import WebhookVerificationError, verify

SECRET = os.environ["ANTHYX_WEBHOOK_SECRET"]


def receive(body: bytes, headers: dict[str, str]) -> int:
    \"\"\"Takes the raw body and the headers; returns the status.\"\"\"
    try:
        event = verify(body, headers, SECRET)
    except WebhookVerificationError:
        return 400
    print(event.id, event.type)  # store it under its id, work on it later
    return 204
"""

WITH_HMAC = """\
import hashlib
import hmac
import os

SECRET = os.environ["ANTHYX_WEBHOOK_SECRET"]


def receive(body: bytes, headers: dict[str, str]) -> int:
    \"\"\"Takes the raw body and the headers; returns the status.\"\"\"
    sent = {name.lower(): value for name, value in headers.items()}
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    signature = sent.get("x-anthyx-signature", "").encode()
    if not hmac.compare_digest(f"sha256={digest}".encode(), signature):
        return 400
    return 204
"""
