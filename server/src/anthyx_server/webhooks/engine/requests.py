"""What is sent: the request of a delivery, from its event, its endpoint and that one's secrets."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import sqlalchemy as sa

from anthyx_server import clock
from anthyx_server.db import is_sqlite, reading
from anthyx_server.events import Event
from anthyx_server.sealing import Keyring
from anthyx_server.webhooks.engine.work import INTERRUPTED, Claimed, Finished
from anthyx_server.webhooks.models import WebhookEndpoint
from anthyx_server.webhooks.secret import open_endpoint
from anthyx_server.webhooks.sending.outcome import Outcome, Outgoing
from anthyx_server.webhooks.sending.signing import Signer

_MOST_TARGETS = 10_000
# One statement reads so many bodies at most, of up to 256 KiB each.
MOST_BODIES = 128

_TARGET = (
    WebhookEndpoint.id,
    WebhookEndpoint.workspace_id,
    WebhookEndpoint.mode,
    WebhookEndpoint.version,
    WebhookEndpoint.url,
    WebhookEndpoint.encryption_key_id,
    WebhookEndpoint.sealed_secrets,
    WebhookEndpoint.sealed_headers,
    WebhookEndpoint.secret_activates_at,
)


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint as requests need it, at one version; `signer` None where no secret opens."""

    workspace_id: str
    mode: str
    version: int
    url: str
    signer: Signer | None
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    header_names: str
    holds_until: datetime | None


@dataclass(slots=True)
class Request:
    """A delivery with all that its request needs."""

    claimed: Claimed
    target: Target
    signer: Signer
    body: bytes
    signatures: str = ""
    started_at: datetime | None = None

    @property
    def key(self) -> tuple[str, str]:
        """The attempt: a delivery may be claimed again while a lost attempt of it still runs."""
        return self.claimed.id, self.claimed.lease

    def outgoing(self) -> Outgoing:
        """The request, signed for this moment."""
        claimed = self.claimed
        self.started_at = clock.now()
        timestamp = int(clock.unix_seconds())
        signed = self.signer.headers(claimed.event_id, timestamp, self.body)
        self.signatures = orjson.dumps(signed).decode()
        headers = [
            ("webhook-id", claimed.event_id),
            ("webhook-timestamp", str(timestamp)),
            ("X-Anthyx-Event", claimed.event_type),
            ("X-Anthyx-Delivery", claimed.id),
            ("X-Anthyx-Attempt", str(claimed.number)),
            ("X-Anthyx-Sequence", str(claimed.sequence)),
            *signed.items(),
            *self.target.headers,
        ]
        return Outgoing(self, self.target.url, headers, self.body)


class Requests:
    """Makes requests of claimed deliveries; keeps the endpoints it has opened. For one thread."""

    def __init__(self, engine: sa.Engine, keys: Keyring) -> None:
        self._reads = reading(engine)
        self._keys = keys
        self._targets: dict[str, Target] = {}

    def make(self, batch: Collection[Claimed]) -> tuple[list[Request], list[Finished]]:
        """Requests, and what can't be sent because something of it is missing."""
        requests: list[Request] = []
        refused: list[Finished] = []
        with self._reads.connect() as connection:
            self._load_targets(connection, batch)
            bodies = _load_bodies(connection, {claimed.event_id for claimed in batch})
        for claimed in batch:
            target = self._targets.get(claimed.endpoint_id)
            body = bodies.get((claimed.event_id, claimed.workspace_id, claimed.mode))
            if target is None or target.signer is None or not _is_of(target, claimed):
                refused.append(_no_secret(claimed, "" if target is None else target.url))
            elif body is None:
                refused.append(_no_event(claimed, target.url))
            else:
                requests.append(Request(claimed, target, target.signer, body))
        return requests, refused

    def _load_targets(self, connection: sa.Connection, batch: Iterable[Claimed]) -> None:
        now = clock.now()
        wanted = {
            claimed.endpoint_id
            for claimed in batch
            if not self._is_current(claimed.endpoint_id, claimed.version, now)
        }
        if not wanted:
            return
        if len(self._targets) > _MOST_TARGETS:
            self._targets.clear()
        for endpoint_id in wanted:
            self._targets.pop(endpoint_id, None)
        query = sa.select(*_TARGET).where(WebhookEndpoint.id.in_(wanted))
        for row in connection.execute(query):
            self._targets[row.id] = self._open(row)

    def _is_current(self, endpoint_id: str, version: int, now: datetime) -> bool:
        """Whether the endpoint is known as it is; one whose secret does not open is looked at."""
        target = self._targets.get(endpoint_id)
        if target is None or target.signer is None or target.version < version:
            return False
        return target.holds_until is None or target.holds_until > now

    def _open(self, row: Any) -> Target:
        opened = open_endpoint(self._keys, row)
        place = (row.workspace_id, row.mode, row.version, row.url)
        if opened is None:
            return Target(*place, None, (), "[]", None)
        try:
            signer = Signer(opened.secrets.current, opened.secrets.next)
        except ValueError:  # one that no server of this kind has made
            return Target(*place, None, (), "[]", None)
        return Target(
            *place,
            signer,
            tuple(opened.headers.items()),
            orjson.dumps(list(opened.headers)).decode(),
            opened.holds_until,
        )


def finished(outcome: Outcome) -> Finished:
    """What goes on record of a request that was made."""
    request: Request = outcome.tag
    return Finished(
        request.claimed,
        request.target.url,
        outcome.started_at,
        duration_ms=outcome.duration_ms,
        phases=(outcome.dns_ms, outcome.connect_ms, outcome.tls_ms, outcome.first_byte_ms),
        peer_address=outcome.peer_address,
        signatures=request.signatures,
        header_names=request.target.header_names,
        status_code=outcome.status_code,
        error_code=outcome.error_code,
        error_detail=outcome.error_detail,
        response_headers=orjson.dumps(outcome.response_headers).decode(),
        response_body=outcome.response_body,
        retry_after=outcome.retry_after_seconds,
        holds_endpoint=outcome.holds_endpoint,
        is_gone=outcome.is_gone,
        body_bytes=len(request.body),
    )


def interrupted(claimed: Claimed, url: str, started_at: datetime, body_bytes: int = 0) -> Finished:
    """The attempt of a process that ended before it could say what came of it."""
    return Finished(
        claimed,
        url,
        started_at,
        error_code=INTERRUPTED,
        error_detail="The process that made this attempt ended before there was an answer.",
        is_fault_of_ours=True,
        body_bytes=body_bytes,
    )


def _is_of(target: Target, claimed: Claimed) -> bool:
    return (target.workspace_id, target.mode) == (claimed.workspace_id, claimed.mode)


def _no_secret(claimed: Claimed, url: str) -> Finished:
    return Finished(
        claimed,
        url,
        clock.now(),
        error_code="secret_unavailable",
        error_detail="The endpoint's secret can't be opened at the moment, so nothing was sent.",
        is_fault_of_ours=True,
    )


def _no_event(claimed: Claimed, url: str) -> Finished:
    return Finished(
        claimed,
        url,
        clock.now(),
        error_code="event_gone",
        error_detail="The event is not kept any more, so nothing was sent.",
        is_final=True,
        is_fault_of_ours=True,
    )


def _load_bodies(
    connection: sa.Connection, event_ids: Collection[str]
) -> dict[tuple[str, str, str], bytes]:
    query = _BODIES if is_sqlite(connection) else _BODIES_ON_POSTGRESQL
    joined = orjson.dumps(list(event_ids)).decode()
    rows = connection.exec_driver_sql(query, (joined,)).all()
    return {(row[0], row[1], row[2]): bytes(row[3]) for row in rows}


_BODIES = f"""
SELECT id, workspace_id, mode, body FROM {Event.__tablename__}
WHERE id IN (SELECT value FROM json_each(?))
"""  # noqa: S608
_BODIES_ON_POSTGRESQL = f"""
SELECT e.id, e.workspace_id, e.mode, e.body
FROM json_array_elements_text(%s::json) AS v (id) JOIN {Event.__tablename__} e ON e.id = v.id
"""  # noqa: S608
