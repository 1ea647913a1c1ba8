"""The thread that keeps the books: it records results, claims what is due, and sweeps."""

from __future__ import annotations

import logging
import threading
from collections import deque

import sqlalchemy as sa

from anthyx_server import clock
from anthyx_server.webhooks.engine.claims import Claims
from anthyx_server.webhooks.engine.dispatcher import Dispatcher
from anthyx_server.webhooks.engine.requests import MOST_BODIES, Requests
from anthyx_server.webhooks.engine.results import Recorded, Results
from anthyx_server.webhooks.engine.sweeper import Sweeper
from anthyx_server.webhooks.engine.telling import Telling
from anthyx_server.webhooks.engine.turning_off import TurningOff
from anthyx_server.webhooks.engine.work import Claimed, Finished, Found

log = logging.getLogger(__name__)

# Deliveries of one process between claim and record, and the bytes of their bodies.
MOST_OPEN = 500
MOST_BYTES = 64 * 1024 * 1024

_POLL_SECONDS = 0.02
_BUSY_SECONDS = 2.0
_IDLE_SECONDS = 1.0
# A few results wait so long for more, so that a transaction is worth it.
_GATHER_SECONDS = 0.004
_FEW_RESULTS = 32
# Looking takes at most a tenth of the time: one that took long is not repeated soon.
_LOOK_AGAIN_AFTER = 9
_OFFERED = 64
_LEAST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0


class Bookkeeper:
    """All that a pump does to the database, but for what `run` leaves to `close`.

    What it could not write stays in memory, bounded by `MOST_OPEN`, and is written as soon as the
    database is back; nothing is claimed meanwhile.
    """

    def __init__(
        self,
        engine: sa.Engine,
        parts: tuple[Claims, Results, Requests, Sweeper],
        turning_off: TurningOff,
        telling: Telling,
    ) -> None:
        self._engine = engine
        self._claims, self._results, self._requests, self._sweeper = parts
        self._turning_off = turning_off
        self._telling = telling
        self._bell = threading.Event()
        self._is_stopping = threading.Event()
        self._is_alarmed = threading.Event()
        self._unwritten: list[Finished] = []
        self._unsent: list[Claimed] = []
        self._unloaded: deque[Claimed] = deque()
        self._line: deque[Found] = deque()
        self._full: dict[str, Found] = {}
        self._open = self._bytes = 0
        self._look_at: float = 0.0
        self._busy_until = self._sweep_at = self._recorded_at = self._rested_at = 0.0
        self._claimed_at = 0.0
        self._trouble = 0

    def ring(self) -> None:
        """There are results. From any thread."""
        self._bell.set()

    def alarm(self) -> None:
        """Something is due. From any thread."""
        self._is_alarmed.set()
        self._bell.set()

    def stop(self) -> None:
        """Let `run` return. From any thread."""
        self._is_stopping.set()
        self._bell.set()

    def run(self, dispatcher: Dispatcher) -> None:
        """Keep the books until `stop`."""
        while not self._is_stopping.is_set():
            self._bell.clear()
            pause = self._guarded_turn(dispatcher)
            if pause > 0:
                self._bell.wait(pause)

    def close(self, dispatcher: Dispatcher, seconds: float) -> None:
        """Write what is left once the dispatcher has ended, trying for so many seconds."""
        until = clock.monotonic() + seconds
        self._unsent += self._unloaded
        self._unloaded.clear()
        while clock.monotonic() < until:
            try:
                self._record(dispatcher, is_last=True)
                self._give_back(dispatcher)
            except Exception as error:  # noqa: BLE001  (whatever a driver raises)
                self._bell.clear()
                self._bell.wait(self._stumble(error))
            else:
                return

    def _guarded_turn(self, dispatcher: Dispatcher) -> float:
        try:
            self._turn(dispatcher)
        except Exception as error:  # noqa: BLE001  (whatever a driver raises)
            return self._stumble(error)
        self._trouble = 0
        return self._pause(dispatcher)

    def _turn(self, dispatcher: Dispatcher) -> None:
        # Results first: what the database missed while it was away is written before it is swept.
        self._record(dispatcher)
        self._give_back(dispatcher)
        if clock.monotonic() >= self._sweep_at:
            self._sweep_at = clock.monotonic() + _IDLE_SECONDS
            self._sweeper.sweep()
        self._load(dispatcher)
        self._look()
        self._claim()
        self._load(dispatcher)

    def _stumble(self, error: Exception) -> float:
        """Note what went wrong; how long to leave the database alone, in seconds."""
        self._trouble += 1
        if self._trouble == 1:
            is_expected = isinstance(error, sa.exc.DBAPIError | OSError)
            state = getattr(getattr(error, "orig", None), "sqlstate", None)
            name = type(error).__name__
            log.warning("webhooks: %s %s", name, state, exc_info=None if is_expected else error)
        self._engine.dispose()
        self._line.clear()
        self._full.clear()
        return float(min(_LEAST_PAUSE_SECONDS * self._trouble, _LONGEST_PAUSE_SECONDS))

    def _record(self, dispatcher: Dispatcher, *, is_last: bool = False) -> None:
        done = dispatcher.done
        while done and len(self._unwritten) < MOST_OPEN:
            finished = done.popleft()
            self._bytes -= finished.body_bytes
            self._unwritten.append(finished)
        if self._unwritten and (is_last or not self._gathers()):
            recorded = self._write(self._unwritten)
            self._recorded_at = clock.monotonic()
            self._open -= len(self._unwritten)
            self._make_room(self._unwritten)
            self._telling.recorded(self._unwritten, recorded)
            self._unwritten = []
            self._turning_off.take(recorded)
        self._turning_off.turn_off()

    def _give_back(self, dispatcher: Dispatcher) -> None:
        """Undo claims of what was not sent: the process ends, or its lease would end first."""
        while dispatcher.unsent:
            request = dispatcher.unsent.popleft()
            self._bytes -= len(request.body)
            self._unsent.append(request.claimed)
        if self._unsent:
            self._results.give_back(self._unsent)
            self._open -= len(self._unsent)
            self._unsent = []

    def _write(self, batch: list[Finished]) -> Recorded:
        try:
            return self._results.record(batch)
        except (sa.exc.DataError, sa.exc.IntegrityError, ValueError):
            return self._results.record_one_by_one(batch)

    def _gathers(self) -> bool:
        """Whether a few results wait for more."""
        if len(self._unwritten) >= _FEW_RESULTS or len(self._unwritten) >= self._open:
            return False
        return clock.monotonic() < self._recorded_at + _GATHER_SECONDS

    def _make_room(self, recorded: list[Finished]) -> None:
        """Endpoints that could have no more under way are served again."""
        if self._full:
            for finished in recorded:
                found = self._full.pop(finished.claimed.endpoint_id, None)
                if found is not None:
                    self._line.append(found)

    def _look(self) -> None:
        """See what is due: soon again while there is something, else each second."""
        now = clock.monotonic()
        if self._is_alarmed.is_set():
            self._is_alarmed.clear()
            self._busy_until = now + _BUSY_SECONDS
            self._look_at = min(self._look_at, max(now, self._rested_at))
        if now < self._look_at:
            return
        found = self._claims.find()
        took = clock.monotonic() - now
        if found:
            self._busy_until = now + _BUSY_SECONDS
        usual = _POLL_SECONDS if now < self._busy_until else _IDLE_SECONDS
        self._rested_at = now + took * _LOOK_AGAIN_AFTER
        self._look_at = max(now + usual, self._rested_at)
        self._telling.backlog(self._open, len(found))
        self._line = deque(found)
        self._full.clear()

    def _claim(self) -> None:
        room = MOST_OPEN - self._open
        if room <= 0 or self._unloaded or not self._line or self._bytes >= MOST_BYTES:
            return
        offered = [self._line.popleft() for _ in range(min(_OFFERED, len(self._line)))]
        served = self._claims.claim(offered, room)
        self._open += len(served.claimed)
        self._claimed_at = clock.monotonic()
        self._unloaded.extend(served.claimed)
        self._full.update((each.endpoint_id, each) for each in served.full)
        if served.claimed:
            self._line.extend(served.more)

    def _load(self, dispatcher: Dispatcher) -> None:
        """Read what claimed deliveries send, as far as memory allows, and hand them over."""
        while self._unloaded and self._bytes < MOST_BYTES:
            size = min(len(self._unloaded), MOST_BODIES)
            batch = [self._unloaded[place] for place in range(size)]
            requests, refused = self._requests.make(batch)
            for _ in batch:
                self._unloaded.popleft()
            for request in requests:
                self._bytes += len(request.body)
                dispatcher.send(request, self._claimed_at)
            self._unwritten.extend(refused)
            dispatcher.wake()

    def _pause(self, dispatcher: Dispatcher) -> float:
        """How long there is nothing to do unless somebody rings, in seconds."""
        now = clock.monotonic()
        if self._line and self._open < MOST_OPEN and self._bytes < MOST_BYTES:
            return 0
        until = min(self._look_at, self._sweep_at)
        if self._unwritten or dispatcher.done:
            until = min(until, self._recorded_at + _GATHER_SECONDS)
        return max(until - now, 0.0)
