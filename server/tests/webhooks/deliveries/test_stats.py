"""Statistics: every attempt counted once, in its bucket, before and after it is summed."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from anthyx_server import clock, db
from anthyx_server.ids import id_of
from anthyx_server.webhooks.deliveries import histogram, jobs, rollup, stats
from anthyx_server.webhooks.models import WebhookAttempt, WebhookHour, WebhookMark
from tests.support.apps import Account
from tests.support.costs import cost, executed
from tests.support.problems import entries, problem
from tests.support.webhooks import add_attempts, add_delivery, add_endpoint

FROM = datetime(2026, 3, 28, 22, tzinfo=UTC)
FAILED = {"status_code": 500, "error_code": "status"}


def at(moment: datetime, number: int = 0, **values: Any) -> dict[str, Any]:
    """An attempt that was put on record as it began."""
    return {"started_at": moment, "id": id_of("att", moment, number), **values}


def read(account: Account, endpoint_id: str, **query: str) -> Any:
    return account.get(f"/webhook-endpoints/{endpoint_id}/stats", query_string=query)


def buckets(account: Account, endpoint_id: str, **query: str) -> list[tuple[Any, ...]]:
    """The buckets in which something is."""
    found = read(account, endpoint_id, **query).get_json()["data"]
    return [tuple(each.values()) for each in found if each["succeeded"] or each["failed"]]


def sum_up(account: Account) -> None:
    with account.app.app_context():
        jobs.sum_attempts()


@pytest.mark.parametrize("milliseconds", [0, 1, 63, 64, 65, 127, 128, 999, 15_000, 2**31])
def test_a_class_is_as_narrow_as_is_said(milliseconds: int) -> None:
    shown = histogram.percentile({histogram.class_of(milliseconds): 1}, 0.5)
    assert shown is not None
    assert abs(shown - milliseconds) <= milliseconds / 64
    assert milliseconds > 63 or shown == milliseconds


def test_percentiles_are_of_the_nearest_rank() -> None:
    counts = dict.fromkeys(range(1, 21), 1)
    for share, expected in ((0.0, 1), (0.05, 1), (0.5, 10), (0.51, 11), (0.95, 19), (1.0, 20)):
        assert histogram.percentile(counts, share) == expected
    assert histogram.percentile({}, 0.5) is None


def test_attempts_are_counted_the_same_before_and_after_they_are_summed(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    delivery_id = add_delivery(account, endpoint_id)
    hours = [FROM + timedelta(hours=number) for number in range(3)]
    last = hours[1] - timedelta(milliseconds=1)
    rows = [at(hours[0], number, duration_ms=number) for number in range(1, 21)]
    rows += [at(last, 1, duration_ms=2_000, **FAILED), at(hours[1], 2, duration_ms=7)]
    rows += [at(hours[2], 3, duration_ms=None, status_code=None, error_code="interrupted")]
    # An answer that was not whole in time is no success.
    rows += [at(hours[2], 4, duration_ms=15_000, status_code=200, error_code="timeout")]
    add_attempts(account, delivery_id, rows)
    add_attempts(account, add_delivery(account, add_endpoint(account)), [at(hours[1], 9)])
    span = {"from": clock.rfc3339(hours[0]), "to": clock.rfc3339(hours[2])}
    expected = [
        ("2026-03-28T22:00:00.000Z", 20, 1, 11, 20),
        ("2026-03-28T23:00:00.000Z", 1, 0, 7, 7),
        ("2026-03-29T00:00:00.000Z", 0, 2, 14975, 14975),
    ]
    days = [
        ("2026-03-28T00:00:00.000Z", 21, 1, 11, 20),
        ("2026-03-29T00:00:00.000Z", 0, 2, 14975, 14975),
    ]
    for _ in range(3):
        found = buckets(account, endpoint_id, **span)
        assert [abs(row[3] - wanted[3]) <= 120 for row, wanted in zip(found, expected, strict=True)]
        assert [row[:3] for row in found] == [row[:3] for row in expected]
        assert found[0] == expected[0]
        assert [row[:3] for row in buckets(account, endpoint_id, granularity="day", **span)] == [
            row[:3] for row in days
        ]
        sum_up(account)
    with account.app.app_context():
        assert db.db.session.scalar(sa.select(sa.func.count()).select_from(WebhookHour)) == 4


def test_what_is_on_record_for_less_than_a_minute_is_not_summed_yet(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    moment = clock.now()
    old = moment - rollup.SETTLED - timedelta(seconds=1)
    rows = [at(old, 1, duration_ms=5), at(moment, 2, duration_ms=9, **FAILED)]
    add_attempts(account, add_delivery(account, endpoint_id), rows)
    sum_up(account)
    with account.app.app_context():
        mark = db.db.session.get_one(WebhookMark, rollup.MARK)
        assert mark.attempt_id == rows[0]["id"]
    found = buckets(account, endpoint_id)
    assert (sum(row[1] for row in found), sum(row[2] for row in found)) == (1, 1)


def test_a_long_past_is_summed_in_batches_and_a_crash_changes_nothing(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollup, "_ROWS", 7)
    endpoint_id = add_endpoint(account)
    start = clock.now() - timedelta(hours=5)
    rows = [at(start + timedelta(minutes=number), number, duration_ms=5) for number in range(30)]
    add_attempts(account, add_delivery(account, endpoint_id), rows)
    with account.app.app_context():
        assert rollup.step()
        with monkeypatch.context() as patch:
            patch.setattr(rollup, "_store", lambda _: 1 // 0)
            with pytest.raises(ZeroDivisionError):
                rollup.step()
    sum_up(account)
    found = buckets(account, endpoint_id)
    assert sum(row[1] for row in found) == 30


def test_ranges_and_what_is_refused(account: Account, other_account: Account) -> None:
    endpoint_id = add_endpoint(account)
    for granularity, count in (("hour", 24), ("day", 30)):
        document = read(account, endpoint_id, granularity=granularity).get_json()
        assert len(document["data"]) == count
        assert document["data"][0]["start"] == document["start"]
        assert document["data"][-1] == {
            "start": document["data"][-1]["start"],
            "succeeded": 0,
            "failed": 0,
            "p50_ms": None,
            "p95_ms": None,
        }
    later = clock.rfc3339(clock.now() + timedelta(days=2))
    assert entries(read(account, endpoint_id, **{"from": later})) == {("from", "invalid")}
    far = {"from": "2020-01-01T00:00:00Z"}
    assert entries(read(account, endpoint_id, **far)) == {("from", "invalid")}
    problem(read(other_account, endpoint_id), 404, "not_found")


def test_a_long_past_costs_what_a_short_one_does(account: Account) -> None:
    endpoint_id = add_endpoint(account)
    delivery_id = add_delivery(account, endpoint_id)
    costs = []
    for rows in (100, 2_000):
        start = clock.now() - timedelta(hours=2)
        made = [at(start, rows + number, duration_ms=number % 300) for number in range(rows)]
        add_attempts(account, delivery_id, made)
        sum_up(account)
        with account.app.app_context():
            db.read_only()
            costs.append(_cost(account, endpoint_id))
    assert math.isclose(costs[0], costs[1], rel_tol=0.1, abs_tol=60), costs


def _cost(account: Account, endpoint_id: str) -> int:
    with executed(account.app) as asked:
        stats.read(account.caller, endpoint_id, {"granularity": "hour", "from_": None, "to": None})
    assert asked
    return sum(cost(each, (WebhookAttempt.__tablename__,)) for each in asked)
