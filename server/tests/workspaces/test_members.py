"""Members: invites and seats, roles and brands, removal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import bcrypt
import pytest
import sqlalchemy as sa
from flask import Flask

from anthyx_server import audit, clock, db, workspaces
from anthyx_server.ids import new_id
from anthyx_server.workspaces import (
    MemberError,
    MemberNotFoundError,
    SeatsTakenError,
    WorkspaceNotFoundError,
)
from server.tests.workspaces.inviting import (
    EMAIL,
    PASSWORD,
    accept,
    acting,
    actions,
    invite,
    member,
)
from tests.support.apps import Account, make_account


def brand(account: Account, name: str = "Acme") -> str:
    return str(account.post("/brands", json={"name": name}).get_json()["id"])


def test_who_is_invited_has_no_password_until_they_accept(account: Account) -> None:
    invited = invite(account, " Ada@Example.COM ")
    assert re.fullmatch(r"/invites/[\w-]{43}", invited.link.path)
    left = invited.link.expires_at - clock.now()
    assert timedelta(hours=71.9) < left <= timedelta(hours=72)
    found = member(account)
    assert (found.email, found.role, found.state) == (EMAIL, "editor", "invited")
    assert (found.password_hash, found.brand_ids) == (None, None)
    accept(account, invited)
    found = member(account)
    assert found.state == "active"
    assert found.password_hash is not None
    assert bcrypt.checkpw(PASSWORD.encode(), found.password_hash.encode())
    assert actions(account) == ["member.invited", "member.joined"]


@pytest.mark.parametrize(("plan", "seats"), [("free", 1), ("starter", 3), ("growth", 10)])
def test_seats_are_exact_whoever_invites_at_once(app: Flask, plan: str, seats: int) -> None:
    account = make_account(app, plan)

    def try_to(number: int) -> str:
        try:
            invite(account, f"member{number}@example.com")
        except SeatsTakenError:
            return "refused"
        return "invited"

    with ThreadPoolExecutor(4) as pool:
        outcomes = Counter(pool.map(try_to, range(seats + 3)))
    assert outcomes == Counter({"invited": seats - 1, "refused": 4})
    with app.app_context():
        assert len(workspaces.list_members(account.workspace_id)) == seats


def test_an_invite_holds_a_seat_until_the_member_is_removed(app: Flask) -> None:
    account = make_account(app, "starter")
    invite(account)
    invite(account, "second@example.com")
    assert invite(account, role="reviewer").member.role == "reviewer", "inviting again takes none"
    with pytest.raises(SeatsTakenError, match="3 seats"):
        invite(account, "third@example.com")
    with acting(account):
        workspaces.remove_member(account.caller, EMAIL)
    invite(account, "third@example.com")


def test_agency_has_no_cap(account: Account) -> None:
    for number in range(12):
        invite(account, f"member{number}@example.com")


def test_who_is_a_member_is_not_invited_again(account: Account, other_account: Account) -> None:
    accept(account, invite(account))
    with pytest.raises(MemberError, match="is a member already"):
        invite(account, EMAIL.upper())
    with pytest.raises(MemberError, match="is a member already"):
        invite(account, "owner@example.com")
    invite(other_account)


@pytest.mark.parametrize(
    "email",
    ["", "ada", "@example.com", "ada@", "a@b@c", "a b@c", "a\n@c", "a\u200b@c", "a@" + "x" * 300],
)
def test_an_address_must_look_like_one(account: Account, email: str) -> None:
    with pytest.raises(MemberError, match="email address"):
        invite(account, email)


def test_brands_restrict_who_does_not_invite(account: Account) -> None:
    live, test = brand(account), brand(account.with_key(mode="test"), "Other")
    restricted = invite(account, brand_ids=[live, test, live]).member
    assert restricted.brand_ids == [live, test]
    assert workspaces.may_see(restricted, live)
    assert not workspaces.may_see(restricted, new_id("brand"))


def test_brands_that_can_not_be(account: Account, other_account: Account) -> None:
    known, foreign = brand(account), brand(other_account)
    for role, brands, why in (
        ("editor", [foreign], f"no brand {foreign}"),
        ("editor", [known, "brand_1"], "no brand brand_1"),
        ("editor", [], "at least one brand"),
        ("admin", [known], "invites others"),
        ("client", None, "at least one"),
        ("owner", None, "not owner"),
        ("king", None, "not king"),
    ):
        with pytest.raises(MemberError, match=why):
            invite(account, role=role, brand_ids=brands)
    assert invite(account, role="client", brand_ids=[known]).member.brand_ids == [known]


def test_a_role_changes_with_a_trace(account: Account) -> None:
    invite(account)
    known = brand(account)
    with acting(account):
        changed = workspaces.set_role(account.caller, EMAIL, "client", [known])
        assert (changed.role, changed.brand_ids) == ("client", [known])
    with acting(account):
        workspaces.set_role(account.caller, EMAIL, "client", [known])
    assert actions(account) == ["member.invited", "member.role_changed"], "nothing changed twice"
    with account.app.app_context():
        query = sa.select(audit.AuditEntry).where(audit.AuditEntry.action == "member.role_changed")
        entry = db.db.session.scalars(query).one()
    assert entry.detail == {
        "email": EMAIL,
        "role": "client",
        "brand_ids": [known],
        "previous": {"role": "editor", "brand_ids": None},
    }


def test_the_owner_stays(account: Account) -> None:
    acts: tuple[Callable[[], object], ...] = (
        lambda: workspaces.set_role(account.caller, "owner@example.com", "admin"),
        lambda: workspaces.remove_member(account.caller, "owner@example.com"),
    )
    for act in acts:
        with pytest.raises(MemberError, match="is the owner"), acting(account):
            act()
    assert member(account, "owner@example.com").role == "owner"


def test_a_removed_member_is_gone_and_can_be_invited_again(account: Account) -> None:
    first = invite(account).member
    with acting(account):
        assert workspaces.remove_member(account.caller, first.id).email == EMAIL
    with account.app.app_context():
        assert workspaces.find_member(account.workspace_id, first.id) is None
    assert invite(account).member.id != first.id
    assert actions(account) == ["member.invited", "member.removed", "member.invited"]


def test_another_workspaces_members_are_out_of_reach(
    account: Account, other_account: Account
) -> None:
    theirs = invite(other_account).member
    with account.app.app_context():
        assert workspaces.find_member(account.workspace_id, theirs.id) is None
        found = workspaces.find_member(other_account.workspace_id, theirs.id)
        assert found is not None
        assert found.email == EMAIL
    acts: tuple[Callable[[], object], ...] = (
        lambda: workspaces.set_role(account.caller, theirs.id, "admin"),
        lambda: workspaces.remove_member(account.caller, theirs.id),
        lambda: workspaces.offer_reset(account.caller, theirs.id),
    )
    for act in acts:
        with pytest.raises(MemberNotFoundError), acting(account):
            act()


def test_a_closed_workspace_takes_nobody(account: Account) -> None:
    with acting(account):
        workspaces.remove_workspace(account.workspace_id)
    with pytest.raises(WorkspaceNotFoundError):
        invite(account)
