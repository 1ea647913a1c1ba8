"""Inviting people and letting them accept, for tests of members and their links."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from anthyx_server import audit, db, workspaces
from anthyx_server.workspaces import Invited, Member
from tests.support.apps import Account

PASSWORD = "correct horse battery"
OTHER = "another long password"
EMAIL = "ada@example.com"


@contextmanager
def acting(account: Account) -> Iterator[None]:
    with account.app.app_context(), db.transaction():
        yield


def invite(account: Account, email: str = EMAIL, role: str = "editor", **values: Any) -> Invited:
    with acting(account):
        invited = workspaces.invite(account.caller, email, role, **values)
        db.db.session.expunge(invited.member)
    return invited


def token_of(link: workspaces.NewLink) -> str:
    return link.path.rpartition("/")[2]


def accept(account: Account, invited: Invited, password: str = PASSWORD) -> None:
    with acting(account):
        workspaces.accept_invite(token_of(invited.link), password)


def member(account: Account, name: str = EMAIL) -> Member:
    with account.app.app_context():
        return workspaces.get_member(account.workspace_id, name)


def reset_link(account: Account) -> workspaces.NewLink:
    with acting(account):
        return workspaces.offer_reset(account.caller, EMAIL)


def actions(account: Account) -> list[str]:
    with account.app.app_context():
        query = sa.select(audit.AuditEntry).order_by(audit.AuditEntry.number)
        own = query.where(audit.AuditEntry.workspace_id == account.workspace_id)
        return [each.action for each in db.db.session.scalars(own)][1:]
