"""Settings → Audit log: who did what, when and from where, for owners and admins."""

from __future__ import annotations

import csv
import io

import pytest
from flask import Flask

from anthyx_server import audit, db
from anthyx_server.dashboard import audit_pages
from tests.support.apps import Account
from tests.support.page_visits import Visit, text_of, visit

PATH = "/settings/audit-log"


@pytest.fixture
def person(account: Account) -> Visit:
    """The owner, signed in."""
    return visit(account)


def record(account: Account, *actions: str, **detail: object) -> None:
    with account.app.app_context(), db.transaction():
        for action in actions:
            audit.record(account.caller, action, "thing", "thing_1", **detail)


def test_it_tells_who_did_what_and_from_where(account: Account, person: Visit) -> None:
    made = account.post("/api-keys", json={"name": "Zapier integration"}).get_json()
    page = person.get(PATH)
    text = text_of(page)
    assert "API key created Zapier integration" in text
    assert "A key API key 127.0.0.1" in text
    assert f"On {made['id']}" in text
    assert "Entry 2" in text


def test_it_filters_by_action_and_by_actor(account: Account, person: Visit) -> None:
    account.post("/api-keys", json={"name": "By a key"})
    record(account, "thing.moved", name="Moved by the server")
    assert "By a key" not in text_of(person.get(f"{PATH}?action=thing.moved"))
    assert "Moved by the server" in text_of(person.get(f"{PATH}?action=thing.moved&actor_id="))
    by_key = text_of(person.get(f"{PATH}?actor_id={account.key_id}"))
    assert "By a key" in by_key
    assert "Moved by the server" not in by_key
    both = person.get(f"{PATH}?actor_id={account.key_id}&action=thing.moved")
    assert "Nothing fits these filters" in text_of(both)


def test_the_actions_that_are_there_can_be_chosen(app: Flask, account: Account) -> None:
    with app.app_context():
        before = audit.list_actions(account.caller)
    record(account, "thing.moved", "thing.moved", "a.first", "zebra.seen")
    with app.app_context():
        assert audit.list_actions(account.caller) == sorted(
            {*before, "thing.moved", "a.first", "zebra.seen"}
        )
    assert "Zebra seen" in text_of(visit(account).get(PATH))


def test_pages_go_on_with_the_filters(account: Account, person: Visit) -> None:
    record(account, *["thing.moved"] * 30)
    first = person.get(f"{PATH}?action=thing.moved")
    older = first.partition('">Older</a>')[0].rpartition('href="')[2].replace("&amp;", "&")
    second = person.get(PATH + older)
    assert first.count("<tr id=") == 25
    assert second.count("<tr id=") == 5
    assert 'href="?action=thing.moved">Newest' in second


@pytest.mark.parametrize("query", ["?cursor=abc", "?cursor=%00"])
def test_a_cursor_from_elsewhere_is_refused(person: Visit, query: str) -> None:
    person.get(PATH + query, 400)


@pytest.mark.parametrize("role", ["editor", "reviewer", "client"])
def test_only_owners_and_admins_see_it(account: Account, role: str) -> None:
    brand_id = account.post("/brands", json={"name": "Acme"}).get_json()["id"]
    stranger = visit(account, role, [brand_id] if role == "client" else None)
    for path in (PATH, f"{PATH}.csv"):
        stranger.get(path, 403)
    assert visit(account, "admin").get(PATH)


def test_nobody_sees_another_workspace_or_mode(account: Account, other_account: Account) -> None:
    record(other_account, "secret.done", name="Not yours")
    record(account.with_key(mode="test"), "test.done", name="Only a test")
    person = visit(account)
    for query in ("", "?action=secret.done", "?target_id=thing_1"):
        text = text_of(person.get(PATH + query))
        assert "Not yours" not in text
        assert "Only a test" not in text
    assert "Only a test" in text_of(visit(account, mode="test").get(PATH))


def test_what_is_stored_can_not_inject_markup(account: Account, person: Visit) -> None:
    record(account, "thing.moved", name="<script>x</script>", **{"<i>": ["<b>"]})
    page = person.get(PATH)
    for markup in ("<script>x", "<i>", "<b>"):
        assert markup not in page
    person.get(f"{PATH}?action=%3Cscript%3E")


def test_the_file_holds_what_the_filters_leave(
    account: Account, person: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(account, *["thing.moved"] * 230, name="=1+1")
    answer = person.client.get(f"{PATH}.csv?action=thing.moved")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert [int(each["number"]) for each in lines] == list(
        range(int(lines[0]["number"]), int(lines[0]["number"]) - 230, -1)
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-log.csv"'
    monkeypatch.setattr(audit_pages, "MOST_IN_FILE", 200)
    cut = person.client.get(f"{PATH}.csv?action=thing.moved")
    assert len(cut.text.splitlines()) == 201


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("api_key.created", "API key created"),
        ("member.role_changed", "Member role changed"),
        ("webhook_endpoint.tested", "Webhook endpoint tested"),
        ("odd", "Odd"),
    ],
)
def test_actions_are_told_in_words(action: str, words: str) -> None:
    assert audit_pages.in_words(action) == words
