"""The fake API: it answers clients in this process as the real one would, without a network."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl

from anthyx import Anthyx, AsyncAnthyx
from anthyx._response import Headers
from anthyx._transport import Transport
from anthyx._wire import Failure, Reply, Request, Timeouts
from anthyx.aio._transport import AsyncTransport

from . import _account, _brands, _contract, _operations, _posts, _webhooks
from ._answers import Answer, Refused
from ._clock import VirtualClock
from ._failures import PlannedFailure
from ._gate import Gate
from ._idempotency import Records
from ._state import Call, Caller, Record, State

BASE_URL = "https://fake.anthyx.invalid/v1"
_OPERATOR = {"type": "system", "id": None, "name": "anthyx.testing"}
# Importing them registers what they play.
_PLAYERS = (_account, _brands, _posts, _webhooks)


class UnmatchedCallError(AssertionError):
    """A call that the fake API doesn't play and that the test has no answer for."""


class FakeAnthyx:
    """A workspace of its own behind a fake API.

    Brands, channels, posts, keys, events and webhooks behave as the API's: validation, limits,
    pages, ETags, idempotency, scopes, errors. What else there is needs `answer`.

    Attributes:
        clock: time, which passes only when a client sleeps or `clock.advance` says so.
        key: a test key with every scope but `keys:*`, `webhooks:secrets` and `audit:read`.
        calls: what reached the API so far, in order.
    """

    base_url: str = BASE_URL

    def __init__(
        self, *, plan: str = "starter", minute: int | None = 60, day: int | None = 5_000
    ) -> None:
        self.clock: VirtualClock = VirtualClock()
        self.calls: list[Call] = []
        gate = Gate(self.clock, {"minute": minute, "day": day})
        self._state: State = State(self.clock, gate, plan, "ws_" + "0" * 26)
        self._records: Records = Records(self.clock)
        self._planned: list[PlannedFailure] = []
        self._given: dict[tuple[str, str], Answer] = {}
        self.key: str = self.add_key()

    def add_key(self, *, scopes: list[str] | None = None, mode: str = "test") -> str:
        """Make a key and return its secret.

        Args:
            scopes: what it may do; the API's default set if left out.
            mode: "test" or "live".
        """
        key = _account.issue_key(self._state, _OPERATOR, mode, {"scopes": scopes})
        secret: str = key["_secret"]
        return secret

    def client(self, key: str | None = None, **options: Any) -> Anthyx:
        """A client of this API, in its time; `options` as `Anthyx` takes them."""
        client = Anthyx(
            key or self.key, base_url=BASE_URL, **{"clock": self.clock.of_client(), **options}
        )
        client._engine.transport.send = self._send  # type: ignore[method-assign]  # noqa: SLF001
        return client

    def async_client(self, key: str | None = None, **options: Any) -> AsyncAnthyx:
        """An async client of this API, in its time; needs `anthyx[async]`."""
        of_client = self.clock.of_async_client()
        client = AsyncAnthyx(key or self.key, base_url=BASE_URL, **{"clock": of_client, **options})
        client._engine.transport.send = self._send_async  # type: ignore[method-assign]  # noqa: SLF001
        return client

    @contextmanager
    def installed(self) -> Iterator[FakeAnthyx]:
        """Answer every client of this process, however it was made.

        Their time is the fake's, and ANTHYX_API_KEY and ANTHYX_BASE_URL are set to it.
        """
        environment = {"ANTHYX_API_KEY": self.key, "ANTHYX_BASE_URL": BASE_URL}
        defaults, async_defaults = (
            Anthyx.__init__.__kwdefaults__,
            AsyncAnthyx.__init__.__kwdefaults__,
        )
        with (
            mock.patch.dict("os.environ", environment),
            mock.patch.dict(defaults, clock=self.clock.of_client()),
            mock.patch.dict(async_defaults, clock=self.clock.of_async_client()),
            mock.patch.object(Transport, "send", lambda _, *given: self._send(*given)),
            mock.patch.object(AsyncTransport, "send", lambda _, *given: self._send_async(*given)),
        ):
            yield self

    def fail_next(
        self,
        status: int | None = None,
        *,
        code: str | None = None,
        retry_after: int | None = None,
        method: str | None = None,
        path: str | None = None,
        times: int = 1,
    ) -> None:
        """Let the next call fail, before anything happens.

        Args:
            status: answered as a problem document; None: the connection is lost.
            code: its error code; the usual one of the status if left out.
            retry_after: seconds, sent as Retry-After.
            method: only calls with this method.
            path: only calls of this path, as "/posts".
            times: how many calls.
        """
        self._planned.append(PlannedFailure(status, code, retry_after, method, path, times))

    def answer(self, method: str, path: str, data: object, *, status: int = HTTPStatus.OK) -> None:
        """Answer an operation with this JSON from now on, in place of what the fake does."""
        self._given[method, path] = Answer(status, data)

    @property
    def events(self) -> list[Record]:
        """Every event so far, in order."""
        return [dict(each) for each in self._state.events]

    def trigger(self, event_type: str, subject: Mapping[str, Any] | None = None) -> Record:
        """Let an event happen: `data.object` is `subject`, a record as the API shows it."""
        call = Call("POST", "/events", {}, None, {})
        caller = Caller(self._state.gate.keys[self.key], call)
        record = {"id": self._state.new_id(event_type.partition(".")[0]), **(subject or {})}
        return self._state.publish(caller, event_type, record)

    def webhooks(self) -> list[_webhooks.Delivery]:
        """What is to be sent to endpoints and wasn't taken yet, signed as the API signs it."""
        return _webhooks.take(self._state)

    def deliver(self, receive: Callable[[bytes, Mapping[str, str]], int]) -> list[int]:
        """Hand each of `webhooks()` to a handler (body, headers); the statuses that it returned."""
        return [receive(each.body, each.headers) for each in self.webhooks()]

    # What clients reach, in place of a network.

    def _send(
        self,
        request: Request,
        key: str,
        timeouts: Timeouts,  # noqa: ARG002 - as a transport
    ) -> Reply | Failure:
        call = _call_of(request)
        self.calls.append(call)
        for planned in self._planned:
            if planned.takes(call.method, call.path):
                outcome = planned.outcome()
                if isinstance(outcome, Failure):
                    return outcome
                return self._reply(outcome.answer(_request_id(self.calls)), {})
        return self._play(call, key)

    async def _send_async(self, request: Request, key: str, timeouts: Timeouts) -> Reply | Failure:
        return self._send(request, key, timeouts)

    def _play(self, call: Call, secret: str) -> Reply:
        limits: dict[str, str] = {}
        try:
            operation, ids, is_known = _contract.find(call.method, call.path)
            key = self._state.gate.identify(secret)
            if operation is None and (call.method, call.path) not in self._given:
                raise self._unmatched(call, is_known=is_known)
            if operation is not None:
                try:
                    self._state.gate.admit(key, operation)
                finally:
                    limits = self._state.gate.headers(key)
            answer = self._answer(Caller(key, call), operation, ids)
        except Refused as refused:
            answer = refused.answer(_request_id(self.calls))
        return self._reply(answer, limits)

    def _answer(
        self, caller: Caller, operation: _contract.Operation | None, ids: Mapping[str, str]
    ) -> Answer:
        given = self._given.get((caller.call.method, caller.call.path))
        if given is not None or operation is None:
            return given or Answer()
        play = _operations.PLAYED.get(operation.id)
        if play is None:
            raise self._unmatched(caller.call, is_known=True)
        _operations.read_query(operation, caller.call.query)
        body = _operations.read_body(operation, caller.call.json)
        kept = self._records.find(caller)
        if kept is not None:
            return kept
        answer = play(self._state, replace(caller, call=replace(caller.call, json=body)), ids)
        self._records.keep(caller, answer)
        return answer

    def _unmatched(self, call: Call, *, is_known: bool) -> UnmatchedCallError:
        what = "does not play" if is_known else "knows no"
        stub = f"fake.answer({call.method!r}, {call.path!r}, {{…}})"
        return UnmatchedCallError(
            f"the fake API {what} {call.method} {call.path}; give it an answer: {stub}"
        )

    def _reply(self, answer: Answer, limits: Mapping[str, str]) -> Reply:
        headers = {
            "Content-Type": "application/json",
            "X-Request-Id": _request_id(self.calls),
            **limits,
            **answer.headers,
        }
        body = answer.encoded()
        return Reply(answer.status, Headers(headers.items()), body, self.clock.time())


def _call_of(request: Request) -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = None if request.body is None else json.loads(request.body)
    return Call(request.method, request.path, dict(parse_qsl(request.query)), body, headers)


def _request_id(calls: list[Call]) -> str:
    return f"req_fake_{len(calls)}"
