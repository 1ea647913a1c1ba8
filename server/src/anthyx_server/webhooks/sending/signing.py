"""The signature headers of a delivery: the documented one, and those of Standard Webhooks.

`X-Anthyx-Signature` is `sha256=<hex>` over the body, keyed with the secret as it is written.
`webhook-signature` is `v1,<base64>` over `id.timestamp.body`, keyed with the bytes that the secret
encodes (https://www.standardwebhooks.com). The first covers no time, so it alone stops no replay.
"""

from __future__ import annotations

import base64
import hmac

_PREFIX = "whsec_"


def body_signature(keyed: hmac.HMAC, body: bytes) -> str:
    """The value of `X-Anthyx-Signature`; `keyed` has seen its key and nothing else."""
    mac = keyed.copy()
    mac.update(body)
    return "sha256=" + mac.hexdigest()


def standard_signature(keyed: hmac.HMAC, event_id: str, timestamp: int, body: bytes) -> str:
    """One signature of `webhook-signature`; the timestamp is that of the attempt, in seconds."""
    mac = keyed.copy()
    mac.update(f"{event_id}.{timestamp}.".encode())
    mac.update(body)
    return "v1," + base64.b64encode(mac.digest()).decode()


class Signer:
    """Signs with an endpoint's secret and, while it is being rotated, with the next one too.

    It can be kept and used by many threads: its keys are prepared once and only copied.
    """

    def __init__(self, current: str, next_: str | None) -> None:
        """Take the secrets as they are shown to customers, `whsec_<base64>`.

        Raises:
            ValueError: one has another shape; the message doesn't show it.
        """
        secrets = [current] if next_ is None else [current, next_]
        self._written = [hmac.new(secret.encode(), digestmod="sha256") for secret in secrets]
        self._encoded = [hmac.new(_decoded(secret), digestmod="sha256") for secret in secrets]

    def headers(self, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
        """What an attempt that starts at `timestamp` (Unix seconds) is signed with.

        `X-Anthyx-Signature` has one value, always: verifiers of its kind fail on a list.
        """
        signatures = [body_signature(each, body) for each in self._written]
        standard = [standard_signature(each, event_id, timestamp, body) for each in self._encoded]
        named = zip(("X-Anthyx-Signature", "X-Anthyx-Signature-Next"), signatures, strict=False)
        return {**dict(named), "webhook-signature": " ".join(standard)}


def _decoded(secret: str) -> bytes:
    if not secret.startswith(_PREFIX):
        raise ValueError("a webhook secret doesn't begin with whsec_")
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        # Without its cause, which would quote the secret.
        raise ValueError("a webhook secret is not base64") from None
    if not key:
        raise ValueError("a webhook secret is empty")
    return key
