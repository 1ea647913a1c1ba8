"""The thread that sends: it starts requests at their time, and hands over what came of them."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable

from anthyx_server import clock
from anthyx_server.webhooks.engine.requests import Request, finished, interrupted
from anthyx_server.webhooks.engine.work import Claimed, Finished
from anthyx_server.webhooks.sending.sender import Sender

log = logging.getLogger(__name__)

_LONGEST_STEP_SECONDS = 1.0
_MOST_PACED = 10_000


class Dispatcher:
    """Sends requests in a thread of its own.

    `make_sender` makes the HTTP client, anew where one breaks; `ring` is called when something is
    in `done` or `unsent`, which another thread empties. What was claimed more than
    `patience_seconds` ago is not sent any more: its lease could end before the attempt does.
    """

    def __init__(
        self,
        make_sender: Callable[[], Sender],
        ring: Callable[[], None],
        patience_seconds: float,
    ) -> None:
        self._patience = patience_seconds
        self._make_sender = make_sender
        self._ring = ring
        self._inbox: deque[tuple[float, float, int, Request]] = deque()
        self._waiting: list[tuple[float, float, int, Request]] = []
        self._running: dict[tuple[str, str], Request] = {}
        self._next_at: dict[str, float] = {}
        self._order = itertools.count()
        self._sender = make_sender()
        self._is_stopping = threading.Event()
        self._is_giving_up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks-send", daemon=True)
        self.done: deque[Finished] = deque()
        self.unsent: deque[Request] = deque()

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def send(self, request: Request, claimed_at: float) -> None:
        """Take a request, claimed at this time of the monotonic clock. From any thread."""
        starts_at = claimed_at + request.claimed.starts_in
        self._inbox.append((starts_at, claimed_at, next(self._order), request))

    def wake(self) -> None:
        """Look at what was taken. From any thread."""
        self._sender.wake()

    def stop(self, seconds: float) -> None:
        """Start nothing more; what is under way may end within so many seconds."""
        self._is_stopping.set()
        self.wake()
        self._thread.join(seconds)
        self._is_giving_up.set()
        self.wake()
        self._thread.join()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._is_over():
            try:
                self._turn()
            except Exception:  # whatever broke the client must not end all sending
                log.exception("webhooks: the sender broke, and is made anew")
                self._give_up()
                self._renew()
        self._give_up()

    def _renew(self) -> None:
        """Make a new client, however often it takes."""
        while not self._is_giving_up.is_set():
            try:
                self._sender = self._make_sender()
            except Exception:
                log.exception("webhooks: there is no sender")
                self._is_giving_up.wait(_LONGEST_STEP_SECONDS)
            else:
                return

    def _is_over(self) -> bool:
        if self._is_giving_up.is_set():
            return True
        return self._is_stopping.is_set() and not self._running and not self._sender.in_flight

    def _turn(self) -> None:
        while self._inbox:
            heapq.heappush(self._waiting, self._inbox.popleft())
        if self._is_stopping.is_set():
            self._return_waiting()
        wait = self._start_due()
        outcomes = self._sender.step(wait)
        for outcome in outcomes:
            self._running.pop(outcome.tag.key, None)
            self.done.append(finished(outcome))
        if outcomes:
            self._ring()

    def _start_due(self) -> float:
        """Start what is due; how long there is nothing more to start, in seconds."""
        now = clock.monotonic()
        while self._waiting and self._waiting[0][0] <= now:
            _, claimed_at, _, request = heapq.heappop(self._waiting)
            if now > claimed_at + self._patience:
                self.unsent.append(request)
                self._ring()
                continue
            if request.claimed.interval and not self._is_its_turn(request.claimed, now):
                place = (self._next_at[request.claimed.endpoint_id], claimed_at, next(self._order))
                heapq.heappush(self._waiting, (*place, request))
                continue
            self._running[request.key] = request
            self._sender.start(request.outgoing())
        if not self._waiting:
            return _LONGEST_STEP_SECONDS
        return min(self._waiting[0][0] - now, _LONGEST_STEP_SECONDS)

    def _is_its_turn(self, claimed: Claimed, now: float) -> bool:
        """Keep an endpoint's pace also where this process was late: it does not catch up."""
        if now < self._next_at.get(claimed.endpoint_id, 0.0):
            return False
        if len(self._next_at) > _MOST_PACED:
            self._next_at.clear()
        self._next_at[claimed.endpoint_id] = now + claimed.interval
        return True

    def _return_waiting(self) -> None:
        self.unsent.extend(request for *_, request in self._waiting)
        self._waiting.clear()
        self._ring()

    def _give_up(self) -> None:
        """Say of what is under way that nobody knows what came of it."""
        for request in self._running.values():
            url, started_at = request.target.url, request.started_at or clock.now()
            size = len(request.body)
            self.done.append(interrupted(request.claimed, url, started_at, size))
        self._running.clear()
        while self._inbox:
            self._waiting.append(self._inbox.popleft())
        if self._is_stopping.is_set():
            self._return_waiting()
        self._sender.close()
        self._ring()
