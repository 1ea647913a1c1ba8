"""`GET /v1/events`, newest first: what is shown, pages and filters."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import product

import orjson

from anthyx_server import clock, db
from anthyx_server.events import Event
from anthyx_server.events.catalogue import TYPES
from server.tests.events.happenings import all_pages, happen, ids, page
from server.tests.keys.answers import document, problem
from server.tests.keys.passing import Calendar
from tests.support.apps import Account

REFUSED = [
    "types=",
    "types=post",
    "types=*",
    "types=post.nothing",
    "types=post.comment.*",
    "types=post.created,",
    "types=post.created, brand.*",
    "types=%00.*",
    "types=POST.created",
    f"types={'post.created,' * 200}brand.*",
    "brand_id=post_1",
    "created_after=yesterday",
    "created_before=2026-11-01T00:00:00",
    "order=asc",
    "wait=5",
    "after=oldest&cursor=x",
    "after=oldest&wait=21",
    "after=oldest&wait=-1",
    "after=oldest&wait=0.5",
    "after=oldest&after=oldest",
]
BRANDS = [f"brand_{'0' * 25}{number}" for number in range(3)]


def test_events_are_shown_byte_for_byte_as_they_are_stored(account: Account) -> None:
    happened = happen(account, "post.created", ("brand.updated", BRANDS[0]))
    with account.app.app_context():
        stored = [db.db.session.get_one(Event, each).body for each in happened]
    answer = account.get("/events?limit=2").get_data()
    assert answer == b'{"data":[%s,%s],"has_more":true,"next_cursor":' % (
        stored[1],
        stored[0],
    ) + answer.rpartition(b":")[2].replace(b'{"data"', b"")
    for event_id, body in zip(happened, stored, strict=True):
        assert account.get(f"/events/{event_id}").get_data() == body
        assert orjson.loads(body)["data"]["object"] == {"text": "ü€😀"}


def test_what_a_request_did_is_an_event(account: Account) -> None:
    made = document(account.post("/brands", json={"name": "Acme"}), 201)
    newest = page(account)["data"][0]
    assert (newest["type"], newest["brand_id"]) == ("brand.created", made["id"])
    assert newest["data"]["object"] == made
    assert newest["actor"]["id"] == account.key_id


def test_pages_show_every_event_once_while_more_are_added(account: Account) -> None:
    first = [each for _ in range(5) for each in happen(account, "post.created", "post.approved")]
    shown = page(account, "types=post.*&limit=4")
    happen(account, "post.created")
    found = [each["id"] for each in shown["data"]]
    while shown["has_more"]:
        happen(account, "post.created")
        shown = page(account, f"types=post.*&limit=4&cursor={shown['next_cursor']}")
        found += [each["id"] for each in shown["data"]]
    assert found == first[::-1]


def test_every_filter_and_any_of_them_together(account: Account, calendar: Calendar) -> None:
    chance = random.Random(3)  # noqa: S311
    kinds = ["post.created", "post.comment.created", "brand.updated", "usage.threshold_reached"]
    start = calendar.now
    happened = []
    for minute in range(40):
        calendar.now = start + timedelta(minutes=minute)
        one = (chance.choice(kinds), chance.choice([*BRANDS[:2], None]))
        happened.append((happen(account, one)[0], *one, minute))
    calendar.now = start + timedelta(days=1)

    def at(minute: int) -> str:
        return clock.rfc3339(start + timedelta(minutes=minute))

    wanted = [
        None,
        "post.*",
        "post.created",
        "brand.*,usage.threshold_reached",
        "post.*,post.created",
    ]
    spans = [(None, None), (10, None), (None, 30), (10, 30), (30, 10)]
    for types, brand, (first, last) in product(wanted, [None, *BRANDS[:2]], spans):
        query = f"limit=7&created_after={at(first or 0)}"
        query += f"&types={types}" if types else ""
        query += f"&brand_id={brand}" if brand else ""
        query += f"&created_before={at(last)}" if last is not None else ""
        means = {each for each in kinds if types is None or _matches(each, types)}
        expected = [
            event_id
            for event_id, kind, of_brand, minute in reversed(happened)
            if kind in means
            and brand in {None, of_brand}
            and (first or 0) <= minute < (40 if last is None else last)
        ]
        assert all_pages(account, query) == expected, query


def _matches(event_type: str, types: str) -> bool:
    return any(
        event_type == name or (name.endswith("*") and event_type.startswith(name[:-1]))
        for name in types.split(",")
    )


def test_all_types_can_be_named_at_once(account: Account) -> None:
    happened = happen(account, *TYPES)
    assert ids(account, f"limit=27&types={','.join(TYPES)}") == happened[::-1]
    families = ",".join(sorted({f"{each.partition('.')[0]}.*" for each in TYPES}))
    assert ids(account, f"limit=27&types={families}") == happened[::-1]


def test_what_cannot_be_meant_is_refused(account: Account) -> None:
    for query in REFUSED:
        (entry,) = problem(account.get(f"/events?{query}"), 422, "validation_failed")["errors"]
        assert entry["parameter"] in query


def test_a_brand_that_never_was_is_not_found_and_one_that_is_gone_is(account: Account) -> None:
    made = document(account.post("/brands", json={"name": "Acme"}), 201)["id"]
    quiet = document(account.post("/brands", json={"name": "Quiet"}), 201)["id"]
    assert account.delete(f"/brands/{made}").status_code == 204
    assert len(ids(account, f"brand_id={made}")) == 2
    assert ids(account, f"brand_id={quiet}&types=post.*") == []
    for query in (f"brand_id={BRANDS[2]}", f"brand_id={BRANDS[2]}&after=oldest&wait=20"):
        problem(account.get(f"/events?{query}"), 404, "not_found")


def test_a_cursor_belongs_to_its_filters(account: Account) -> None:
    happen(account, "post.created", "post.created", "post.created")
    cursor = page(account, "types=post.*&limit=1")["next_cursor"]
    for query in ("", "types=post.created&", "types=post.*&created_after=2026-01-01T00:00:00Z&"):
        problem(account.get(f"/events?{query}cursor={cursor}"), 400, "invalid_cursor")


def test_events_are_kept_for_30_days(account: Account, calendar: Calendar) -> None:
    old, older = happen(account, "post.created", "post.deleted")
    calendar.now += timedelta(days=30) - timedelta(milliseconds=1)
    assert ids(account, "types=post.*") == [older, old]
    assert account.get(f"/events/{old}").status_code == 200
    calendar.now += timedelta(milliseconds=2)
    new = happen(account, "post.created")
    assert ids(account, "types=post.*") == new
    problem(account.get(f"/events/{old}"), 404, "not_found")


def test_an_unknown_event_is_not_found(account: Account, other_account: Account) -> None:
    (event_id,) = happen(account, "post.created")
    assert account.get(f"/events/{event_id}").status_code == 200
    in_test_mode = account.with_key(mode="test")
    for caller, asked in (
        (account, "evt_" + "0" * 26),
        (account, "post_" + event_id[4:]),
        (other_account, event_id),
        (in_test_mode, event_id),
    ):
        problem(caller.get(f"/events/{asked}"), 404, "not_found")
