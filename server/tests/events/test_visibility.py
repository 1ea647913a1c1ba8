"""Who sees which events: a family needs its scope, a restricted key sees its brands alone."""

from __future__ import annotations

import pytest

from anthyx_server import keys
from anthyx_server.events.catalogue import TYPES
from server.tests.events.happenings import Happened, happen, ids, page
from server.tests.keys.answers import document, problem
from tests.support.apps import Account

SCOPES = {
    "post": "posts:read",
    "brand": "brands:read",
    "channel": "channels:read",
    "analytics": "analytics:read",
    "api_key": "keys:read",
    "webhook_endpoint": "webhooks:read",
    "usage": "events:read",
}


def shown_types(account: Account, query: str = "") -> set[str]:
    return {each["type"] for each in page(account, f"limit=100{query}")["data"]}


@pytest.mark.parametrize("family", SCOPES)
def test_a_family_is_shown_to_keys_with_its_scope(account: Account, family: str) -> None:
    happened = dict(zip(TYPES, happen(account, *TYPES), strict=True))
    reader = account.with_key(scopes=list({"events:read", SCOPES[family]}))
    of_family = {each for each in TYPES if each.partition(".")[0] == family}
    always = {"usage.threshold_reached"}
    for query in ("", "&after=oldest"):
        assert shown_types(reader, query) == of_family | always
    assert shown_types(reader, f"&types={family}.*") == of_family
    for event_type, event_id in happened.items():
        answer = reader.get(f"/events/{event_id}")
        assert answer.status_code == (200 if event_type in of_family | always else 404)
    lacking = account.with_key(scopes=[each for each in keys.SCOPES if each != SCOPES[family]])
    if family == "usage":
        for path in ("/events", f"/events/{happened['usage.threshold_reached']}"):
            problem(lacking.get(path), 403, "insufficient_scope")
        return
    assert shown_types(lacking) == set(TYPES) - of_family
    assert shown_types(lacking, "&after=oldest") == set(TYPES) - of_family
    for name in (f"{family}.*", min(of_family), f"usage.*,{max(of_family)}"):
        told = problem(lacking.get(f"/events?types={name}"), 403, "insufficient_scope")
        assert SCOPES[family] in told["required_scopes"]
    for event_type in of_family:
        problem(lacking.get(f"/events/{happened[event_type]}"), 404, "not_found")


def test_a_key_of_some_brands_sees_their_events_and_no_others(account: Account) -> None:
    brands = [document(account.post("/brands", json={"name": name}), 201)["id"] for name in "abc"]
    of_each: list[Happened] = [("post.created", each) for each in [*brands, None]]
    happened = happen(account, *of_each, "api_key.leaked", "usage.threshold_reached")
    own = account.with_key(scopes=list(keys.DEFAULT_SCOPES), brand_ids=[brands[0], brands[2]])
    for query, found in (
        ("types=post.*", [happened[2], happened[0]]),
        ("types=post.*&after=oldest", [happened[0], happened[2]]),
        (f"types=post.*&brand_id={brands[2]}", [happened[2]]),
        ("types=usage.*", []),
    ):
        assert ids(own, query) == found
    assert {each["brand_id"] for each in page(own)["data"]} == {brands[0], brands[2]}
    problem(own.get(f"/events?brand_id={brands[1]}"), 404, "not_found")
    for index, event_id in enumerate(happened):
        assert own.get(f"/events/{event_id}").status_code == (200 if index in {0, 2} else 404)


def test_events_of_another_workspace_or_mode_are_not_shown(
    account: Account, other_account: Account
) -> None:
    in_test_mode = account.with_key(mode="test")
    (event_id,) = happen(account, "post.created")
    for stranger in (other_account, in_test_mode):
        for query in ("types=post.*", "types=post.*&after=oldest"):
            assert ids(stranger, query) == []
        problem(stranger.get(f"/events?after={event_id}"), 400, "invalid_cursor")
