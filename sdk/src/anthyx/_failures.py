"""Tells from what `requests` raised whether a request can have had an effect."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import requests
import urllib3.exceptions

from ._redact import redact
from ._retry import Loss
from ._wire import Failure
from .errors import APIConnectionError, APIResponseError, APITimeoutError

_NOT_REACHED = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ProxyError,
    urllib3.exceptions.NewConnectionError,
)
_LATE = (
    requests.exceptions.ConnectTimeout,
    requests.exceptions.ReadTimeout,
    urllib3.exceptions.ReadTimeoutError,
)
_LOST = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)
# A peer that hangs up without a TLS goodbye: a lost connection, though its class says TLS.
_HUNG_UP = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


def failure(error: Exception, host: str) -> Failure:
    """What became of a request for which `requests` raised this error.

    Args:
        error: as `Session.send` raised it.
        host: named in the message.
    """
    chain = list(_chain(error))
    reason = redact(str(chain[-1]) or type(chain[-1]).__name__)[:200]
    if isinstance(error, requests.exceptions.ContentDecodingError):
        message = f"The answer of {host} can't be decompressed: {reason}"
        return Failure(Loss.REFUSED, APIResponseError(message), error)
    if isinstance(error, requests.exceptions.SSLError) and not _any(chain, _HUNG_UP):
        message = f"No secure connection to {host}: {reason}"
        return Failure(Loss.REFUSED, APIConnectionError(message), error)
    loss = _loss(error, chain)
    if _any(chain, _LATE):
        return Failure(loss, APITimeoutError(f"{host} did not answer in time: {reason}"), error)
    what = {
        Loss.NOT_REACHED: f"Could not connect to {host}",
        Loss.ANSWER_LOST: f"The connection to {host} was lost before the answer was complete",
        Loss.REFUSED: f"The request to {host} could not be made",
    }[loss]
    return Failure(loss, APIConnectionError(f"{what}: {reason}"), error)


def _loss(error: Exception, chain: list[BaseException]) -> Loss:
    if _any(chain, _NOT_REACHED):
        return Loss.NOT_REACHED
    lost = isinstance(error, _LOST) or _any(chain, (*_LATE, *_HUNG_UP))
    return Loss.ANSWER_LOST if lost else Loss.REFUSED


def _any(chain: list[BaseException], classes: tuple[type[BaseException], ...]) -> bool:
    return any(isinstance(each, classes) for each in chain)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, outermost first; `requests` wraps in three ways."""
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
