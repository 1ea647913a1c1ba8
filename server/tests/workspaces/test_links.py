"""Links that a member gets: they hold once, for a time, and for one end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import bcrypt
import pytest
import sqlalchemy as sa
from flask import Flask

from anthyx_server import clock, db, workspaces
from anthyx_server.db import Base
from anthyx_server.workspaces import LinkInvalidError, MemberError, PasswordRefusedError
from server.tests.workspaces.inviting import (
    EMAIL,
    OTHER,
    PASSWORD,
    accept,
    acting,
    actions,
    invite,
    member,
    reset_link,
    token_of,
)
from tests.support.apps import Account, make_account


def test_no_token_is_stored_or_shown(account: Account) -> None:
    invited = invite(account)
    token = token_of(invited.link)
    assert token not in repr(invited)
    with account.app.app_context():
        rows = [
            repr(tuple(row))
            for table in Base.metadata.sorted_tables
            for row in db.db.session.execute(sa.select(table))
        ]
    assert any(EMAIL in row for row in rows)
    assert not any(token in row for row in rows)


def used(account: Account) -> str:
    invited = invite(account)
    accept(account, invited)
    return token_of(invited.link)


def replaced(account: Account) -> str:
    old = invite(account)
    invite(account)
    return token_of(old.link)


def expired(account: Account) -> str:
    token = token_of(invite(account).link)
    with acting(account):
        links = Base.metadata.tables["member_links"]
        db.db.session.execute(sa.update(links).values(expires_at=clock.now()))
    return token


def of_a_removed_member(account: Account) -> str:
    token = token_of(invite(account).link)
    with acting(account):
        workspaces.remove_member(account.caller, EMAIL)
    return token


def of_a_closed_workspace(account: Account) -> str:
    token = token_of(invite(account).link)
    with acting(account):
        workspaces.remove_workspace(account.workspace_id)
    return token


def for_another_end(account: Account) -> str:
    accept(account, invite(account))
    return token_of(reset_link(account))


DEAD: tuple[Callable[[Account], str], ...] = (
    used,
    replaced,
    expired,
    of_a_removed_member,
    of_a_closed_workspace,
    for_another_end,
    lambda _: "never made",
    lambda _: "",
    lambda _: "\udcff",
)


def test_a_link_that_does_not_hold_is_one_error(app: Flask) -> None:
    for make in DEAD:
        account = make_account(app)
        token = make(account)
        with pytest.raises(LinkInvalidError), acting(account):
            workspaces.accept_invite(token, OTHER)


def test_a_link_is_used_once_whoever_comes_at_once(account: Account) -> None:
    invited = invite(account)

    def try_it(number: int) -> str:
        try:
            accept(account, invited, f"{PASSWORD} {number}")
        except LinkInvalidError:
            return "refused"
        return "accepted"

    with ThreadPoolExecutor(4) as pool:
        assert Counter(pool.map(try_it, range(4))) == {"accepted": 1, "refused": 3}
    assert actions(account).count("member.joined") == 1


@pytest.mark.parametrize(
    "password", ["", "eleven char", "x" * 73, "ä" * 37, "long\0enough too", "\ud800" * 12]
)
def test_a_password_that_is_refused_leaves_the_link(account: Account, password: str) -> None:
    invited = invite(account)
    with pytest.raises(PasswordRefusedError):
        accept(account, invited, password)
    assert member(account).state == "invited"
    accept(account, invited)


def test_a_password_is_the_same_however_its_letters_are_composed(account: Account) -> None:
    accept(account, invite(account), "Pa\u0308ssword long")
    digest = member(account).password_hash
    assert digest is not None
    assert bcrypt.checkpw("P\u00e4ssword long".encode(), digest.encode())


def test_a_reset_replaces_the_password_once(account: Account) -> None:
    accept(account, invite(account))
    first, second = reset_link(account), reset_link(account)
    assert second.path.startswith("/reset/")
    assert member(account).password_hash is not None, "the old one holds until then"
    with pytest.raises(LinkInvalidError), acting(account):
        workspaces.reset_password(token_of(first), OTHER)
    with acting(account):
        workspaces.reset_password(token_of(second), OTHER)
    digest = member(account).password_hash
    assert digest is not None
    assert bcrypt.checkpw(OTHER.encode(), digest.encode())
    with pytest.raises(LinkInvalidError), acting(account):
        workspaces.reset_password(token_of(second), PASSWORD)
    assert actions(account)[-3:] == ["member.reset_offered"] * 2 + ["member.password_reset"]


def test_the_owner_can_reset_and_who_has_not_accepted_can_not(account: Account) -> None:
    with acting(account):
        link = workspaces.offer_reset(account.caller, "owner@example.com")
    with acting(account):
        assert workspaces.reset_password(token_of(link), PASSWORD).role == "owner"
    invite(account)
    with pytest.raises(MemberError, match="has not accepted"):
        reset_link(account)
