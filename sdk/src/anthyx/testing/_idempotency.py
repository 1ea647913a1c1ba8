"""Answers that are kept by Idempotency-Key, as the API keeps those with 2xx for 24 hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

from ._answers import Answer, Refused
from ._clock import VirtualClock
from ._state import Caller

_KEPT_SECONDS = 86_400


@dataclass(frozen=True)
class _Kept:
    request: tuple[str, str, str]
    answer: Answer
    until: float


class Records:
    """What was answered to which Idempotency-Key."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._kept: dict[tuple[str, str], _Kept] = {}

    def find(self, caller: Caller) -> Answer | None:
        """The stored answer; 422 where the key was used for another request."""
        kept = self._kept.get(self._place(caller))
        if kept is None or kept.until <= self._clock.time():
            return None
        if kept.request != _request(caller):
            raise Refused(422, "idempotency_key_reused")
        headers = {**kept.answer.headers, "Idempotency-Replayed": "true"}
        return replace(kept.answer, headers=headers)

    def keep(self, caller: Caller, answer: Answer) -> None:
        """Store an answer that succeeded."""
        is_kept = "idempotency-key" in caller.call.headers and caller.call.method != "GET"
        if is_kept and answer.status < HTTPStatus.MULTIPLE_CHOICES:
            until = self._clock.time() + _KEPT_SECONDS
            self._kept[self._place(caller)] = _Kept(_request(caller), answer, until)

    def _place(self, caller: Caller) -> tuple[str, str]:
        return caller.mode, caller.call.headers.get("idempotency-key", "")


def _request(caller: Caller) -> tuple[str, str, str]:
    return caller.call.method, caller.call.path, repr(caller.call.json)
