"""Recoveries: what an endpoint missed is sent again, as fast as it takes it and no faster.

The rows of deliveries say what is still to be done, the recovery's own how far it has come: each
step is a transaction, so that a crash loses none and sends none twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import current_app

from anthyx_server import audit, clock, events
from anthyx_server.db import before_commit, db
from anthyx_server.errors import ApiError, InvalidState, NotFound
from anthyx_server.ids import new_id
from anthyx_server.inputs import invalid_body
from anthyx_server.tenancy import Caller, locked, one, owned
from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks import disabling, finding
from anthyx_server.webhooks.deliveries import endpoint
from anthyx_server.webhooks.deliveries.listing import lowest_id
from anthyx_server.webhooks.models import WebhookDelivery, WebhookRecovery

FIRST_PACE = 10
_LOWEST, _HIGHEST = "dlv_", "dlv_~"
# Ids grow as events commit: what is older than this is there, whatever clocks and feeds say.
_SETTLED = timedelta(minutes=10)
# So far clocks may lie apart: of who disabled the endpoint and who skipped something afterwards.
_SKEW = timedelta(seconds=5)


class RecoveryInProgress(ApiError):
    """A recovery of the endpoint still runs; `recovery_id` names it."""

    status, code, title = 409, "recovery_in_progress", "Recovery still runs"


@dataclass(frozen=True)
class Scope:
    """Which deliveries of an endpoint are meant: see `WebhookRecovery`."""

    endpoint_id: str
    statuses: tuple[str, ...]
    since: datetime | None = None
    skipped_since: datetime | None = None
    low: str = _LOWEST
    high: str = _HIGHEST


def enable(caller: Caller, endpoint_id: str, backlog: Any) -> WebhookRecovery:
    """Enable an endpoint, and have sent what it missed: "none", "all", or all since a time.

    What an unfinished recovery has left is sent too, unless the backlog is "none": the new one
    takes its place.

    Raises:
        NotFound: there is no such endpoint that the caller may see.
        InvalidState: it is enabled.
        ValidationFailed: the backlog begins before what is kept.
    """
    target = finding.lock_if_match(caller, endpoint_id)
    if target.status != "disabled":
        raise InvalidState(
            f"{target.id} is enabled. Send what failed again by /recover.",
            extra={"state": target.status},
        )
    disabled_at = target.disabled_at or target.created_at
    scope = Scope(target.id, ("skipped",), skipped_since=disabled_at - _SKEW)
    if isinstance(backlog, datetime):
        _require_kept(backlog, "backlog")
        scope = replace(scope, since=backlog, skipped_since=None, low=lowest_id(backlog))
    for unfinished in db.session.scalars(locked(_unfinished(caller, target.id))):
        unfinished.completed_at = clock.now()
        scope = _widened(scope, unfinished)
    disabling.enable(caller, target)
    if backlog == "none":
        return _add(caller, scope, matched=0, is_done=True)
    recovery = _add(caller, scope, matched=_count(caller, scope), is_done=False)
    _count_at_commit(caller, recovery, scope)
    return recovery


def _widened(scope: Scope, unfinished: WebhookRecovery) -> Scope:
    """A scope with what a recovery has left."""
    sinces = (scope.skipped_since, unfinished.skipped_since)
    times = (scope.since, unfinished.since)
    return replace(
        scope,
        statuses=tuple(sorted({*scope.statuses, *unfinished.statuses})),
        since=None if None in times else min(each for each in times if each),
        skipped_since=None if None in sinces else min(each for each in sinces if each),
        low=min(scope.low, unfinished.low),
    )


def _count_at_commit(caller: Caller, recovery: WebhookRecovery, scope: Scope) -> None:
    """Count once more what was skipped last, when the feed is locked and nothing is any more."""
    settled = lowest_id(clock.now() - _SETTLED)
    early = _count(caller, replace(scope, high=settled))

    def count() -> None:
        late = _count(caller, replace(scope, low=max(scope.low, settled)))
        mine = sa.update(WebhookRecovery).where(WebhookRecovery.id == recovery.id)
        is_done = {} if early + late else {"completed_at": recovery.created_at}
        db.session.connection().execute(mine.values(matched=early + late, **is_done))

    # After what `disabling` has registered, which locks the feed.
    before_commit(count)


def recover(caller: Caller, endpoint_id: str, since: datetime, *, is_dry: bool) -> WebhookRecovery:
    """Have sent again what failed since a time, is dead or was skipped; a dry one only counts.

    Raises:
        NotFound: there is no such endpoint that the caller may see.
        EndpointDisabled: it is disabled.
        RecoveryInProgress: another one of this endpoint still runs.
        ValidationFailed: the time is in the future, or before what is kept.
    """
    target = finding.lock_if_match(caller, endpoint_id)
    endpoint.require_enabled(target)
    _require_kept(since, "since")
    moment = clock.now()
    statuses = ("dead", "failed", "skipped")
    low, high = lowest_id(since), lowest_id(moment + timedelta(milliseconds=1))
    scope = Scope(target.id, statuses, since=since, low=low, high=high)
    if is_dry:
        return _make(caller, scope, matched=_count(caller, scope), is_done=False)
    unfinished = db.session.scalars(_unfinished(caller, target.id)).first()
    if unfinished is not None:
        raise RecoveryInProgress(
            f"{unfinished.id} still runs: see GET /v1/webhook-recoveries/{unfinished.id}.",
            extra={"recovery_id": unfinished.id},
        )
    matched = _count(caller, scope)
    recovery = _add(caller, scope, matched=matched, is_done=matched == 0)
    about = {"recovery_id": recovery.id, "since": clock.rfc3339(since)}
    audit.record(caller, "webhook_endpoint.recovered", "webhook_endpoint", target.id, **about)
    return recovery


def find(caller: Caller, recovery_id: str) -> WebhookRecovery:
    """One recovery.

    Raises:
        NotFound: there is none of an endpoint that the caller may see.
    """
    query = owned(WebhookRecovery, caller).where(WebhookRecovery.id == recovery_id)
    recovery = one(WebhookRecovery, query, "webhook recovery", recovery_id)
    try:
        finding.find_on_record(caller, recovery.endpoint_id)
    except NotFound:
        raise NotFound(f"There is no webhook recovery {recovery_id} here.") from None
    return recovery


def under_way(caller: Caller, endpoint_id: str) -> WebhookRecovery | None:
    """The recovery of an endpoint that is not finished, if there is one."""
    return db.session.scalars(_unfinished(caller, endpoint_id)).first()


def _require_kept(since: datetime, name: str) -> None:
    """Check a time by what is on record: recovering from before would leave out some silently."""
    settings: WebhookSettings = current_app.extensions["anthyx_webhook_settings"]
    kept_for = min(events.KEPT_FOR, timedelta(days=settings.retention_days))
    moment = clock.now()
    if since > moment:
        raise _wrong(name, "Lies in the future.")
    if since < moment - kept_for:
        raise _wrong(name, f"Deliveries are kept for {kept_for.days} days: send a later time.")


def _wrong(name: str, detail: str) -> ApiError:
    return invalid_body({name: {"since": [detail]} if name == "backlog" else [detail]})


def _unfinished(caller: Caller, endpoint_id: str) -> sa.Select[Any]:
    return owned(WebhookRecovery, caller).where(
        WebhookRecovery.endpoint_id == endpoint_id, WebhookRecovery.completed_at.is_(None)
    )


def _make(caller: Caller, scope: Scope, *, matched: int, is_done: bool) -> WebhookRecovery:
    moment = clock.now()
    return WebhookRecovery(
        workspace_id=caller.workspace_id,
        mode=caller.mode,
        id=new_id("rcv"),
        endpoint_id=scope.endpoint_id,
        statuses=list(scope.statuses),
        since=scope.since,
        skipped_since=scope.skipped_since,
        low=scope.low,
        high=scope.high,
        cursor=scope.low,
        pace=FIRST_PACE,
        matched=matched,
        queued=0,
        created_at=moment,
        completed_at=moment if is_done else None,
    )


def _add(caller: Caller, scope: Scope, *, matched: int, is_done: bool) -> WebhookRecovery:
    recovery = _make(caller, scope, matched=matched, is_done=is_done)
    db.session.add(recovery)
    db.session.flush()
    return recovery


def _count(caller: Caller, scope: Scope) -> int:
    counts = [
        owned(WebhookDelivery, caller, sa.func.count()).where(*meant(scope, status))
        for status in scope.statuses
    ]
    return sum(db.session.connection().execute(each).scalar_one() for each in counts)


def meant(scope: Scope | WebhookRecovery, status: str) -> Iterable[sa.ColumnElement[bool]]:
    """What a delivery with this status has to be: a stretch of an index, less a few."""
    delivery = WebhookDelivery
    conditions = [
        delivery.endpoint_id == scope.endpoint_id,
        delivery.status == status,
        delivery.id >= scope.low,
        delivery.id < scope.high,
    ]
    if scope.since is not None:
        conditions.append(delivery.created_at >= scope.since)
    if status == "skipped" and scope.skipped_since is not None:
        conditions.append(delivery.completed_at >= scope.skipped_since)
    return conditions
