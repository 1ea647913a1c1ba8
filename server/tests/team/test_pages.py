"""Settings → Team: who may see and change it, invites, seats, roles, removal."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from anthyx_server import clock, db, keys
from anthyx_server.ids import new_id
from anthyx_server.tenancy import Actor
from tests.support.apps import Account, issue_key
from tests.support.visiting import OWNER, Browser, Team, make_team, rows

ADA = "ada@example.com"
PATHS = ("/settings/team", "/settings/team/invite", "/settings/workspace")


def brand(team: Team, name: str, mode: str = "live") -> str:
    token = issue_key(team.app, team.workspace_id, mode).token
    account = Account(team.app, team.workspace_id, "", token, mode)
    return str(account.post("/brands", json={"name": name}).get_json()["id"])


def audit_actions(team: Team) -> list[str]:
    return [str(row["action"]) for row in rows(team.app, "audit_entries")]


@pytest.mark.parametrize("role", ["editor", "reviewer", "client"])
def test_who_may_not_invite_sees_neither_page_nor_link(team: Team, role: str) -> None:
    team.add(ADA, role, [brand(team, "Acme")] if role == "client" else None)
    browser = team.browser(ADA)
    for path in PATHS:
        answer = browser.get(path)
        assert answer.status_code == 403
        assert f"Your role ({role})" in answer.text
        assert 'href="/settings' not in answer.text
    token = browser.token()
    target = f"/settings/team/{team.owner_id}"
    for path in ("/settings/team/invite", target, f"{target}/remove", "/settings/workspace"):
        assert browser.send(path, form_token=token, role="admin").status_code == 403


def test_nobody_reaches_it_without_signing_in(team: Team) -> None:
    for path in PATHS:
        assert Browser(team.app).get(path).status_code == 303


def test_an_invite_shows_its_link_once_and_lets_in(team: Team) -> None:
    owner = team.browser()
    wanted = brand(team, "Acme <b>")
    test_brand = brand(team, "Trial", "test")
    page = owner.get("/settings/team/invite").text
    assert "Acme &lt;b&gt;" in page
    assert "Trial (test)" in page
    shown = owner.post(
        "/settings/team/invite",
        email=f" {ADA.upper()}",
        role="client",
        access="some",
        brand=[wanted, test_brand],
    )
    assert shown.status_code == 200
    assert shown.headers["Cache-Control"] == "no-store"
    link = re.findall(r"http://127\.0\.0\.1:8080(/invites/[\w-]+)", shown.text)[0]
    listed = owner.get("/settings/team").text
    assert link not in listed
    assert ADA in listed
    assert "Invited" in listed
    assert Browser(team.app).post(link, password="another long password").status_code == 303
    member = team.member(ADA)
    assert (member.role, member.brand_ids) == ("client", [wanted, test_brand])


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"email": "nobody", "role": "editor"}, "An invite needs an email address."),
        ({"email": "a,b@example.com", "role": "editor"}, "An invite needs an email address."),
        ({"email": "a@b.c\nBcc: d@e.f", "role": "editor"}, "An invite needs an email address."),
        ({"email": OWNER, "role": "editor"}, "is a member already."),
        ({"email": ADA, "role": "owner"}, "A member can be made"),
        ({"email": ADA, "role": "client"}, "name at least one"),
        ({"email": ADA, "role": "admin", "access": "some", "brand": "x"}, "restrict them"),
        ({"email": ADA, "role": "editor", "access": "some"}, "Name at least one brand"),
        ({"email": ADA, "role": "editor", "access": "some", "brand": "x"}, "There is no brand x"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(team: Team, fields: dict[str, str], told: str) -> None:
    answer = team.browser().post("/settings/team/invite", **fields)
    assert answer.status_code == 422
    assert '<p class="problem"' in answer.text
    assert told in answer.text.replace("&#39;", "'")
    assert len(rows(team.app, "members")) == 1


def test_brands_of_another_workspace_are_none(team: Team) -> None:
    other = make_team(team.app, owner="other@example.com")
    theirs = brand(other, "Theirs")
    browser = team.browser()
    assert "Theirs" not in browser.get("/settings/team/invite").text
    answer = browser.post(
        "/settings/team/invite", email=ADA, role="editor", access="some", brand=theirs
    )
    assert answer.status_code == 422


def test_members_of_another_workspace_are_not_found(team: Team) -> None:
    other = make_team(team.app, owner="other@example.com")
    theirs = other.add(ADA, "editor")
    browser = team.browser()
    token = browser.token()
    for member_id in (theirs, new_id("usr")):
        path = f"/settings/team/{member_id}"
        assert browser.get(path).status_code == 404
        for suffix in ("", "/remove", "/invite"):
            answer = browser.send(path + suffix, form_token=token, role="admin")
            assert answer.status_code == 404
    assert other.member(ADA).role == "editor"


def test_at_the_cap_the_page_says_why(app: Flask) -> None:
    team = make_team(app, plan="starter")
    browser = team.browser()
    assert "1 of 3 seats (Starter)" in browser.get("/settings/team").text
    for number in range(2):
        answer = browser.post("/settings/team/invite", email=f"{number}@example.com", role="editor")
        assert answer.status_code == 200
    page = browser.get("/settings/team").text
    assert "3 of 3 seats (Starter)" in page
    assert "has no seat left" in page
    assert 'href="/settings/team/invite"' not in page
    answer = browser.post("/settings/team/invite", email=ADA, role="editor")
    assert answer.status_code == 409
    assert "The Starter plan has 3 seats" in answer.text


def test_another_role_ends_the_sessions_of_who_gets_it(team: Team) -> None:
    member_id = team.add(ADA, "admin")
    ada, owner = team.browser(ADA), team.browser()
    assert ada.get("/settings/team").status_code == 200
    assert owner.post(f"/settings/team/{member_id}", role="editor").status_code == 303
    assert not ada.is_signed_in()
    assert owner.is_signed_in()
    assert team.browser(ADA).get("/settings/team").status_code == 403
    assert "member.role_changed" in audit_actions(team)


def test_the_same_role_again_ends_nothing(team: Team) -> None:
    member_id = team.add(ADA, "editor")
    ada = team.browser(ADA)
    team.browser().post(f"/settings/team/{member_id}", role="editor")
    assert ada.is_signed_in()


def test_removing_lists_the_keys_that_go_on_working(team: Team) -> None:
    member_id = team.add(ADA, "admin")
    ada, owner = team.browser(ADA), team.browser()
    caller = team.caller._replace(actor=Actor("user", member_id, ADA))
    with team.app.app_context(), db.transaction():
        token = keys.issue(caller, {"name": "Zap <i>", "scopes": ["brands:read"]}).token
    page = owner.get(f"/settings/team/{member_id}").text
    assert "Zap &lt;i&gt;" in page
    assert "go on working" in page
    assert owner.post(f"/settings/team/{member_id}/remove", on="/account").status_code == 303
    assert not ada.is_signed_in()
    assert Browser(team.app).sign_in(ADA).status_code == 401
    assert Account(team.app, team.workspace_id, "", token).get("/brands").status_code == 200


def test_neither_the_owner_nor_oneself_can_be_changed(team: Team) -> None:
    own_id = team.add(ADA, "admin")
    browser = team.browser(ADA)
    token = browser.token()
    page = browser.get("/settings/team").text
    assert f"/settings/team/{team.owner_id}" not in page
    assert f"/settings/team/{own_id}" not in page
    for member_id in (team.owner_id, own_id):
        for suffix in ("", "/remove", "/invite"):
            path = f"/settings/team/{member_id}{suffix}"
            assert browser.send(path, form_token=token, role="editor").status_code == 400
    assert len(rows(team.app, "members")) == 2


def test_who_has_not_accepted_gets_another_link_and_the_old_one_ends(team: Team) -> None:
    owner = team.browser()
    first = owner.post("/settings/team/invite", email=ADA, role="editor").text
    member_id = team.member(ADA).id
    second = owner.post(f"/settings/team/{member_id}/invite", on="/account").text
    old, new = (re.findall(r"/invites/[\w-]+", text)[0] for text in (first, second))
    assert Browser(team.app).get(old).status_code == 404
    assert Browser(team.app).get(new).status_code == 200


def test_team_changes_ask_for_the_password_again(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    member_id = team.add(ADA, "editor")
    browser = team.browser()
    token = browser.token()
    moment = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: moment)
    for path in ("/settings/team/invite", f"/settings/team/{member_id}"):
        assert browser.get(path).headers["Location"].startswith("/confirm?next=/settings/team/")
        answer = browser.send(path, form_token=token, email="b@example.com", role="admin")
        assert answer.headers["Location"].startswith("/confirm?")
    assert team.member(ADA).role == "editor"
    assert len(rows(team.app, "members")) == 2


def test_forms_without_our_token_do_nothing(team: Team) -> None:
    member_id = team.add(ADA, "editor")
    browser = team.browser()
    for path in (
        "/settings/team/invite",
        f"/settings/team/{member_id}",
        f"/settings/team/{member_id}/remove",
        f"/settings/team/{member_id}/invite",
        "/settings/workspace",
    ):
        answer = browser.send(path, role="admin", email="b@example.com", name="B", timezone="UTC")
        assert answer.status_code == 400
    assert len(rows(team.app, "members")) == 2
