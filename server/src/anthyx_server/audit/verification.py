"""Verifying a workspace's chain: the first entry that is wrong, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from anthyx_server.audit.chain import HASHED, START
from anthyx_server.audit.models import AuditEntry, AuditHead
from anthyx_server.audit.service import chain_keys, is_intact
from anthyx_server.db import reader

_BATCH = 1000
_COLUMNS = (*(getattr(AuditEntry, name) for name in HASHED), AuditEntry.hash)

Advance = Callable[[int], None]


@dataclass(frozen=True)
class Wrong:
    """What is wrong first: `number` is the entry's place in the chain, `id` its id if it has one.

    `kind` is `changed`, `missing`, `out_of_order`, `unknown_key` or `head`.
    """

    number: int
    id: str | None
    kind: str
    detail: str


@dataclass(frozen=True)
class Verdict:
    """What was found of one workspace: the number and the hash of its head, and what is wrong."""

    workspace_id: str
    entries: int
    head_number: int
    head_hash: str
    wrong: Wrong | None


@dataclass(frozen=True)
class _Ends:
    """The head's row, and the number of entries and of the last one, as of one moment."""

    head: Any
    entries: int
    last_number: int


def count_entries(workspace_id: str) -> int:
    """How many entries a workspace has, of both modes."""
    return _ends(workspace_id).entries


def count_by_encryption_key() -> dict[str, int]:
    """How many entries were chained with each encryption key: verifying them needs it."""
    return _count_by_key(AuditEntry.encryption_key_id)


def count_heads_by_encryption_key() -> dict[str, int]:
    """How many heads are sealed with each encryption key: their next entry needs it."""
    return _count_by_key(AuditHead.encryption_key_id)


def _count_by_key(key_id: InstrumentedAttribute[str]) -> dict[str, int]:
    query = sa.select(key_id, sa.func.count().label("counted")).group_by(key_id)
    return {row.encryption_key_id: row.counted for row in reader().rows(query)}


def verify(workspace_id: str, advance: Advance = lambda _: None) -> Verdict:
    """Walk the chain of a workspace, in batches; `advance` hears how many entries were read.

    What is added meanwhile is left for the next time.
    """
    ends = _ends(workspace_id)
    head_number = ends.head.number if ends.head is not None else 0
    head_hash = ends.head.hash if ends.head is not None else START
    wrong = _walk(workspace_id, ends, advance) or _judge_head(ends)
    return Verdict(workspace_id, ends.entries, head_number, head_hash, wrong)


def _ends(workspace_id: str) -> _Ends:
    """Read in one statement, so that no transaction can commit in between."""
    counted = (
        sa.select(
            sa.func.count().label("entries"),
            sa.func.coalesce(sa.func.max(AuditEntry.number), 0).label("last_number"),
        )
        .where(AuditEntry.workspace_id == workspace_id)
        .subquery()
    )
    head = AuditHead.__table__
    query = sa.select(counted, head).select_from(
        counted.outerjoin(head, AuditHead.workspace_id == workspace_id)
    )
    (row,) = reader().rows(query)
    return _Ends(None if row.workspace_id is None else row, row.entries, row.last_number)


def _walk(workspace_id: str, ends: _Ends, advance: Advance) -> Wrong | None:
    number, previous = 1, START
    for batch in _batches(workspace_id, ends.last_number):
        for row in batch:
            wrong = _judge(row, number, previous)
            if wrong is not None:
                return wrong
            number, previous = number + 1, row.hash
        advance(len(batch))
    return None


def _batches(workspace_id: str, last_number: int) -> Iterator[Sequence[Any]]:
    place = sa.tuple_(AuditEntry.number, AuditEntry.id)
    query = (
        sa.select(*_COLUMNS)
        .where(AuditEntry.workspace_id == workspace_id, AuditEntry.number <= last_number)
        .order_by(AuditEntry.number, AuditEntry.id)
        .limit(_BATCH)
    )
    rows = reader().rows(query)
    while rows:
        yield rows
        after = sa.tuple_(sa.literal(rows[-1].number), sa.literal(rows[-1].id))
        rows = reader().rows(query.where(place > after))


def _judge(row: Any, number: int, previous: str) -> Wrong | None:
    """What is wrong with the entry that stands where `number` belongs."""
    if row.number > number:
        return Wrong(number, None, "missing", f"entry {number} is missing")
    if row.number < number:
        detail = f"there is more than one entry {row.number}"
        return Wrong(row.number, row.id, "out_of_order", detail)
    if row.encryption_key_id not in chain_keys():
        detail = f"was made with the unknown encryption key {row.encryption_key_id}"
        return Wrong(number, row.id, "unknown_key", f"entry {number} {detail}")
    if chain_keys().hash_of(row._mapping, previous) == row.hash:  # noqa: SLF001
        return None
    place = _place_of(row.workspace_id, number, previous)
    if place is not None:
        detail = f"entry {number} is out of order: what belongs there stands at {place}"
        return Wrong(number, row.id, "out_of_order", detail)
    return Wrong(number, row.id, "changed", f"entry {number} was changed")


def _place_of(workspace_id: str, number: int, previous: str) -> int | None:
    """Where the entry stands that would be right with this number, if it is anywhere."""
    for batch in _batches(workspace_id, _ends(workspace_id).last_number):
        for row in batch:
            moved = {**row._mapping, "number": number}  # noqa: SLF001
            known = row.encryption_key_id in chain_keys()
            if known and chain_keys().hash_of(moved, previous) == row.hash:
                return int(row.number)
    return None


def _judge_head(ends: _Ends) -> Wrong | None:
    """What is wrong with the end of a chain whose entries are right one by one."""
    head, last = ends.head, ends.last_number
    if head is None:
        return Wrong(1, None, "head", "the head is missing") if last else None
    if head.encryption_key_id not in chain_keys():
        detail = f"the head was sealed with the unknown encryption key {head.encryption_key_id}"
        return Wrong(head.number, None, "unknown_key", detail)
    if not is_intact(head):
        return Wrong(last + 1, None, "head", f"the head was changed; the last entry is {last}")
    if head.number > last:
        detail = f"entry {last + 1} is missing, and all after it: the head is at {head.number}"
        return Wrong(last + 1, None, "missing", detail)
    if head.number < last:
        detail = f"entry {head.number + 1} lies beyond the head"
        return Wrong(head.number + 1, None, "head", detail)
    return None
