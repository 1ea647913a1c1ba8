"""The pages of keys: who may use them, and what they show, keep and refuse."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.apps import issue_key
from tests.support.visiting import Browser, Team, make_team, rows, set_rows

KEYS = "/settings/integrations/api-keys"
NEW = f"{KEYS}/new"
TOKEN = re.compile(r"anthyx_(?:live|test)_[0-9A-Za-z]{38}")
VALUES: dict[str, Any] = {
    "name": "Zapier integration",
    "ip_allowlist": "",
    "expires_at": "",
    "scopes": ["brands:read"],
    "mode": "live",
}


@pytest.fixture
def team(app: Flask) -> Team:
    """A workspace on the Starter plan."""
    return make_team(app, "starter")


@pytest.fixture
def browser(team: Team) -> Browser:
    """The owner's."""
    return team.browser()


def create(browser: Browser, **values: Any) -> TestResponse:
    return browser.post(KEYS, on=NEW, **VALUES | {"form_id": "1"} | values)


def made(team: Team, **values: Any) -> str:
    """A key's id."""
    return issue_key(team.app, team.workspace_id, **values).key.id


def token_of(answer: TestResponse) -> str:
    assert answer.status_code == 201, answer.text
    token: str = TOKEN.findall(answer.text)[0]
    return token


def status_of(team: Team, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return team.app.test_client().get("/v1/api-keys/current", headers=headers).status_code


def test_the_key_is_what_the_form_said(team: Team, browser: Browser) -> None:
    answer = create(
        browser,
        ip_allowlist=" 127.0.0.1 \n\n2001:db8::/32\n",
        expires_at="2099-12-31T23:59",
        scopes=["posts:read", "brands:read"],
    )
    (key,) = rows(team.app, "api_keys")
    assert key["name"] == "Zapier integration"
    assert key["ip_allowlist"] == ["127.0.0.1/32", "2001:db8::/32"]
    assert key["scopes"] == ["posts:read", "brands:read"]
    assert f"{key['expires_at']:%Y-%m-%d %H:%M}" == "2099-12-31 23:59"
    assert (key["mode"], key["created_by"]["name"]) == ("live", "owner@example.com")
    assert status_of(team, token_of(answer)) == 200


def test_times_are_those_of_the_workspace(team: Team, browser: Browser) -> None:
    set_rows(team.app, "workspaces", timezone="America/New_York")
    create(browser, expires_at="2099-07-01T12:00")
    (key,) = rows(team.app, "api_keys")
    assert f"{key['expires_at']:%H:%M}" == "16:00"
    assert 'value="2099-07-01T12:00"' in browser.get(f"{KEYS}/{key['id']}/edit").text
    assert "Jul 1, 2099 12:00" in browser.get(KEYS).text


def test_a_test_key_is_made_and_found_from_live_data(team: Team, browser: Browser) -> None:
    token = token_of(create(browser, mode="test"))
    assert token.startswith("anthyx_test_")
    (key,) = rows(team.app, "api_keys")
    assert ">Test<" in browser.get(KEYS).text
    browser.post(f"{KEYS}/{key['id']}/delete")
    assert status_of(team, token) == 401


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", "", "Length must be between 1 and 100."),
        ("name", "x" * 101, "Length must be between 1 and 100."),
        ("ip_allowlist", "203.0.113.7\nnowhere", "Not an IP address or CIDR network"),
        ("expires_at", "2001-01-01T00:00", "Must be in the future."),
        ("expires_at", "tomorrow", "Not a date and time."),
        ("expires_at", "0001-01-01T00:00", ""),
        ("scopes", [], "Length must be"),
        ("scopes", ["everything"], "Must be one of"),
        ("mode", "dead", "Must be one of"),
    ],
)
def test_mistakes_are_told_beside_their_fields(
    team: Team, browser: Browser, field: str, value: Any, told: str
) -> None:
    kept = {"name": "<i>Kept</i>"} if field != "name" else {}
    answer = create(browser, **kept, **{field: value})
    assert answer.status_code == 422
    assert re.search(rf'class="problem"[^>]*>{re.escape(told)}', answer.text), answer.text
    if kept:
        assert 'value="&lt;i&gt;Kept&lt;/i&gt;"' in answer.text
    assert rows(team.app, "api_keys") == []


def test_a_form_sent_twice_makes_one_key(team: Team, browser: Browser) -> None:
    token = browser.token()

    def send(form_id: str) -> TestResponse:
        twin = Browser(team.app)
        twin.client.set_cookie("anthyx_session", browser.cookie() or "")
        return twin.send(KEYS, form_token=token, form_id=form_id, **VALUES)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, ["same"] * 4))
    assert sorted(answer.status_code for answer in answers) == [201, 303, 303, 303]
    (key,) = rows(team.app, "api_keys")
    again = {answer.location for answer in answers if answer.status_code == 303}
    assert again == {f"{KEYS}/{key['id']}?sent=before"}
    page = browser.get(again.pop())
    assert "This form was sent before" in page.text
    assert TOKEN.findall(page.text) == []
    assert send("another").status_code == 201


def test_the_secret_is_in_one_answer_and_in_nothing_stored(team: Team, browser: Browser) -> None:
    answer = create(browser)
    token = token_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert token not in str(answer.headers)
    (key,) = rows(team.app, "api_keys")
    for path in (
        KEYS,
        *(f"{KEYS}/{key['id']}{end}" for end in ("", "/edit", "/rotate", "/delete")),
    ):
        page = browser.get(path)
        assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
        assert token not in page.text
    for table in ("sent_forms", "page_sessions", "events", "audit_entries"):
        assert token not in str(rows(team.app, table))


def test_the_cap_is_told_and_holds(team: Team, browser: Browser) -> None:
    for number in range(5):
        made(team, name=f"Key {number}", mode="test" if number else "live")
    why = "The Starter plan allows 5 API keys and 5 are in use: delete one, or upgrade."
    page = browser.get(KEYS).text
    assert why in page
    assert "5 of 5 keys (Starter)" in page
    assert f'href="{NEW}"' not in page
    assert why in browser.get(NEW).text
    answer = browser.send(KEYS, form_token=browser.token(), form_id="1", **VALUES)
    assert (answer.status_code, why in answer.text) == (422, True)
    assert len(rows(team.app, "api_keys")) == 5


def test_rotation_overlaps_as_long_as_was_chosen(team: Team, browser: Browser) -> None:
    key_id = made(team, name="Old")
    path = f"{KEYS}/{key_id}/rotate"
    assert browser.post(path, overlap_seconds="5").status_code == 422
    answer = browser.post(path, overlap_seconds="3600", form_id="1")
    assert status_of(team, token_of(answer)) == 200
    old, new = sorted(rows(team.app, "api_keys"), key=lambda key: key["id"])
    assert (old["superseded_by"], old["revoked_at"]) == (new["id"], None)
    again = browser.post(path, on=KEYS + f"/{new['id']}/rotate", form_id="1", overlap_seconds="0")
    assert (again.status_code, again.location) == (303, f"{KEYS}/{new['id']}?sent=before")
    refused = browser.post(path, form_id="2", overlap_seconds="0")
    assert (refused.status_code, "already replaced" in refused.text) == (422, True)
    assert len(rows(team.app, "api_keys")) == 2


def test_editing_changes_what_was_changed(team: Team, browser: Browser) -> None:
    create(browser, expires_at="2099-01-01T00:00", ip_allowlist="203.0.113.7")
    (key,) = rows(team.app, "api_keys")
    exact = key["expires_at"].replace(second=59)
    set_rows(team.app, "api_keys", expires_at=exact)
    path = f"{KEYS}/{key['id']}/edit"
    tag = re.findall(r'name="tag" value="([^"]*)"', browser.get(path).text)[0].replace("&#34;", '"')
    fields = VALUES | {"name": "Renamed", "expires_at": "2099-01-01T00:00", "tag": tag}
    fields |= {"ip_allowlist": "203.0.113.7\n198.51.100.0/24"}
    answer = browser.post(path, **fields)
    assert (answer.status_code, answer.location) == (303, f"{KEYS}/{key['id']}"), answer.text
    (changed,) = rows(team.app, "api_keys")
    assert (changed["name"], changed["expires_at"]) == ("Renamed", exact)
    assert changed["ip_allowlist"] == ["203.0.113.7/32", "198.51.100.0/24"]
    stale = browser.post(path, **fields | {"name": "Lost"})
    assert (stale.status_code, "Somebody changed this key" in stale.text) == (422, True)
    assert rows(team.app, "api_keys")[0]["name"] == "Renamed"


def test_what_was_stored_is_no_markup(team: Team, browser: Browser) -> None:
    key_id = made(team, name="<script>alert(1)</script>\"'")
    paths = ("", f"/{key_id}", f"/{key_id}/edit", f"/{key_id}/rotate", f"/{key_id}/delete")
    for path in paths:
        page = browser.get(KEYS + path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


PATHS = ("", "/new", "/{}", "/{}/edit", "/{}/rotate", "/{}/delete", "/{}/first-call")
FORMS = ("", "/{}/edit", "/{}/rotate", "/{}/delete", "/{}/allowlist")


def test_only_who_manages_settings_gets_there(app: Flask) -> None:
    team = make_team(app)
    key_id = made(team)
    team.add("admin@example.com", "admin")
    for role in ("editor", "reviewer"):
        team.add(f"{role}@example.com", role)
        browser = team.browser(f"{role}@example.com")
        token = browser.token()
        for path in PATHS:
            assert browser.get((KEYS + path).format(key_id)).status_code == 403
        for path in FORMS:
            answer = browser.send((KEYS + path).format(key_id), form_token=token, **VALUES)
            assert answer.status_code == 403
    browser = team.browser("admin@example.com")
    assert {browser.get((KEYS + path).format(key_id)).status_code for path in PATHS} == {200}
    assert len(rows(app, "api_keys")) == 1


def test_forms_are_ours(team: Team, browser: Browser) -> None:
    key_id = made(team)
    for path in FORMS:
        assert browser.send((KEYS + path).format(key_id), **VALUES).status_code == 400
    assert [key["revoked_at"] for key in rows(team.app, "api_keys")] == [None]


def test_keys_of_other_workspaces_are_not_there(app: Flask, browser: Browser) -> None:
    foreign = made(make_team(app, owner="other@example.com", name="Other"), name="Foreign")
    assert "Foreign" not in browser.get(KEYS).text
    for path in PATHS[2:]:
        assert browser.get((KEYS + path).format(foreign)).status_code == 404
    for path in FORMS[1:]:
        fields = VALUES | {"overlap_seconds": "0", "tag": "*", "address": "203.0.113.7"}
        answer = browser.send(
            (KEYS + path).format(foreign), form_token=browser.token(), form_id="1", **fields
        )
        assert answer.status_code == 404
    assert [key["version"] for key in rows(app, "api_keys")] == [1]


@pytest.mark.parametrize("path", ["/new", "/{}/edit", "/{}/rotate"])
def test_the_password_is_asked_for_again(team: Team, browser: Browser, path: str) -> None:
    key_id = made(team)
    moment = rows(team.app, "page_sessions")[0]["confirmed_at"]
    set_rows(team.app, "page_sessions", confirmed_at=moment.replace(year=2020))
    asked = browser.get((KEYS + path).format(key_id))
    assert asked.status_code == 303
    assert asked.location.startswith("/confirm?next=")
    for form in FORMS:
        answer = browser.send(
            (KEYS + form).format(key_id), form_token=browser.token(), form_id="1", **VALUES
        )
        assert (answer.status_code, "/confirm" in answer.location) == (303, True)
    assert [key["version"] for key in rows(team.app, "api_keys")] == [1]
