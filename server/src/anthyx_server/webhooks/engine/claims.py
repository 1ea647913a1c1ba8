"""Claiming: which deliveries are to be sent now, put under a lease in one short transaction."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

import sqlalchemy as sa

from anthyx_server import clock
from anthyx_server.db import is_sqlite, reading
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.engine.claim_statements import ClaimStatements
from anthyx_server.webhooks.engine.claims_on_postgresql import PostgresqlClaims
from anthyx_server.webhooks.engine.claims_on_sqlite import SqliteClaims
from anthyx_server.webhooks.engine.pacing import Pace
from anthyx_server.webhooks.engine.work import Claimed, Found, Line, Wanted

# Of one endpoint, so many deliveries are claimed before others have their turn.
QUOTA = 16
# Where more endpoints wait than fit, each gets less, but so much: a claim is worth some.
LEAST_SHARE = 4
# One look finds so many endpoints at most; those that waited longest come first.
MOST_FOUND = 256


class Served(NamedTuple):
    """What a claim came to: the deliveries, and the endpoints that may have more due.

    Those in `full` can have no more under way, those in `more` can.
    """

    claimed: list[Claimed]
    more: list[Found]
    full: list[Found]


class Claims:
    """Finds and claims what is due; one thread uses it."""

    def __init__(self, engine: sa.Engine, settings: WebhookSettings) -> None:
        self._engine = engine
        self._reads = reading(engine)
        self._statements: ClaimStatements = (
            SqliteClaims() if is_sqlite(engine) else PostgresqlClaims()
        )
        self._lease_seconds = settings.lease_seconds
        self._host_rate = settings.host_rate or None

    def find(self) -> list[Found]:
        """The endpoints that have something due and may be served; takes no lock."""
        with self._reads.connect() as connection:
            return self._statements.find(connection, clock.now(), MOST_FOUND)

    def claim(self, found: Sequence[Found], most: int) -> Served:
        """Put up to `most` deliveries of these endpoints under a lease.

        Those that another process serves at this moment are left to it.
        """
        now = clock.now()
        lease = (secrets.token_hex(8), now, now + timedelta(seconds=self._lease_seconds))
        with self._engine.begin() as connection:
            return _Claim(self._statements, connection, lease, self._host_rate).take(found, most)


class _Claim:
    """One claim, in its transaction."""

    def __init__(
        self,
        statements: ClaimStatements,
        connection: sa.Connection,
        lease: tuple[str, datetime, datetime],
        host_rate: int | None,
    ) -> None:
        self._statements = statements
        self._connection = connection
        self._lease = lease
        self._now: datetime = lease[1]
        self._moment = self._now.timestamp()
        self._host_rate = host_rate
        self._hosts: dict[str, Pace] = {}
        # These had their turn, or those of one crowded host would be first in the line for ever.
        self._passed_over: set[str] = set()

    def take(self, found: Sequence[Found], most: int) -> Served:
        """Lock the lines of what was found, then pick, number and pace."""
        lines = self._lock(found)
        claimed: list[Claimed] = []
        exhausted: set[Found] = set()
        for asked in (True, False):
            wanted = self._wanted(found, lines, most - len(claimed), asked=asked)
            if wanted:
                picked = self._statements.pick(self._connection, wanted, self._lease, asked=asked)
                claimed += self._paced(picked, lines)
                counts = Counter(one.endpoint_id for one in picked)
                exhausted.update(
                    Found(each.endpoint_id, each.floor)
                    for each in wanted
                    if counts[each.endpoint_id] < each.quota
                )
        served = {one.endpoint_id for one in claimed} | self._passed_over
        if served:
            hosts = {host_of(lines[each].url) for each in served} & self._hosts.keys()
            self._statements.save(
                self._connection,
                [lines[each] for each in sorted(served)],
                {host: self._hosts[host] for host in sorted(hosts)},
                self._now,
            )
        left = [each for each in found if each.endpoint_id in lines and each not in exhausted]
        return Served(
            claimed,
            [each for each in left if _has_room(lines[each.endpoint_id])],
            [each for each in left if not _has_room(lines[each.endpoint_id])],
        )

    def _lock(self, found: Sequence[Found]) -> dict[str, Line]:
        endpoint_ids = list(dict.fromkeys(each.endpoint_id for each in found))
        locked = self._statements.lock_lines(self._connection, endpoint_ids, self._now)
        if self._host_rate is not None and locked:
            hosts = {host_of(line.url) for line in locked}
            slots = self._statements.lock_hosts(self._connection, hosts)
            self._hosts = {
                host: Pace.of(self._host_rate, slots.get(host), self._moment) for host in hosts
            }
        return {line.endpoint_id: line for line in locked}

    def _wanted(
        self, found: Sequence[Found], lines: Mapping[str, Line], most: int, *, asked: bool
    ) -> list[Wanted]:
        """How many of each, in the order of the line, so that all of them together fit."""
        wanted = []
        share = max(most // max(len(lines), 1), LEAST_SHARE)
        promised: Counter[str] = Counter()
        for endpoint_id, floor in found:
            line = lines.get(endpoint_id)
            if line is None or (floor is None) != asked:
                continue
            host = host_of(line.url)
            quota = min(self._quota(line, asked=asked), share, most)
            if host in self._hosts:
                free = (self._hosts[host].free(self._moment) or 0) - promised[host]
                if free <= 0 < quota:
                    self._passed_over.add(endpoint_id)
                quota = min(quota, free)
            if quota > 0:
                wanted.append(Wanted(endpoint_id, floor, quota, line.sequence))
                promised[host] += quota
                most -= quota
        return wanted

    def _quota(self, line: Line, *, asked: bool) -> int:
        room = line.max_in_flight - line.in_flight
        if line.held_until is not None and not asked:
            # Half open: one probe. Held: none.
            room = 1 if line.held_until <= self._now and line.in_flight == 0 else 0
        free = line.pace.free(self._moment)
        return min(QUOTA, room) if free is None else min(QUOTA, room, free)

    def _paced(self, picked: Sequence[Claimed], lines: Mapping[str, Line]) -> list[Claimed]:
        """Count the deliveries in their lines, and give each its slot."""
        paced = []
        for one in sorted(picked, key=lambda one: one.sequence):
            line = lines[one.endpoint_id]
            line.in_flight += 1
            line.sequence = max(line.sequence, one.sequence)
            earliest = self._moment
            host = self._hosts.get(host_of(line.url))
            if host is not None:
                earliest = host.take(max(earliest, line.pace.next_at))
            starts_in = line.pace.take(earliest) - self._moment
            interval = 1 / line.pace.rate if line.pace.rate else 0.0
            paced.append(one._replace(version=line.version, starts_in=starts_in, interval=interval))
        return paced


def _has_room(line: Line) -> bool:
    return line.held_until is None and line.in_flight < line.max_in_flight


@lru_cache(maxsize=8192)
def host_of(url: str) -> str:
    """The host of a destination, which its rate is counted for."""
    return urlsplit(url).hostname or ""
