"""Reading the audit log, a page at a time."""

from __future__ import annotations

import functools
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from anthyx_server.audit.models import AuditEntry
from anthyx_server.audit.schemas import EQUAL
from anthyx_server.audit.views import SHOWN_COLUMNS, present_row
from anthyx_server.db import db
from anthyx_server.pagination import Order, Pages
from anthyx_server.tenancy import Caller, owned, owned_by_tenant, tenant

_NEWEST_FIRST = Order((AuditEntry.number,), is_descending=True)


def list_page(caller: Caller, arguments: dict[str, Any]) -> dict[str, Any]:
    """One page of the entries of the caller's mode, newest first.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
    """
    filters = {name: arguments[name] for name in (*EQUAL, "created_after", "created_before")}
    given = {name: value for name, value in filters.items() if value is not None}
    pages = _pages(frozenset(given))
    return pages.fetch(arguments, caller, tenant(caller) | given, present_row)


def list_actions(caller: Caller) -> list[str]:
    """The actions that are on the log of the caller's mode, in order.

    Each is a step in an index: what that costs depends on how many there are, not on the log.
    """
    first = owned(AuditEntry, caller, sa.func.min(AuditEntry.action).label("action"))
    found = first.cte("actions", recursive=True)
    later = owned(AuditEntry, caller, sa.func.min(AuditEntry.action)).where(
        AuditEntry.action > found.c.action
    )
    step = sa.select(later.scalar_subquery()).where(found.c.action.is_not(None))
    found = found.union_all(step)
    return list(db.session.scalars(sa.select(found.c.action).where(found.c.action.is_not(None))))


@functools.cache
def _pages(given: frozenset[str]) -> Pages:
    """The list with these filters; there are 64 at most."""
    query = owned_by_tenant(AuditEntry, *(column.expression for column in SHOWN_COLUMNS))
    for name in EQUAL:
        if name in given:
            query = query.where(getattr(AuditEntry, name) == bindparam(name))
    if "created_after" in given:
        query = query.where(AuditEntry.created_at >= bindparam("created_after"))
    if "created_before" in given:
        query = query.where(AuditEntry.created_at < bindparam("created_before"))
    return Pages(query, _NEWEST_FIRST)
