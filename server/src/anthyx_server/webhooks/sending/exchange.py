"""One request and its answer: a libcurl handle, used again and again, and its callbacks."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pycurl

from anthyx_server import clock
from anthyx_server.webhooks.sending import answers, failures
from anthyx_server.webhooks.sending.failures import Failure
from anthyx_server.webhooks.sending.outcome import Outcome, Outgoing
from anthyx_server.webhooks.sending.receiving import Answer
from anthyx_server.webhooks.sending.request_lines import header_lines
from anthyx_server.webhooks.sending.sockets import Sockets

_TIMEOUT = pycurl.TIMEOUT_MS
_CONNECT_TIMEOUT = pycurl.CONNECTTIMEOUT_MS

# Judges an address and a port as a socket is about to be opened.
Judge = Callable[[str, int], bool]


class Exchange:
    """A handle with its constant options, and what the request under way has seen so far.

    The callbacks are called by libcurl and never raise.
    """

    __slots__ = (
        "_answer",
        "_begun",
        "_has_own_options",
        "_is_refused",
        "_is_resent",
        "_is_reused",
        "_judge",
        "_named_ms",
        "_opened",
        "_options",
        "_peer",
        "_sends",
        "_sockets",
        "_started_at",
        "handle",
        "tag",
    )

    def __init__(self, judge: Judge, sockets: Sockets, options: dict[int, Any]) -> None:
        self._judge = judge
        self._sockets = sockets
        self._options = options
        self._has_own_options = False
        self._answer = Answer()
        self.handle = pycurl.Curl()
        for option, value in options.items():
            self.handle.setopt(option, value)
        self.handle.setopt(pycurl.OPENSOCKETFUNCTION, self._open)
        self.handle.setopt(pycurl.PREREQFUNCTION, self._on_send)
        self.handle.setopt(pycurl.HEADERFUNCTION, self._answer.on_header)
        self.handle.setopt(pycurl.WRITEFUNCTION, self._answer.on_body)
        self.begin(None)

    def begin(self, tag: Any) -> None:
        """Forget the request before, and take up the one with this tag."""
        self.tag = tag
        self._started_at = clock.now()
        self._begun = clock.monotonic()
        self._named_ms: int | None = None
        if self._has_own_options:
            self._restore()
        self._answer.forget()
        self._is_refused = self._is_resent = self._is_reused = False
        self._opened = self._sends = 0
        self._peer: str | None = None

    def prepare(self, url: str, outgoing: Outgoing) -> None:
        """Make the handle ready to be added; `url` is the request's, rebuilt as it was judged.

        Raises:
            ValueError: URL or headers can't be written into a request.
        """
        handle = self.handle
        try:
            handle.setopt(pycurl.URL, url)
            handle.setopt(pycurl.HTTPHEADER, header_lines(outgoing.headers))
            handle.setopt(pycurl.POSTFIELDS, outgoing.body)
        except (pycurl.error, UnicodeError, TypeError) as error:
            raise ValueError(str(error)) from None

    def is_named(self) -> None:
        """Its name has been looked up: take the time that took from its own."""
        self._named_ms = self._milliseconds()
        self._shorten()

    def is_to_be_resent(self, error: int) -> bool:
        """True once, where a connection used again was lost before any byte of the answer.

        The receiver had closed it just then, and most likely never saw the request. It is ready
        to be added again, for a new connection: others that are idle may be as dead, and libcurl
        would try them.
        """
        if not self._is_lost(error) or self._milliseconds() >= self._options[_TIMEOUT]:
            return False
        self._is_resent = True
        self._shorten()
        self.handle.setopt(pycurl.FRESH_CONNECT, 1)
        return True

    def tell(self, host: str, port: int, addresses: list[str]) -> None:
        """Tell libcurl the addresses of a name: once, and it keeps them for all handles."""
        written = ",".join(f"[{one}]" if ":" in one else one for one in addresses)
        self.handle.setopt(pycurl.RESOLVE, [f"+{host}:{port}:{written}"])

    def refused(self, failure: Failure) -> Outcome:
        """The outcome of a request that is not made at all."""
        return self._failed(failure, self._milliseconds())

    def finished(self, error: int) -> Outcome:
        """The outcome, once libcurl is done with it; `error` is libcurl's code, 0 for none."""
        info = self.handle.getinfo
        status: int = info(pycurl.RESPONSE_CODE)
        if self._answer.is_full and error == pycurl.E_WRITE_ERROR:
            error = 0
        failure = self._failure(error, status)
        if self._named_ms is None and not self._is_resent:
            duration = info(pycurl.TOTAL_TIME_T) // 1000
        else:
            duration = self._milliseconds()
        outcome = self._failed(failure, duration)
        outcome.status_code = status or None
        outcome.response_headers = self._answer.headers()
        outcome.response_body = self._answer.body()
        outcome.is_gone = status == 410 and error == 0
        if failure is not None:
            outcome.retry_after_seconds = answers.retry_after_seconds(outcome.response_headers)
        self._time(outcome)
        return outcome

    def _is_lost(self, error: int) -> bool:
        """True where a used connection was lost with the first sending, before any answer."""
        is_first = self._sends == 1 and not self._is_resent
        return (
            error in failures.LOST and is_first and self._is_reused and not self._answer.has_begun
        )

    def _shorten(self) -> None:
        """Leave libcurl the time that is left."""
        gone = self._milliseconds()
        for option in (_TIMEOUT, _CONNECT_TIMEOUT):
            self.handle.setopt(option, max(1, self._options[option] - gone))
        self._has_own_options = True

    def _restore(self) -> None:
        for option in (_TIMEOUT, _CONNECT_TIMEOUT):
            self.handle.setopt(option, self._options[option])
        self.handle.setopt(pycurl.FRESH_CONNECT, 0)
        self._has_own_options = False

    def _milliseconds(self) -> int:
        return int((clock.monotonic() - self._begun) * 1000)

    def _failure(self, error: int, status: int) -> Failure | None:
        if error == 0:
            # libcurl takes a head that breaks off, or was only an interim one, for an answer.
            if not self._answer.is_head_whole or status < 200:
                return failures.CONNECTION_LOST
            return None if status < 300 else failures.of_status(status)
        if self._is_refused and not self._sends:
            return failures.ADDRESS_NOT_ALLOWED
        if self._answer.is_head_too_large:
            return failures.HEADERS_TOO_LARGE
        info = self.handle.getinfo
        if failures.is_of_tls(error):
            return failures.of_tls(error, info(pycurl.SSL_VERIFYRESULT))
        return failures.of_error(
            error,
            is_connected=info(pycurl.CONNECT_TIME_T) > 0,
            is_ready=self._sends > 0,
        )

    def _failed(self, failure: Failure | None, duration_ms: int) -> Outcome:
        return Outcome(
            tag=self.tag,
            started_at=self._started_at,
            duration_ms=duration_ms,
            dns_ms=None,
            connect_ms=None,
            tls_ms=None,
            first_byte_ms=None,
            peer_address=self._peer,
            status_code=None,
            error_code=failure.code if failure else None,
            error_detail=failure.detail if failure else None,
            response_headers=[],
            response_body=b"",
            retry_after_seconds=None,
            is_success=failure is None,
            holds_endpoint=failure.holds_endpoint if failure else False,
            is_gone=False,
            is_resent=self._is_resent,
        )

    def _time(self, outcome: Outcome) -> None:
        info = self.handle.getinfo
        if self._opened:
            looked_up = info(pycurl.NAMELOOKUP_TIME_T)
            connected = info(pycurl.CONNECT_TIME_T)
            secured = info(pycurl.APPCONNECT_TIME_T)
            outcome.dns_ms = self._named_ms or 0
            if connected:
                outcome.connect_ms = max(0, connected - looked_up) // 1000
            if secured:
                outcome.tls_ms = max(0, secured - connected) // 1000
        if self._answer.has_begun:
            waited = info(pycurl.STARTTRANSFER_TIME_T) - info(pycurl.PRETRANSFER_TIME_T)
            outcome.first_byte_ms = max(0, waited) // 1000

    def _open(self, _purpose: int, address: Any) -> int:
        """A socket to this address, if it may be opened; addresses are judged nowhere else."""
        try:
            if address.protocol != socket.IPPROTO_TCP or not self._judge(*address.addr[:2]):
                self._is_refused = True
                return int(pycurl.SOCKET_BAD)
            self._opened += 1
            return self._sockets.open(address.family, address.socktype, address.protocol)
        except Exception:  # noqa: BLE001  (libcurl could do nothing with it)
            return int(pycurl.SOCKET_BAD)

    def _on_send(self, peer: str, _own: str, _port: int, _own_port: int) -> int:
        """Called as the request is about to be sent, also where libcurl would send it again."""
        if self._sends:
            if not self._is_reused or self._sends > 1 or not self._opened:
                return int(pycurl.PREREQFUNC_ABORT)
            self._is_resent = True
        else:
            self._is_reused = not self._opened
        self._peer = peer
        self._sends += 1
        return int(pycurl.PREREQFUNC_OK)
