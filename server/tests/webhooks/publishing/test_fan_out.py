"""Which events become deliveries to which endpoints, and what a delivery's row says."""

from __future__ import annotations

from anthyx_server import clock, db, events
from anthyx_server.events.catalogue import TYPES
from server.tests.events.happenings import happen
from server.tests.webhooks.publishing.subscribers import change, deliveries, feed, subscribe
from tests.support.apps import Account

FAMILIES = sorted({each.partition(".")[0] for each in TYPES})
PATTERNS = ("*", *(f"{family}.*" for family in FAMILIES), *TYPES)
BRANDS = (None, "brand_a", "brand_b")
RESTRICTIONS = (None, ["brand_a"], ["brand_b", "brand_c"])


def is_meant(pattern: str, event_type: str) -> bool:
    """As customers are told, in other words than the server's."""
    if event_type == "webhook_endpoint.test":
        return False
    if pattern == "*":
        return not event_type.startswith("api_key.")
    if pattern.endswith(".*"):
        return event_type.startswith(pattern[:-1])
    return pattern == event_type


def test_every_pattern_type_and_brand(account: Account) -> None:
    endpoints = {
        subscribe(account, pattern, brand_ids=restriction): (pattern, restriction)
        for pattern in PATTERNS
        for restriction in RESTRICTIONS
    }
    happened = [(event_type, brand_id) for event_type in TYPES for brand_id in BRANDS]
    published = dict(zip(happen(account, *happened), happened, strict=True))
    expected = {
        (event_id, endpoint_id)
        for event_id, (event_type, brand_id) in published.items()
        for endpoint_id, (pattern, restriction) in endpoints.items()
        if is_meant(pattern, event_type) and (restriction is None or brand_id in restriction)
    }
    rows = deliveries(account)
    assert {(row.event_id, row.endpoint_id) for row in rows} == expected
    assert len(rows) == len(expected)


def test_several_patterns_that_mean_one_type_lead_to_one_delivery(account: Account) -> None:
    subscribe(account, "*", "post.*", "post.created")
    happen(account, "post.created")
    assert len(deliveries(account)) == 1


def test_a_delivery_waits_from_the_moment_of_its_event(account: Account) -> None:
    endpoint_id = subscribe(account, "*")
    before = clock.now()
    (event_id,) = happen(account, ("post.created", "brand_a"))
    (row,) = deliveries(account)
    assert before <= row.next_attempt_at <= row.created_at <= clock.now()
    expected = {
        "workspace_id": account.workspace_id,
        "mode": "live",
        "endpoint_id": endpoint_id,
        "event_id": event_id,
        "event_type": "post.created",
        "brand_id": "brand_a",
        "status": "pending",
        "trigger": "automatic",
        "attempts_made": 0,
        "round_attempts": 0,
    }
    assert {name: getattr(row, name) for name in expected} == expected
    unset = ("sequence", "lease", "leased_until", "recovery_id", "completed_at")
    assert [getattr(row, name) for name in unset] == [None] * 5


def test_what_a_disabled_endpoint_misses_is_on_record_as_skipped(account: Account) -> None:
    disabled = subscribe(account, "*", status="disabled")
    deleted = subscribe(account, "*", status="disabled", deleted_at=clock.now())
    happen(account, "post.created")
    (row,) = deliveries(account)
    assert (row.endpoint_id, row.status, row.next_attempt_at) == (disabled, "skipped", None)
    assert row.created_at <= row.completed_at <= clock.now()
    assert deleted != disabled


def test_other_workspaces_and_the_other_mode_are_not_told(
    account: Account, other_account: Account
) -> None:
    in_test_mode = account.with_key(mode="test")
    subscribe(other_account, "*")
    own = subscribe(in_test_mode, "*")
    happen(account, "post.created")
    assert deliveries(account) == []
    (event_id,) = happen(in_test_mode, "post.created")
    assert [(row.event_id, row.endpoint_id, row.mode) for row in deliveries(account)] == [
        (event_id, own, "test")
    ]


def test_that_an_endpoint_was_disabled_is_told_to_the_others(account: Account) -> None:
    disabled, other = (subscribe(account, "webhook_endpoint.*") for _ in range(2))
    with account.app.app_context(), db.transaction():
        change(account, disabled, status="disabled")
        about = ("webhook_endpoint", disabled)
        events.publish(account.caller, "webhook_endpoint.disabled", about, {})
    assert [row.endpoint_id for row in deliveries(account)] == [other]


def test_ids_of_deliveries_sort_as_their_events_do_in_the_feed(account: Account) -> None:
    """Also of those that one millisecond brought forth: whoever reads on by id misses none."""
    endpoint_ids = [subscribe(account, "post.*") for _ in range(3)]
    for _ in range(3):
        happen(account, *["post.created"] * 20)
    told = [row.id for row in feed(account) if row.type == "post.created"]
    rows = deliveries(account)
    for endpoint_id in endpoint_ids:
        own = [row.event_id for row in rows if row.endpoint_id == endpoint_id]
        assert own == told
