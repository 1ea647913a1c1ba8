"""What tests of both sides of a webhook share: an event, secrets, and headers as the server's."""

from __future__ import annotations

import base64
import time

import orjson

from anthyx_server.webhooks.sending.signing import Signer
from sdk.tests import samples

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
NEXT = "whsec_" + base64.b64encode(bytes(range(32, 64))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(64, 96))).decode()


def event_body(event_id: str = "evt_1", name: str = "Acme") -> bytes:
    """An event about a brand, as the server writes it."""
    data = {"object": samples.brand(name=name), "previous": None, "truncated": False}
    return orjson.dumps(samples.event(id=event_id, data=data))


def delivery(
    body: bytes, *, next_: str | None = None, age: int = 0, event_id: str = "evt_1"
) -> dict[str, str]:
    """The headers of a delivery that was sent `age` seconds ago."""
    moment = int(time.time()) - age
    return {
        "Content-Type": "application/json",
        "User-Agent": "Anthyx-Webhooks/1",
        "webhook-id": event_id,
        "webhook-timestamp": str(moment),
        **Signer(SECRET, next_).headers(event_id, moment, body),
    }
