"""Who sees and uses the pages of webhooks, and what they are asked for."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.apps import Account, make_account
from tests.support.deliveries import subscribe
from tests.support.webhooks import add_delivery

from .conftest import PATH, member_of, owner_of, text_of

READ = ("", "/new", "/{we}", "/{we}/edit", "/{we}/secret", "/{we}/rotate", "/{we}/delete",
        "/{we}/enable", "/{we}/resend-failed", "/{we}/deliveries/{dlv}")  # fmt: skip
WRITTEN = ("/new", "/{we}/edit", "/{we}/rotate", "/{we}/activate", "/{we}/delete", "/{we}/test",
           "/{we}/disable", "/{we}/enable", "/{we}/resend-failed",
           "/{we}/deliveries/{dlv}/resend")  # fmt: skip
CONFIRMED_READ = ("/new", "/{we}/secret", "/{we}/rotate", "/{we}/delete")
CONFIRMED_WRITTEN = ("/new", "/{we}/rotate", "/{we}/delete")


@pytest.fixture
def ids(account: Account) -> dict[str, str]:
    """An endpoint and a delivery of the account."""
    endpoint_id = subscribe(account, "https://example.com/hook")
    return {"we": endpoint_id, "dlv": add_delivery(account, endpoint_id)}


def test_every_page_is_among_these(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("webhook_pages")]
    found = {(method, rule.rule) for rule in rules for method in (rule.methods or set()) - {"HEAD"}}
    names = {"we": "<endpoint_id>", "dlv": "<delivery_id>"}
    known = {("GET", PATH + path.format(**names)) for path in READ}
    assert found == known | {("POST", PATH + path.format(**names)) for path in WRITTEN}


@pytest.mark.parametrize("role", ["editor", "reviewer", "client"])
def test_who_may_not_manage_settings_sees_nothing(
    account: Account, ids: dict[str, str], role: str
) -> None:
    brand = account.post("/brands", json={"name": "Acme"}).get_json()["id"]
    person = member_of(account, role, [brand] if role == "client" else None)
    for path in READ:
        answer = person.get(path.format(**ids))
        assert answer.status_code == 403, path
        assert "example.com/hook" not in answer.get_data(as_text=True)
    for path in WRITTEN:
        assert person.post(path.format(**ids)).status_code == 403, path


def test_an_admin_sees_all_of_it(account: Account, ids: dict[str, str]) -> None:
    person = member_of(account, "admin")
    for path in READ:
        assert person.get(path.format(**ids)).status_code == 200, path


def test_some_pages_ask_for_the_password_again(account: Account, ids: dict[str, str]) -> None:
    person = owner_of(account, confirmed_ago=16 * 60)
    for path in READ:
        answer = person.get(path.format(**ids))
        assert answer.status_code == (303 if path in CONFIRMED_READ else 200), path
        if path in CONFIRMED_READ:
            assert answer.headers["Location"].startswith("/confirm?next=/settings/")
    before = account.get(f"/webhook-endpoints/{ids['we']}").get_json()
    for path in CONFIRMED_WRITTEN:
        answer = person.post(path.format(**ids), url="http://127.0.0.1:9/", event_types="*")
        assert answer.headers["Location"].startswith("/confirm?next="), path
    assert account.get("/webhook-endpoints").get_json()["data"] == [before]
    assert 'data-opens="deletion"' not in person.get(f"/{ids['we']}").text


def test_nobody_sees_anything_without_signing_in(app: Flask, ids: dict[str, str]) -> None:
    for path in READ:
        answer = app.test_client().get(PATH + path.format(**ids))
        assert answer.status_code in {302, 303}
        assert answer.headers["Location"].startswith("/sign-in?next=")


def test_other_workspaces_and_modes_have_none_of_it(
    app: Flask, account: Account, ids: dict[str, str]
) -> None:
    elsewhere = make_account(app)
    for person in (owner_of(elsewhere), owner_of(account.with_key(mode="test"))):
        for path in READ[2:]:
            answer = person.get(path.format(**ids))
            assert answer.status_code == 404, path
            assert "example.com/hook" not in answer.get_data(as_text=True)
        for path in WRITTEN[1:]:
            answer = person.post(path.format(**ids), url="http://127.0.0.1:9/x", event_types="*")
            assert answer.status_code == 404, path
        assert "No endpoint yet" in text_of(person.get())


def test_a_delivery_is_seen_at_its_own_endpoint_alone(
    account: Account, ids: dict[str, str]
) -> None:
    other = subscribe(account, "https://example.com/other")
    person = owner_of(account)
    assert person.get(f"/{ids['we']}/deliveries/{ids['dlv']}").status_code == 200
    assert person.get(f"/{other}/deliveries/{ids['dlv']}").status_code == 404
    assert person.post(f"/{other}/deliveries/{ids['dlv']}/resend").status_code == 404


def test_forms_of_other_sites_are_refused(account: Account, ids: dict[str, str]) -> None:
    person = owner_of(account)
    for path in WRITTEN:
        answer = person.post(path.format(**ids), form_token="guessed")
        assert answer.status_code == 400, path
    assert account.get(f"/webhook-endpoints/{ids['we']}").get_json()["version"] == 1
