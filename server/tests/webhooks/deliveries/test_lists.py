"""Lists of deliveries: filters, pages, the order of sequences, and who sees what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from anthyx_server import clock
from anthyx_server.ids import new_id
from tests.support.apps import Account
from tests.support.problems import problem
from tests.support.webhooks import add_attempt, add_deliveries, add_delivery, add_endpoint

STATUSES = ("pending", "succeeded", "failed", "dead", "skipped")


def ids(account: Account, **query: Any) -> list[str]:
    """What a list holds, read two by two."""
    found: list[str] = []
    query = {"limit": 2} | query
    while True:
        answer = account.get("/webhook-deliveries", query_string=query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        page = answer.get_json()
        found += [each["id"] for each in page["data"]]
        if not page["has_more"]:
            return found
        query["cursor"] = page["next_cursor"]


def brand(account: Account) -> str:
    made = account.post("/brands", json={"name": new_id("name")}).get_json()
    return str(made["id"])


def test_a_delivery_is_shown_as_the_contract_says(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    moment = clock.now()
    delivery_id = add_delivery(account, endpoint_id, created_at=moment, sequence=7)
    (shown,) = account.get("/webhook-deliveries").get_json()["data"]
    event_id = shown.pop("event_id")
    assert event_id.startswith("evt_")
    assert shown == {
        "id": delivery_id,
        "event_type": "post.published",
        "brand_id": None,
        "endpoint_id": endpoint_id,
        "recovery_id": None,
        "sequence": 7,
        "status": "succeeded",
        "attempts_made": 1,
        "next_attempt_at": None,
        "created_at": clock.rfc3339(moment),
        "completed_at": clock.rfc3339(moment),
    }


def test_every_filter_and_pair_of_filters(account: Account) -> None:
    first, second = add_endpoint(account), add_endpoint(account)
    own, other = brand(account), brand(account)
    moment, event_id = clock.now(), new_id("evt")
    made: dict[str, dict[str, Any]] = {}
    for number in range(40):
        row: dict[str, Any] = {
            "status": STATUSES[number % 5],
            "created_at": moment - timedelta(minutes=number),
            "brand_id": (own, other, None)[number % 3],
        }
        if number % 7 == 0:
            row["event_id"] = event_id
        endpoint_id = (first, second)[number // 5 % 2]
        made[add_delivery(account, endpoint_id, **row)] = row | {"endpoint_id": endpoint_id}
    start, end = moment - timedelta(minutes=30), moment - timedelta(minutes=3)
    wanted: dict[str, Any] = {
        "endpoint_id": lambda row: row["endpoint_id"] == second,
        "event_id": lambda row: row.get("event_id") == event_id,
        "brand_id": lambda row: row["brand_id"] == own,
        "status": lambda row: row["status"] == "dead",
        "created_after": lambda row: row["created_at"] >= start,
        "created_before": lambda row: row["created_at"] < end,
    }
    given = {
        "endpoint_id": second,
        "event_id": event_id,
        "brand_id": own,
        "status": "dead",
        "created_after": clock.rfc3339(start),
        "created_before": clock.rfc3339(end),
    }
    assert ids(account) == list(made)
    for one, is_one in wanted.items():
        for two, is_two in wanted.items():
            query = {one: given[one], two: given[two]}
            expected = [each for each, row in made.items() if is_one(row) and is_two(row)]
            assert ids(account, **query) == expected, query
            assert expected


def test_deliveries_of_one_moment_come_each_once(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    moment = clock.now()
    rows = [{"created_at": moment, "status": STATUSES[number % 5]} for number in range(11)]
    made = add_deliveries(account, endpoint_id, rows)
    assert ids(account, created_after=clock.rfc3339(moment)) == made[::-1]
    assert ids(account, created_before=clock.rfc3339(moment)) == []


def test_by_sequence_also_what_is_under_way(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    moment = clock.now()
    made = {}
    for sequence in (1, 2, 3, 5, 6):
        status = "failed" if sequence == 2 else "succeeded"
        made[sequence] = add_delivery(account, endpoint_id, sequence=sequence, status=status)
        add_attempt(account, made[sequence])
    add_attempt(account, made[2], number=2)
    leased = {"status": "pending", "lease": "token", "next_attempt_at": moment, "attempts_made": 1}
    made[4] = add_delivery(account, endpoint_id, sequence=4, **leased)
    add_delivery(account, endpoint_id, status="pending")
    expected = [made[sequence] for sequence in sorted(made)]
    query = {"endpoint_id": endpoint_id}
    assert ids(account, after_sequence=0, **query) == expected
    assert ids(account, after_sequence=2, **query) == expected[2:]
    assert ids(account, after_sequence=6, **query) == []
    assert ids(account, after_sequence=0, status="failed", **query) == [made[2]]
    assert ids(account, after_sequence=0, status="pending", **query) == [made[4]]
    answer = account.get("/webhook-deliveries", query_string={"after_sequence": 1})
    refused = problem(answer, 422, "validation_failed")
    assert [each["parameter"] for each in refused["errors"]] == ["after_sequence"]


def test_filters_by_what_is_not_there_are_mistakes(account: Account) -> None:
    for query in ({"endpoint_id": new_id("we")}, {"brand_id": new_id("brand")}):
        problem(account.get("/webhook-deliveries", query_string=query), 404, "not_found")
    assert ids(account, event_id=new_id("evt")) == []
    assert ids(account, endpoint_id=add_endpoint(account)) == []
    assert ids(account, brand_id=brand(account)) == []
    gone = new_id("brand")
    made = add_delivery(account, add_endpoint(account), brand_id=gone)
    assert ids(account, brand_id=gone) == [made]
    assert ids(account, brand_id=gone, status="dead") == []


@pytest.mark.parametrize("most", [50, 1])
def test_a_key_of_some_brands_sees_their_deliveries(
    account: Account, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anthyx_server.webhooks.deliveries.queries.MOST_BRANDS", most)
    brands = [brand(account) for _ in range(3)]
    endpoint_id, wide_id = add_endpoint(account, brand_ids=brands[:2]), add_endpoint(account)
    rows = [
        {"brand_id": brands[number % 3], "status": STATUSES[number % 5], "sequence": number + 1}
        for number in range(12)
    ]
    made = add_deliveries(account, endpoint_id, [*rows, {"brand_id": None}])
    for delivery_id in made[:12]:
        add_attempt(account, delivery_id)
    own = [each for number, each in enumerate(made[:12]) if number % 3 != 2]
    key = account.with_key(brand_ids=brands[:2], scopes=["webhooks:read"])
    assert ids(key) == own[::-1]
    assert ids(key, endpoint_id=endpoint_id) == own[::-1]
    assert ids(key, endpoint_id=endpoint_id, after_sequence=0) == own
    dead = [each for number, each in enumerate(made[:12]) if number % 5 == 3 and each in own]
    assert ids(key, status="dead") == dead[::-1]
    assert key.get(f"/webhook-deliveries/{own[0]}").status_code == 200
    for hidden in (made[2], made[12]):
        problem(key.get(f"/webhook-deliveries/{hidden}"), 404, "not_found")
    for query in ({"brand_id": brands[2]}, {"endpoint_id": wide_id}):
        problem(key.get("/webhook-deliveries", query_string=query), 404, "not_found")


def test_a_cursor_belongs_to_its_filters(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    add_deliveries(account, endpoint_id, [{}, {}])
    query: dict[str, Any] = {"limit": 1, "endpoint_id": endpoint_id}
    cursor = account.get("/webhook-deliveries", query_string=query).get_json()["next_cursor"]
    query |= {"cursor": cursor, "status": "dead"}
    problem(account.get("/webhook-deliveries", query_string=query), 400, "invalid_cursor")
