"""Adding, editing and deleting endpoints on their pages."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from anthyx_server import db, workspaces
from anthyx_server.webhooks.endpoints import destinations
from tests.support.apps import Account, make_account
from tests.support.deliveries import subscribe

from .conftest import Person, member_of, owner_of, text_of

URL = "http://127.0.0.1:9099/hook"


def listed(account: Account) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = account.get("/webhook-endpoints").get_json()["data"]
    return found


def test_the_empty_list_teaches(owner: Person) -> None:
    page = text_of(owner.get())
    assert "No endpoint yet" in page
    assert "Add an endpoint" in page
    assert "0 of 50 endpoints" in page


def test_what_is_filled_in_is_made(account: Account, owner: Person) -> None:
    brand = account.post("/brands", json={"name": "Acme"}).get_json()["id"]
    answer = owner.post(
        "/new",
        form_id="a",
        url=URL,
        description="Our CMS",
        event_types=["post.*", "post.created", "brand.created"],
        brands="some",
        brand_ids=brand,
        headers="X-Env: a: b\nX-Team: growth",
        rate_per_second="20",
        max_in_flight="",
    )
    (made,) = listed(account)
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/{made['id']}/secret?new=1")
    assert made["url"] == URL
    assert made["description"] == "Our CMS"
    assert made["event_types"] == ["post.*", "brand.created"], "its family holds post.created"
    assert made["brand_ids"] == [brand]
    assert made["headers"] == ["X-Env", "X-Team"]
    assert (made["rate_per_second"], made["max_in_flight"]) == (20, 8)
    assert made["created_by"]["name"] == "owner@example.com"


def test_all_events_leave_only_those_of_api_keys_to_be_named(
    account: Account, owner: Person
) -> None:
    names = ["*", "post.*", "brand.created", "api_key.leaked"]
    owner.post("/new", url=URL, event_types=names)
    assert listed(account)[0]["event_types"] == ["*", "api_key.leaked"]


def test_a_form_that_is_sent_twice_makes_one(account: Account, owner: Person) -> None:
    answers = [owner.post("/new", form_id="a", url=URL, event_types="*") for _ in range(2)]
    assert len(listed(account)) == 1
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    owner.post("/new", form_id="b", url=URL, event_types="*")
    assert len(listed(account)) == 2


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"url": ""}, "Enter your destination URL. Description"),
    ({"url": "ftp://example.com"}, "https"),
    ({"url": "https://user:word@example.com/x"}, "password"),
    ({"event_types": []}, "Choose at least one event."),
    ({"event_types": "post.unheard"}, "Choose at least one event."),
    ({"brands": "some"}, "Choose at least one brand."),
    ({"brands": "some", "brand_ids": "brand_" + "0" * 26}, "There is no such brand here."),
    ({"headers": "no colon"}, "no colon: Not a header name"),
    ({"headers": "Host: a"}, "Host: This header is ours to set."),
    ({"rate_per_second": "fast"}, "Not a valid integer."),
    ({"max_in_flight": "33"}, "32"),
    ({"description": "x" * 501}, "500"),
]


def test_problems_are_told_and_what_was_filled_in_stays(account: Account, owner: Person) -> None:
    usual = {"url": URL, "event_types": "post.created", "description": "Kept & <b>"}
    for fields, problem in WRONG:
        answer = owner.post("/new", form_id="a", **(usual | fields))
        assert answer.status_code == 422
        assert problem in text_of(answer)
        if "description" not in fields:
            assert "Kept &amp; &lt;b&gt;" in answer.text
        is_folded_away = not {"headers", "rate_per_second", "max_in_flight"} & {*fields}
        assert ("<details open>" in answer.text) != is_folded_away
    assert listed(account) == []
    # The form is not used up.
    assert owner.post("/new", form_id="a", **usual).status_code == 303


def test_at_the_cap_the_list_says_why_and_the_form_too(app: Flask) -> None:
    account = make_account(app, "starter")
    for _ in range(50):
        subscribe(account, URL)
    owner = owner_of(account)
    page = owner.get()
    assert "50 of 50 endpoints. The Starter plan allows no more" in text_of(page)
    assert '/new"' not in page.get_data(as_text=True)
    answer = owner.post("/new", url=URL, event_types="*")
    assert answer.status_code == 422
    assert "The Starter plan allows 50 webhook endpoints" in text_of(answer)


def test_editing_changes_what_differs(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL, headers={"X-Old": "1", "X-Env": "a-value"})
    form = owner.get(f"/{endpoint_id}/edit").get_data(as_text=True)
    assert "a-value" not in form, "values of headers are never shown"
    answer = owner.post(
        f"/{endpoint_id}/edit",
        version="1",
        url=URL,
        description="New",
        event_types=["post.published"],
        headers="x-env: staging\nX-More: 1",
        removed_headers="X-Old",
    )
    (changed,) = listed(account)
    assert answer.headers["Location"].endswith(endpoint_id)
    assert (changed["description"], changed["event_types"]) == ("New", ["post.published"])
    assert changed["headers"] == ["X-Env", "X-More"]
    assert changed["version"] == 2


def test_editing_what_somebody_changed_meanwhile_is_refused(
    account: Account, owner: Person
) -> None:
    endpoint_id = subscribe(account, URL)
    account.patch(f"/webhook-endpoints/{endpoint_id}", json={"description": "Theirs"})
    answer = owner.post(f"/{endpoint_id}/edit", version="1", url=URL, event_types="*")
    assert answer.status_code == 422
    assert "Somebody changed this endpoint meanwhile" in text_of(answer)
    assert listed(account)[0]["description"] == "Theirs"


def test_one_that_lost_its_last_brand_stays_restricted(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL, brand_ids=[], status="disabled")
    form = owner.get(f"/{endpoint_id}/edit").get_data(as_text=True)
    assert 'value="some" checked' in form
    owner.post(f"/{endpoint_id}/edit", version="1", url=URL, event_types="*", brands="some")
    assert listed(account)[0]["brand_ids"] == []


def test_deleting_ends_it(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    assert "Delete this endpoint?" in text_of(owner.get(f"/{endpoint_id}/delete"))
    assert owner.post(f"/{endpoint_id}/delete").status_code == 303
    assert owner.get(f"/{endpoint_id}").status_code == 404
    assert listed(account) == []


def test_a_role_that_changes_meanwhile_makes_nothing(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at who it is and the commit, while the URL is looked up."""
    admin = member_of(account, "admin")

    def demote(_url: str) -> None:
        with db.transaction():
            members = workspaces.list_members(account.workspace_id)
            workspaces.set_role(account.caller, members[-1].email, "reviewer")

    monkeypatch.setattr(destinations, "look_up_url", demote)
    answer = admin.post("/new", url=URL, event_types="*")
    assert answer.headers["Location"].startswith("/sign-in")
    assert listed(account) == []
