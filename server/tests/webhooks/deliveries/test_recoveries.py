"""Recoveries and the backlog: what is meant, how fast it is queued, what interrupts it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from anthyx_server import clock, db, events
from anthyx_server.webhooks import disabling
from anthyx_server.webhooks.deliveries import jobs, recovering
from anthyx_server.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookRecovery
from tests.support.apps import Account
from tests.support.problems import entries, problem
from tests.support.webhooks import (
    add_deliveries,
    add_delivery,
    add_endpoint,
    add_recovery,
    change,
    change_endpoint,
    disable_endpoint,
    read_row,
)


def enable(account: Account, endpoint_id: str, backlog: Any, **options: Any) -> Any:
    path = f"/webhook-endpoints/{endpoint_id}/enable"
    return account.post(path, json={"backlog": backlog}, **options)


def recover(account: Account, endpoint_id: str, **body: Any) -> Any:
    body.setdefault("since", clock.rfc3339(clock.now() - timedelta(days=1)))
    return account.post(f"/webhook-endpoints/{endpoint_id}/recover", json=body)


def advance(account: Account) -> None:
    """What the worker does each second."""
    with account.app.app_context():
        jobs.advance_recoveries()


def shown(account: Account, recovery_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = account.get(f"/webhook-recoveries/{recovery_id}").get_json()
    return answer


def queued(account: Account, recovery_id: str) -> list[str]:
    """The deliveries that wait because of a recovery."""
    query = sa.select(WebhookDelivery.id).where(
        WebhookDelivery.recovery_id == recovery_id, WebhookDelivery.next_attempt_at.is_not(None)
    )
    with account.app.app_context():
        return sorted(db.db.session.scalars(query))


def send_all(account: Account, endpoint_id: str) -> int:
    """What the engine does, with a receiver that takes everything; how many were due."""
    due = sa.update(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.next_attempt_at <= clock.now()
    )
    sent = due.values(status="succeeded", next_attempt_at=None, completed_at=clock.now())
    with account.app.app_context(), db.transaction():
        return db.db.session.connection().execute(sent).rowcount


def run_to_the_end(account: Account, endpoint_id: str, recovery_id: str) -> list[int]:
    """Advance and send in turns; how many were sent each time."""
    sent = []
    while not shown(account, recovery_id)["done"]:
        advance(account)
        sent.append(send_all(account, endpoint_id))
    return sent


def test_what_failed_since_a_time_waits_again(account: Account) -> None:
    endpoint_id, other_id = add_endpoint(account), add_endpoint(account)
    since = clock.now() - timedelta(hours=2)
    late, early = since, since - timedelta(milliseconds=1)
    meant = {
        status: add_delivery(account, endpoint_id, status=status, created_at=late, round_attempts=9)
        for status in ("dead", "failed", "skipped")
    }
    spared = [
        *add_deliveries(account, endpoint_id, [{"status": s} for s in ("pending", "succeeded")]),
        add_delivery(account, endpoint_id, status="dead", created_at=early),
        add_delivery(account, other_id, status="dead"),
        add_delivery(account, endpoint_id, status="failed", lease="token"),
    ]
    answer = recover(account, endpoint_id, since=clock.rfc3339(since))
    assert answer.status_code == 202
    recovery = answer.get_json()
    assert answer.headers["Location"] == f"/v1/webhook-recoveries/{recovery['id']}"
    assert (recovery["matched"], recovery["queued"], recovery["done"]) == (4, 0, False)
    advance(account)
    assert queued(account, recovery["id"]) == sorted(meant.values())
    for status, delivery_id in meant.items():
        row = read_row(account, WebhookDelivery, delivery_id)
        assert row.status == ("failed" if status == "failed" else "pending")
        assert (row.trigger, row.round_attempts, row.completed_at) == ("recovery", 0, None)
        assert row.next_attempt_at <= clock.now()
    after = [read_row(account, WebhookDelivery, each) for each in spared]
    assert [row.status for row in after] == ["pending", "succeeded", "dead", "dead", "failed"]
    assert {row.recovery_id for row in after} == {None}
    # One that was under way goes on by itself.
    advance(account)
    assert shown(account, recovery["id"])["queued"] == 3
    send_all(account, endpoint_id)
    advance(account)
    finished = shown(account, recovery["id"])
    assert (finished["matched"], finished["queued"], finished["done"]) == (4, 3, True)


def test_a_dry_run_counts_and_changes_nothing(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    made = add_deliveries(account, endpoint_id, [{"status": "dead"}] * 3)
    answer = recover(account, endpoint_id, dry_run=True)
    assert answer.status_code == 200
    assert (answer.get_json()["matched"], answer.get_json()["id"]) == (3, None)
    advance(account)
    assert {read_row(account, WebhookDelivery, each).status for each in made} == {"dead"}
    with account.app.app_context():
        assert db.db.session.scalar(sa.select(sa.func.count()).select_from(WebhookRecovery)) == 0
    assert account.get("/audit-log?action=webhook_endpoint.recovered").get_json()["data"] == []


def test_many_are_sent_faster_and_faster_and_none_is_left(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    made = add_deliveries(account, endpoint_id, [{"status": "dead"}] * 500)
    recovery_id = recover(account, endpoint_id).get_json()["id"]
    sent = run_to_the_end(account, endpoint_id, recovery_id)
    assert sent[:5] == [10, 20, 40, 80, 160]
    assert sum(sent) == len(made)
    assert shown(account, recovery_id)["queued"] == 500
    with account.app.app_context():
        query = sa.select(WebhookDelivery.status, WebhookDelivery.recovery_id).distinct()
        assert db.db.session.execute(query).all() == [("succeeded", recovery_id)]


def test_never_more_are_due_than_its_pace(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    add_deliveries(account, endpoint_id, [{"status": "dead"}] * 60)
    recovery_id = recover(account, endpoint_id).get_json()["id"]
    for _ in range(5):
        advance(account)
        assert len(queued(account, recovery_id)) == 10
    assert send_all(account, endpoint_id) == 10
    # What is new is due too, and goes first.
    now = clock.now()
    add_deliveries(account, endpoint_id, [{"status": "pending", "next_attempt_at": now}] * 15)
    advance(account)
    assert queued(account, recovery_id) == []
    assert send_all(account, endpoint_id) == 15
    advance(account)
    assert len(queued(account, recovery_id)) == 20


def test_an_endpoint_with_a_rate_gets_no_more_than_ten_seconds_of_it(account: Account) -> None:
    endpoint_id = add_endpoint(account, rate_per_second=2)
    add_deliveries(account, endpoint_id, [{"status": "dead"}] * 100)
    recovery_id = recover(account, endpoint_id).get_json()["id"]
    assert max(run_to_the_end(account, endpoint_id, recovery_id)) == 20


def test_what_fails_again_is_not_recovered_twice(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    made = add_deliveries(account, endpoint_id, [{"status": "dead"}] * 15)
    recovery_id = recover(account, endpoint_id).get_json()["id"]
    for _ in range(6):
        advance(account)
        for delivery_id in queued(account, recovery_id):
            values = {"status": "dead", "next_attempt_at": None}
            change(account, WebhookDelivery, delivery_id, **values)
    finished = shown(account, recovery_id)
    assert (finished["queued"], finished["done"]) == (len(made), True)


def test_a_second_recovery_waits_for_the_first(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    add_deliveries(account, endpoint_id, [{"status": "dead"}] * 3)
    recovery_id = recover(account, endpoint_id).get_json()["id"]
    refused = problem(recover(account, endpoint_id), 409, "recovery_in_progress")
    assert refused["recovery_id"] == recovery_id
    run_to_the_end(account, endpoint_id, recovery_id)
    again = recover(account, endpoint_id).get_json()
    assert (again["matched"], again["done"]) == (0, True)


def test_a_recovery_rests_while_its_endpoint_is_disabled(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    add_deliveries(account, endpoint_id, [{"status": "dead"}] * 15)
    recovery_id = recover(account, endpoint_id).get_json()["id"]
    advance(account)
    disable_endpoint(account, endpoint_id)
    send_all(account, endpoint_id)
    advance(account)
    assert shown(account, recovery_id)["queued"] == 10
    problem(recover(account, endpoint_id), 409, "endpoint_disabled")
    # What is left of it is sent with the backlog.
    add_delivery(account, endpoint_id, status="skipped")
    backlog = enable(account, endpoint_id, "all").get_json()
    assert shown(account, recovery_id)["done"]
    assert backlog["matched"] == 6
    assert sum(run_to_the_end(account, endpoint_id, backlog["id"])) == 6


def test_a_recovery_of_a_deleted_endpoint_ends(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    add_deliveries(account, endpoint_id, [{"status": "dead"}] * 3)
    recovery_id = recover(account, endpoint_id).get_json()["id"]
    change_endpoint(account, endpoint_id, deleted_at=clock.now())
    advance(account)
    finished = shown(account, recovery_id)
    assert (finished["queued"], finished["done"]) == (0, True)
    problem(recover(account, endpoint_id), 404, "not_found")
    problem(enable(account, endpoint_id, "none"), 404, "not_found")


def test_a_crash_at_any_moment_is_made_good(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_id = add_endpoint(account)
    add_deliveries(account, endpoint_id, [{"status": "dead"}] * 25)
    recovery_id = recover(account, endpoint_id).get_json()["id"]
    for name in ("_room", "_next", "_queue", "wake_at_commit"):
        with monkeypatch.context() as patch:
            patch.setattr(recovering, name, _crash)
            with pytest.raises(ZeroDivisionError):
                advance(account)
        assert queued(account, recovery_id) == []
        assert shown(account, recovery_id)["queued"] == 0
    assert sum(run_to_the_end(account, endpoint_id, recovery_id)) == 25


def _crash(*_: Any) -> int:
    return 1 // 0


def test_two_workers_do_not_queue_twice(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    add_deliveries(account, endpoint_id, [{"status": "dead"}] * 30)
    recovery_id = recover(account, endpoint_id).get_json()["id"]
    threads = [threading.Thread(target=advance, args=(account,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(queued(account, recovery_id)) == shown(account, recovery_id)["queued"] == 10


@pytest.mark.parametrize(("backlog", "sent"), [("none", 0), ("all", 3), ("since", 2)])
def test_enabling_sends_what_is_asked_for(account: Account, backlog: str, sent: int) -> None:
    endpoint_id = add_endpoint(account)
    long_ago = clock.now() - timedelta(hours=3)
    # Missed when it was disabled before, and given up then.
    add_delivery(account, endpoint_id, status="skipped", created_at=long_ago)
    add_delivery(account, endpoint_id, status="dead")
    since = disable_endpoint(account, endpoint_id)
    # It waited when the endpoint was disabled, and was skipped then.
    waited = {"created_at": since - timedelta(hours=2), "completed_at": since}
    add_delivery(account, endpoint_id, status="skipped", **waited)
    add_deliveries(account, endpoint_id, [{"status": "skipped", "created_at": since}] * 2)
    asked = {"since": clock.rfc3339(since)} if backlog == "since" else backlog
    answer = enable(account, endpoint_id, asked)
    assert answer.status_code == 202
    recovery = answer.get_json()
    assert (recovery["matched"], recovery["done"]) == (sent, sent == 0)
    endpoint = read_row(account, WebhookEndpoint, endpoint_id)
    assert (endpoint.status, endpoint.disabled_at, endpoint.version) == ("enabled", None, 2)
    assert sum(run_to_the_end(account, endpoint_id, recovery["id"])) == sent
    state = problem(enable(account, endpoint_id, asked), 409, "invalid_state")["state"]
    assert state == "enabled"


def test_what_is_skipped_as_the_worker_passes_is_found_in_the_end(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    since = disable_endpoint(account, endpoint_id)
    made = add_deliveries(account, endpoint_id, [{"status": "skipped", "created_at": since}] * 3)
    waits = {"status": "pending", "next_attempt_at": None, "completed_at": None}
    change(account, WebhookDelivery, made[0], **waits)
    recovery_id = enable(account, endpoint_id, "all").get_json()["id"]
    advance(account)
    assert send_all(account, endpoint_id) == 2
    change(account, WebhookDelivery, made[0], status="skipped", completed_at=clock.now())
    assert sum(run_to_the_end(account, endpoint_id, recovery_id)) == 1


def test_no_event_falls_between_the_backlog_and_the_new_ones(account: Account) -> None:
    endpoint_id = add_endpoint(account, event_types=["*"])
    with account.app.app_context(), db.transaction():
        endpoint = db.db.session.get_one(WebhookEndpoint, endpoint_id)
        disabling.disable(account.caller, endpoint, disabling.REQUESTED)
    end = threading.Event()
    published: list[str] = []

    def publish() -> None:
        while not end.is_set():
            with account.app.app_context(), db.transaction():
                about = ("brand", "brand_of_nobody")
                published.append(events.publish(account.caller, "brand.updated", about, {}).id)

    threads = [threading.Thread(target=publish) for _ in range(3)]
    for thread in threads:
        thread.start()
    wait_for(published, 20)
    answer = enable(account, endpoint_id, "all")
    wait_for(published, len(published) + 20)
    end.set()
    for thread in threads:
        thread.join()
    recovery = answer.get_json()
    with account.app.app_context():
        rows = db.db.session.execute(sa.select(WebhookDelivery.event_id, WebhookDelivery.status))
        status_of = {row.event_id: row.status for row in rows}
    assert status_of.keys() == set(published), "each once"
    skipped = [each for each in published if status_of[each] == "skipped"]
    assert len(skipped) == recovery["matched"] > 0
    sent = run_to_the_end(account, endpoint_id, recovery["id"])
    assert sum(sent) == len(published)


def wait_for(found: Sequence[str], count: int) -> None:
    """Until there are so many."""
    while len(found) < count:
        threading.Event().wait(0.005)


def test_a_backlog_must_be_said(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    disable_endpoint(account, endpoint_id)
    wrong: list[Any] = [None, "some", 5, [], {}, {"since": "noon"}, {"until": "x"}]
    for backlog in wrong:
        ((place, _),) = entries(enable(account, endpoint_id, backlog))
        assert place.startswith("/backlog")
    path = f"/webhook-endpoints/{endpoint_id}/enable"
    assert entries(account.post(path, json={})) == {("/backlog", "required")}
    assert read_row(account, WebhookEndpoint, endpoint_id).status == "disabled"


def test_a_time_that_nothing_is_kept_from_is_refused(account: Account) -> None:
    enabled, disabled = add_endpoint(account), add_endpoint(account)
    disable_endpoint(account, disabled)
    for days in (-1, 31):
        since = clock.rfc3339(clock.now() - timedelta(days=days))
        assert entries(recover(account, enabled, since=since)) == {("/since", "invalid")}
        wrong = enable(account, disabled, {"since": since})
        assert entries(wrong) == {("/backlog/since", "invalid")}


def test_a_stale_version_is_not_enabled(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    disable_endpoint(account, endpoint_id)
    stale = {"If-Match": '"7"'}
    problem(enable(account, endpoint_id, "all", headers=stale), 412, "precondition_failed")
    assert enable(account, endpoint_id, "all", headers={"If-Match": '"1"'}).status_code == 202


def test_a_key_of_some_brands_recovers_its_endpoints_alone(account: Account) -> None:
    brand_id = account.post("/brands", json={"name": "Own"}).get_json()["id"]
    scopes = ["webhooks:read", "webhooks:write"]
    key = account.with_key(brand_ids=[brand_id], scopes=scopes)
    own, wide = add_endpoint(account, brand_ids=[brand_id]), add_endpoint(account)
    assert recover(key, own).status_code == 202
    problem(recover(key, wide), 404, "not_found")
    problem(key.get(f"/webhook-endpoints/{wide}/stats"), 404, "not_found")
    problem(key.get(f"/webhook-recoveries/{add_recovery(account, wide)}"), 404, "not_found")
    assert shown(key, add_recovery(account, own))["done"]
