"""Tells from what `httpx` raised whether a request can have had an effect."""

from __future__ import annotations

import ssl

import httpx

from anthyx._causes import HUNG_UP, Cause
from anthyx._retry import Loss
from anthyx._wire import Failure

_LATE = (httpx.TimeoutException, TimeoutError)
_NOT_REACHED = (
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ConnectError,
    httpx.ProxyError,
    TimeoutError,  # of our own: no connection became free
)
_LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)


def failure(error: Exception, host: str) -> Failure:
    """What became of a request for which `httpx` raised this error.

    Args:
        error: as a transport or a client of httpx raised it.
        host: named in the message.
    """
    cause = Cause(error, host)
    if isinstance(error, httpx.DecodingError):
        return cause.undecodable()
    if cause.has(ssl.SSLError) and not cause.has(*HUNG_UP):
        return cause.insecure()
    loss = _loss(error, cause)
    return cause.late(loss) if isinstance(error, _LATE) else cause.lost(loss)


def _loss(error: Exception, cause: Cause) -> Loss:
    if isinstance(error, _NOT_REACHED):
        return Loss.NOT_REACHED
    lost = isinstance(error, _LOST) or cause.has(*HUNG_UP)
    return Loss.ANSWER_LOST if lost else Loss.REFUSED
