"""The HTTP client: many requests at once from one thread, to judged addresses alone."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Any

import pycurl

from anthyx_server import clock
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.sending import destination, failures, trust
from anthyx_server.webhooks.sending.destination import ForbiddenDestination, Policy
from anthyx_server.webhooks.sending.exchange import Exchange
from anthyx_server.webhooks.sending.outcome import Outcome, Outgoing
from anthyx_server.webhooks.sending.sockets import Sockets

_MAX_IDLE_CONNECTIONS = 512
_MAX_URLS = 4096
_MAX_IDLE_SECONDS = 30
_MAX_LIFETIME_SECONDS = 600
_DNS_CACHE_SECONDS = 30
_QUICK_EXIT = 322  # CURLOPT_QUICK_EXIT, which pycurl has no name for


class Sender:
    """Sends requests and says what came of them. All but `wake` belongs to one thread.

    `denied_hosts` are those of the policy (`destination.policy_of`), the server's own included.
    `ca_file` replaces the system's certificate authorities.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        denied_hosts: Collection[str],
        *,
        ca_file: str | None = None,
    ) -> None:
        self._policy = Policy(settings.are_private_allowed, tuple(denied_hosts))
        # Parsing costs as much as a tenth of a request, and URLs are few.
        self._rebuilt = functools.lru_cache(maxsize=_MAX_URLS)(self._rebuild)
        self._options = _options(settings, ca_file or trust.ca_file())
        self._sockets = Sockets()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, _MAX_IDLE_CONNECTIONS)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._sockets.on_wish)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._due: float | None = None
        self._running: dict[Any, Exchange] = {}
        self._idle: list[Exchange] = []
        self._all: list[Exchange] = []
        self._ready: list[Outcome] = []

    @property
    def in_flight(self) -> int:
        """Requests that were started and whose outcomes `step` has not returned yet."""
        return len(self._running) + len(self._ready)

    def start(self, outgoing: Outgoing) -> None:
        """Begin to send a request; its outcome comes out of `step`, whatever happens."""
        exchange = self._idle.pop() if self._idle else self._new_exchange()
        exchange.begin(outgoing.tag)
        try:
            exchange.prepare(self._rebuilt(outgoing.url), outgoing)
        except ForbiddenDestination:
            self._refuse(exchange, failures.ADDRESS_NOT_ALLOWED)
        except ValueError:
            self._refuse(exchange, failures.INVALID_REQUEST)
        else:
            self._running[exchange.handle] = exchange
            self._multi.add_handle(exchange.handle)

    def step(self, timeout_seconds: float) -> list[Outcome]:
        """Send and receive until there are outcomes, `wake` is called, or the time is over."""
        until = clock.monotonic() + timeout_seconds
        is_woken = False
        while not is_woken:
            now = clock.monotonic()
            wait = 0 if self._ready else max(0, min(until, self._due or until) - now)
            is_woken = self._turn(wait)
            self._harvest()
            if self._ready or clock.monotonic() >= until:
                break
        outcomes, self._ready = self._ready, []
        return outcomes

    def wake(self) -> None:
        """End a `step` that is waiting, or the next one. From any thread, also after `close`."""
        self._sockets.wake()

    def close(self) -> None:
        """Give up what is under way, without outcomes, and close all connections."""
        self._multi.close()
        for exchange in self._all:
            exchange.handle.close()
        self._running.clear()
        self._sockets.close()

    def _new_exchange(self) -> Exchange:
        exchange = Exchange(self._is_allowed, self._sockets, self._options)
        self._all.append(exchange)
        return exchange

    def _rebuild(self, url: str) -> str:
        return str(destination.parse(url, self._policy))

    def _is_allowed(self, address: str, port: int) -> bool:
        return destination.is_allowed(address, self._policy, port)

    def _refuse(self, exchange: Exchange, failure: failures.Failure) -> None:
        self._ready.append(exchange.refused(failure))
        self._idle.append(exchange)

    def _turn(self, wait: float) -> bool:
        """Do what sockets and timers are ready for; says whether `wake` was called."""
        ready, is_woken = self._sockets.wait(wait)
        for fd, action in ready:
            self._multi.socket_action(fd, action)
        if self._due is not None and self._due <= clock.monotonic():
            self._due = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        return is_woken

    def _harvest(self) -> None:
        queued = 1
        while queued:
            queued, succeeded, failed = self._multi.info_read()
            for handle in succeeded:
                self._finish(handle, 0)
            for handle, error, _ in failed:
                self._finish(handle, error)

    def _finish(self, handle: Any, error: int) -> None:
        exchange = self._running.pop(handle)
        self._ready.append(exchange.finished(error))
        self._multi.remove_handle(handle)
        self._idle.append(exchange)

    def _on_timer(self, milliseconds: int) -> None:
        """Keep when libcurl wants to be called at the latest; -1 is never."""
        self._due = None if milliseconds < 0 else clock.monotonic() + milliseconds / 1000


def _options(settings: WebhookSettings, ca_file: str) -> dict[int, Any]:
    """What is the same for every request."""
    return {
        pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
        pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
        pycurl.HTTP09_ALLOWED: 0,
        pycurl.FOLLOWLOCATION: 0,
        pycurl.PATH_AS_IS: 1,
        # libcurl would honor http_proxy by itself, and its callback see the proxy's address only.
        pycurl.PROXY: "",
        pycurl.NOPROXY: "*",
        pycurl.NETRC: pycurl.NETRC_IGNORED,
        pycurl.NOSIGNAL: 1,
        pycurl.TCP_NODELAY: 1,
        pycurl.TIMEOUT_MS: int(settings.timeout_seconds * 1000),
        pycurl.CONNECTTIMEOUT_MS: int(settings.connect_timeout_seconds * 1000),
        pycurl.DNS_CACHE_TIMEOUT: _DNS_CACHE_SECONDS,
        pycurl.MAXAGE_CONN: _MAX_IDLE_SECONDS,
        pycurl.MAXLIFETIME_CONN: _MAX_LIFETIME_SECONDS,
        # A look-up that hangs must not hold up the thread when its request is over.
        _QUICK_EXIT: 1,
        pycurl.SSL_VERIFYPEER: 1,
        pycurl.SSL_VERIFYHOST: 2,
        pycurl.SSLVERSION: pycurl.SSLVERSION_TLSv1_2,
        pycurl.CAINFO: ca_file,
    }
