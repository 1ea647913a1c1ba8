"""What the server signs, the SDK verifies; and the SDK signs as the server does."""

from __future__ import annotations

import pytest

from anthyx.webhooks import WebhookVerificationError, sign, verify
from anthyx_server.webhooks.sending.signing import Signer
from tests.webhooks.signing import NEXT, OTHER, SECRET, delivery, event_body

BODIES = {"plain": event_body(), "unicode": event_body(name="Zürich 🥖 \u2028 \0 𝕏")}
each_body = pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)


@each_body
@pytest.mark.parametrize("next_", [None, NEXT], ids=["settled", "rotating"])
def test_a_delivery_is_verified(body: bytes, next_: str | None) -> None:
    headers = delivery(body, next_=next_)
    for secret in [SECRET] if next_ is None else [SECRET, NEXT, [OTHER, NEXT]]:
        assert verify(body, headers, secret).id == "evt_1"
    assert verify(body, headers["X-Anthyx-Signature"], SECRET).id == "evt_1"
    with pytest.raises(WebhookVerificationError):
        verify(body, headers, OTHER)


@each_body
@pytest.mark.parametrize("next_", [None, NEXT], ids=["settled", "rotating"])
def test_the_sdk_signs_as_the_server_does(body: bytes, next_: str | None) -> None:
    secrets = [SECRET] if next_ is None else [SECRET, next_]
    ours = Signer(SECRET, next_).headers("evt_1", 1_800_000_000, body)
    named = {"webhook-id": "evt_1", "webhook-timestamp": "1800000000"}
    assert sign(body, secrets, timestamp=1_800_000_000) == {**named, **ours}
