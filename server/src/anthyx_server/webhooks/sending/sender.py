"""The HTTP client: many requests at once from one thread, to judged addresses alone."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Any

import pycurl

from anthyx_server import clock
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.sending import destination, failures, resolving, trust
from anthyx_server.webhooks.sending.destination import ForbiddenDestination, Policy
from anthyx_server.webhooks.sending.exchange import Exchange
from anthyx_server.webhooks.sending.failures import Failure
from anthyx_server.webhooks.sending.lobby import Lobby, Target
from anthyx_server.webhooks.sending.options import options_of
from anthyx_server.webhooks.sending.outcome import Outcome, Outgoing
from anthyx_server.webhooks.sending.resolving import Known, LookUp, Names
from anthyx_server.webhooks.sending.sockets import Sockets

_MAX_IDLE_CONNECTIONS = 512
_MAX_URLS = 4096
_LITERAL = Known([], 0, 0)


class Sender:
    """Sends requests and says what came of them. All but `wake` belongs to one thread.

    `denied_hosts` are those of the policy (`destination.policy_of`), the server's own included.
    `ca_file` replaces the system's certificate authorities, and `look_up` its resolver.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        denied_hosts: Collection[str],
        *,
        ca_file: str | None = None,
        look_up: LookUp = resolving.look_up,
    ) -> None:
        self._policy = Policy(settings.are_private_allowed, tuple(denied_hosts))
        # Parsing costs as much as a tenth of a request, and URLs are few.
        self._target = functools.lru_cache(maxsize=_MAX_URLS)(self._judged)
        self._options = options_of(settings, ca_file or trust.ca_file())
        self._sockets = Sockets()
        self._names = Names(look_up, self._sockets.nudge)
        self._lobby = Lobby(self._names, settings.connect_timeout_seconds)
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, _MAX_IDLE_CONNECTIONS)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._sockets.on_wish)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._on_timer)
        self._due: float | None = None
        self._is_woken = False
        self._running: dict[Any, Exchange] = {}
        self._idle: list[Exchange] = []
        self._all: list[Exchange] = []
        self._ready: list[Outcome] = []

    @property
    def in_flight(self) -> int:
        """Requests that were started and whose outcomes `step` has not returned yet."""
        return len(self._all) - len(self._idle) + len(self._ready)

    def start(self, outgoing: Outgoing) -> None:
        """Begin to send a request; its outcome comes out of `step`, whatever happens."""
        exchange = self._idle.pop() if self._idle else self._new_exchange()
        exchange.begin(outgoing.tag)
        try:
            target = self._target(outgoing.url)
            exchange.prepare(target.url, outgoing)
        except ForbiddenDestination:
            self._refuse(exchange, failures.ADDRESS_NOT_ALLOWED)
        except ValueError:
            self._refuse(exchange, failures.INVALID_REQUEST)
        else:
            known = self._lobby.enter(exchange, target, target.host) if target.host else _LITERAL
            if known is not None:
                self._send(exchange, target, known)

    def step(self, timeout_seconds: float) -> list[Outcome]:
        """Send and receive until there are outcomes, `wake` is called, or the time is over."""
        until = clock.monotonic() + timeout_seconds
        while True:
            self._turn(until)
            self._harvest()
            if self._ready or self._is_woken or clock.monotonic() >= until:
                break
        self._is_woken = False
        outcomes, self._ready = self._ready, []
        return outcomes

    def wake(self) -> None:
        """End a `step` that is waiting, or the next one. From any thread, also after `close`."""
        self._is_woken = True
        self._sockets.nudge()

    def close(self) -> None:
        """Give up what is under way, without outcomes, and close all connections."""
        self._multi.close()
        for exchange in self._all:
            exchange.handle.close()
        self._sockets.close()

    def _judged(self, url: str) -> Target:
        judged = destination.parse(url, self._policy)
        return Target(str(judged), None if judged.is_literal else judged.host, judged.port)

    def _is_allowed(self, address: str, port: int) -> bool:
        return destination.is_allowed(address, self._policy, port)

    def _new_exchange(self) -> Exchange:
        exchange = Exchange(self._is_allowed, self._sockets, self._options)
        self._all.append(exchange)
        return exchange

    def _send(self, exchange: Exchange, target: Target, known: Known) -> None:
        """Hand it to libcurl, with what that has not been told of the name."""
        if target.host and target.port not in known.told:
            known.told.add(target.port)
            exchange.tell(target.host, target.port, known.addresses)
        self._running[exchange.handle] = exchange
        self._multi.add_handle(exchange.handle)

    def _refuse(self, exchange: Exchange, failure: Failure) -> None:
        self._ready.append(exchange.refused(failure))
        self._idle.append(exchange)

    def _turn(self, until: float) -> None:
        """Wait for sockets, timers, names or `wake`, and do what they are ready for."""
        for fd, action in self._sockets.wait(self._wait(until)):
            self._multi.socket_action(fd, action)
        if self._names.is_busy:
            self._let_go()
        if self._due is not None and self._due <= clock.monotonic():
            self._due = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def _wait(self, until: float) -> float:
        """Seconds until something is due, if nothing happens before."""
        if self._ready or self._is_woken:
            return 0
        if self._due is not None:
            until = min(until, self._due)
        if self._lobby.deadline is not None:
            until = min(until, self._lobby.deadline)
        return max(0, until - clock.monotonic())

    def _let_go(self) -> None:
        for exchange, target, known in self._lobby.leave():
            if known is None:
                self._refuse(exchange, failures.NAME_TOO_SLOW)
            elif not known.addresses:
                self._refuse(exchange, failures.NAME_NOT_FOUND)
            else:
                exchange.is_named()
                self._send(exchange, target, known)

    def _harvest(self) -> None:
        queued = 1
        while queued:
            queued, succeeded, failed = self._multi.info_read()
            for handle in succeeded:
                self._finish(handle, 0)
            for handle, error, _ in failed:
                self._finish(handle, error)

    def _finish(self, handle: Any, error: int) -> None:
        exchange = self._running[handle]
        self._multi.remove_handle(handle)
        if error and exchange.is_to_be_resent(error):
            self._multi.add_handle(handle)
            return
        del self._running[handle]
        self._ready.append(exchange.finished(error))
        self._idle.append(exchange)

    def _on_timer(self, milliseconds: int) -> None:
        """Keep when libcurl wants to be called at the latest; -1 is never."""
        self._due = None if milliseconds < 0 else clock.monotonic() + milliseconds / 1000
