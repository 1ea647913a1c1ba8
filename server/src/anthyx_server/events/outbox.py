"""What a transaction is to publish when it commits, less what its savepoints have undone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from anthyx_server.db import Session
from anthyx_server.events.models import Event


@dataclass
class Outbox:
    """The events of an open transaction, those that no feed shows, and feeds to lock anyway.

    `marks` says how many of each there were as a savepoint was set.
    """

    events: list[Event] = field(default_factory=list)
    hidden: list[Event] = field(default_factory=list)
    feeds: set[tuple[str, str]] = field(default_factory=set)
    marks: dict[Any, tuple[int, int]] = field(default_factory=dict)


def outbox(session: Any) -> tuple[Outbox, bool]:
    """The session's outbox, and whether it was made just now."""
    found: Outbox | None = session.info.get("outbox")
    if found is not None:
        return found, False
    made = session.info["outbox"] = Outbox()
    return made, True


@sa.event.listens_for(Session, "after_transaction_create")
def _mark(session: Any, transaction: Any) -> None:
    kept: Outbox | None = session.info.get("outbox")
    if kept is not None and transaction.nested:
        kept.marks[transaction] = len(kept.events), len(kept.hidden)


@sa.event.listens_for(Session, "after_soft_rollback")
def _undo(session: Any, transaction: Any) -> None:
    kept: Outbox | None = session.info.get("outbox")
    if kept is not None and transaction.nested:
        # A savepoint that has no mark was set before anything was published.
        events, hidden = kept.marks.pop(transaction, (0, 0))
        del kept.events[events:], kept.hidden[hidden:]
