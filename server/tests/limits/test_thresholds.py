"""`usage.threshold_reached`: 80 % and 100 % of a day, told once each by the worker."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from anthyx_server import clock, db, workspaces
from anthyx_server.limits import announce_plan, jobs, thresholds
from anthyx_server.limits.models import UsageNotice
from server.tests.keys.answers import document, events_of
from server.tests.limits.test_history import both_databases
from server.tests.limits.windows import Windows
from tests.support.apps import Account, make_account
from tests.support.costs import executed


def told(account: Account) -> list[tuple[int, int]]:
    """Let the worker run; thresholds and what was used, in the order in which they were told."""
    with account.app.app_context():
        jobs.store_usage()
    return [(each["threshold_percent"], each["used"]) for each in shown(account)]


def shown(account: Account) -> list[dict[str, Any]]:
    page = document(account.get("/events?after=oldest&types=usage.*&limit=100"))
    return [each["data"]["object"] for each in page["data"]]


def use(account: Account, windows: Windows, day: int) -> None:
    """Make a request after which so many of the day's are used; none, if that is all."""
    windows.use(account, day=day - 1)
    assert account.get("/workspace").status_code == 200


@both_databases
def test_each_threshold_is_told_once(starter: Account, windows: Windows) -> None:
    use(starter, windows, 3_999)
    assert told(starter) == []
    starter.get("/workspace")
    assert told(starter) == [(80, 4_000)]
    starter.get("/workspace")
    assert told(starter) == [(80, 4_000)]
    ends = windows.ends(starter)[1]
    windows.use(starter, day=4_999)
    windows.end_day(starter, ends)
    starter.get("/workspace")
    assert told(starter) == [(80, 4_000), (100, 5_000)]
    assert starter.get("/workspace").status_code == 429
    assert told(starter) == [(80, 4_000), (100, 5_000)]


@both_databases
def test_the_event_says_what_was_reached_and_when_it_ends(
    starter: Account, windows: Windows
) -> None:
    use(starter, windows, 4_100)
    told(starter)
    (event,) = [
        each for each in events_of(starter.app) if each["type"] == "usage.threshold_reached"
    ]
    assert event["subject"] == {"type": "api_key", "id": starter.key_id}
    assert (event["brand_id"], event["actor"]["type"], event["request"]) == (None, "system", None)
    day = document(starter.get("/usage"))["windows"][1]
    assert event["data"]["object"] == {
        "type": "usage",
        "key_id": starter.key_id,
        "family_id": starter.key_id,
        "window": "day",
        "threshold_percent": 80,
        "limit": 5_000,
        "used": 4_100,
        "resets_at": day["resets_at"],
    }


def test_what_was_passed_between_two_looks_is_told_in_order(
    starter: Account, windows: Windows
) -> None:
    use(starter, windows, 5_000)
    assert told(starter) == [(80, 5_000), (100, 5_000)]


def test_the_next_day_is_told_anew_and_a_day_that_is_over_is_not(
    starter: Account, windows: Windows
) -> None:
    use(starter, windows, 4_000)
    assert told(starter) == [(80, 4_000)]
    use(starter, windows, 5_000)
    windows.end_day(starter)  # before the worker looks
    assert told(starter) == [(80, 4_000)]
    use(starter, windows, 4_001)
    assert told(starter) == [(80, 4_000), (80, 4_001)]


def test_a_family_is_told_once_and_names_the_key_that_was_used_last(
    starter: Account, windows: Windows
) -> None:
    successor = document(starter.post(f"/api-keys/{starter.key_id}/rotate"), 201)
    use(starter, windows, 4_000)
    assert starter.get("/workspace", token=successor["secret"]).status_code == 200
    assert told(starter) == [(80, 4_001)]
    (event,) = shown(starter)
    assert (event["key_id"], event["family_id"]) == (successor["id"], starter.key_id)
    starter.get("/workspace")
    assert len(told(starter)) == 1


def test_each_mode_is_told_in_its_own_feed(starter: Account, windows: Windows) -> None:
    in_test_mode = starter.with_key(mode="test")
    use(in_test_mode, windows, 4_000)
    assert (told(starter), told(in_test_mode)) == ([], [(80, 4_000)])


def set_plan(account: Account, plan: str) -> None:
    with account.app.app_context(), db.transaction():
        announce_plan(workspaces.change_plan(account.workspace_id, plan))


def test_the_plan_of_now_counts_and_a_threshold_is_told_once_under_any_plan(
    starter: Account, windows: Windows
) -> None:
    use(starter, windows, 4_000)
    set_plan(starter, "growth")
    assert told(starter) == []
    set_plan(starter, "starter")
    starter.get("/workspace")
    assert told(starter) == [(80, 4_001)]
    windows_end = windows.ends(starter)[1]
    set_plan(starter, "growth")
    windows.use(starter, day=39_999)
    windows.end_day(starter, windows_end)
    starter.get("/workspace")
    assert told(starter) == [(80, 4_001)]
    set_plan(starter, "starter")  # under which more than everything is used
    starter.get("/workspace")
    assert told(starter) == [(80, 4_001), (100, 40_000)]


def test_an_unlimited_day_has_no_thresholds(account: Account, windows: Windows) -> None:
    use(account, windows, 1_000_000)
    assert told(account) == []


@both_databases
def test_workers_that_run_at_once_tell_once(starter: Account, windows: Windows) -> None:
    others = [make_account(starter.app, "free") for _ in range(3)]
    for each in (starter, *others):
        use(each, windows, 5_000)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(told, [starter, *others]))
    for each in (starter, *others):
        assert told(each) == [(80, 5_000), (100, 5_000)]


@both_databases
def test_what_a_crash_interrupts_is_told_by_the_next_run(
    starter: Account, windows: Windows, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(starter, windows, 4_000)
    publish = thresholds._publish  # noqa: SLF001

    def crash(*arguments: Any) -> None:
        publish(*arguments)
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(thresholds, "_publish", crash)
        with pytest.raises(MemoryError):
            told(starter)
    assert shown(starter) == []
    assert told(starter) == [(80, 4_000)]


def test_it_costs_a_request_nothing(starter: Account, windows: Windows) -> None:
    starter.get("/usage")
    with executed(starter.app) as found:
        use(starter, windows, 5_000)
    assert [text.split()[0] for text, _ in found] == ["SELECT"]


@both_databases
def test_what_was_told_of_days_long_over_is_forgotten(starter: Account, windows: Windows) -> None:
    use(starter, windows, 4_000)
    told(starter)
    forget = {timedelta(hours=12): 1, timedelta(days=2, hours=1): 0}
    for ago, kept in forget.items():
        with starter.app.app_context(), db.transaction():
            notice = db.db.session.query(UsageNotice).one()
            notice.window_ends_at = clock.now() - ago
        with starter.app.app_context():
            jobs.forget_usage_notices()
            assert db.db.session.query(UsageNotice).count() == kept
