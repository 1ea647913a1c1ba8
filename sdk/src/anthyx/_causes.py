"""Looks through what an HTTP library raised, down to what the operating system or TLS said."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

from ._redact import redact
from ._retry import Loss
from ._wire import Failure
from .errors import APIConnectionError, APIResponseError, APITimeoutError

# A peer that hangs up without a TLS goodbye: a lost connection, though its class says TLS.
HUNG_UP = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


class Cause:
    """An error with all that it wraps, and the failures that it can be made into.

    Args:
        error: as the HTTP library raised it.
        host: named in the message.
    """

    def __init__(self, error: BaseException, host: str) -> None:
        self.error = error
        self.host = host
        self._chain = tuple(_chain(error))

    def has(self, *classes: type[BaseException]) -> bool:
        """Whether one of these stands anywhere in it."""
        return any(isinstance(each, classes) for each in self._chain)

    def undecodable(self) -> Failure:
        """The answer came, but its compression is broken."""
        message = f"The answer of {self.host} can't be decompressed: {self._reason}"
        return Failure(Loss.REFUSED, APIResponseError(message), self.error)

    def insecure(self) -> Failure:
        """TLS refused the connection."""
        message = f"No secure connection to {self.host}: {self._reason}"
        return Failure(Loss.REFUSED, APIConnectionError(message), self.error)

    def late(self, loss: Loss) -> Failure:
        """Nothing came in time."""
        message = f"{self.host} did not answer in time: {self._reason}"
        return Failure(loss, APITimeoutError(message), self.error)

    def lost(self, loss: Loss) -> Failure:
        """There was no connection, or it broke."""
        what = {
            Loss.NOT_REACHED: f"Could not connect to {self.host}",
            Loss.ANSWER_LOST: f"The connection to {self.host} was lost before the answer was "
            "complete",
            Loss.REFUSED: f"The request to {self.host} could not be made",
        }[loss]
        return Failure(loss, APIConnectionError(f"{what}: {self._reason}"), self.error)

    @property
    def _reason(self) -> str:
        last = self._chain[-1]
        return redact(str(last) or type(last).__name__)[:200]


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, outermost first; libraries wrap in four ways."""
    seen: set[int] = set()
    current: object = error
    while isinstance(current, BaseException) and id(current) not in seen:
        seen.add(id(current))
        yield current
        wrapped = (
            getattr(current, "reason", None),
            *current.args,
            current.__cause__,
            current.__context__,
        )
        current = next((each for each in wrapped if isinstance(each, BaseException)), None)
