"""Tells from what `requests` raised whether a request can have had an effect."""

from __future__ import annotations

import requests
import urllib3.exceptions

from ._causes import HUNG_UP, Cause
from ._retry import Loss
from ._wire import Failure

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


def failure(error: Exception, host: str) -> Failure:
    """What became of a request for which `requests` raised this error.

    Args:
        error: as `Session.send` raised it.
        host: named in the message.
    """
    cause = Cause(error, host)
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return cause.undecodable()
    if isinstance(error, requests.exceptions.SSLError) and not cause.has(*HUNG_UP):
        return cause.insecure()
    loss = _loss(error, cause)
    return cause.late(loss) if cause.has(*_LATE) else cause.lost(loss)


def _loss(error: Exception, cause: Cause) -> Loss:
    if cause.has(*_NOT_REACHED):
        return Loss.NOT_REACHED
    lost = isinstance(error, _LOST) or cause.has(*_LATE, *HUNG_UP)
    return Loss.ANSWER_LOST if lost else Loss.REFUSED
