"""What a framework's ready piece asks and answers, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ._verifying import verify

if TYPE_CHECKING:
    from typing import TypeAlias

    from anthyx._base_errors import WebhookVerificationError
    from anthyx._event_types import AnyEvent

    from ._headers import HeaderMap
    from ._verifying import Secrets

    Secret: TypeAlias = Secrets | Callable[[], Secrets]
    """One, several, or a function that is asked at each request."""

REFUSED = 400
PROBLEM_JSON = "application/problem+json"


class Check:
    """Verifies requests with settings that stay."""

    def __init__(self, secret: Secret, tolerance: float) -> None:
        self._secret = secret
        self._tolerance = tolerance

    def __call__(self, body: bytes, headers: HeaderMap) -> AnyEvent:
        """The event in a request; raises WebhookVerificationError."""
        secret = self._secret
        known = secret if isinstance(secret, (str, Sequence)) else secret()
        return verify(body, headers, known, self._tolerance)


def problem(error: WebhookVerificationError) -> dict[str, str | int]:
    """The body of a refusal (RFC 9457), which Anthyx shows to the endpoint's owner."""
    return {"title": "The webhook was refused", "status": REFUSED, "detail": str(error)}
