"""`GET /v1/events?after=`: what was committed since, in that order, each event once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event as Signal

import pytest
from werkzeug.test import TestResponse

from anthyx_server import db, events
from server.tests.events.happenings import happen, ids, page, poll_all
from server.tests.keys.answers import problem
from server.tests.keys.passing import Calendar
from tests.support.apps import Account
from tests.support.redis import RedisServer

SECONDS = 20.0
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def test_events_come_in_the_order_in_which_they_happened(account: Account) -> None:
    first = happen(account, "post.created")
    later = happen(account, *["post.updated", "post.approved", "post.scheduled"] * 4)
    assert ids(account, f"after={first[0]}&limit=5") == later[:5]
    assert page(account, f"after={first[0]}&limit=12")["has_more"] is False
    assert page(account, f"after={first[0]}&limit=11")["has_more"] is True
    assert poll_all(account, first[0], "&limit=5") == later
    assert poll_all(account, "oldest", "&types=post.*&limit=2") == first + later
    assert page(account, f"after={later[-1]}") == {
        "data": [],
        "has_more": False,
        "next_cursor": None,
    }
    assert ids(account, f"after={later[1]}&types=post.approved") == later[4::3]


@on_postgresql
def test_an_event_that_commits_later_comes_later(account: Account) -> None:
    """Though it was published, and got its id, before the other: nobody passes it over."""
    start = happen(account, "post.created")[0]
    is_written, may_commit = Signal(), Signal()

    def slow() -> str:
        with account.app.app_context(), db.transaction():
            event = events.publish(account.caller, "post.updated", ("post", "post_1"), {})
            db.db.session.flush()
            is_written.set()
            assert may_commit.wait(SECONDS)
            return event.id

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(slow)
        assert is_written.wait(SECONDS)
        quick = happen(account, "post.approved")[0]
        seen = ids(account, f"after={start}")
        may_commit.set()
        late = writing.result(SECONDS)
    assert seen == [quick]
    assert ids(account, f"after={quick}") == [late]
    assert ids(account, f"after={start}") == [quick, late]


def test_what_is_rolled_back_never_happened(account: Account) -> None:
    start = happen(account, "post.created")[0]
    about = ("post", "post_1")

    def fail() -> None:
        with account.app.app_context(), db.transaction():
            events.publish(account.caller, "post.updated", about, {})
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    kept: list[str] = []
    with account.app.app_context(), db.transaction():
        session = db.db.session()
        kept.append(events.publish(account.caller, "post.updated", about, {}).id)
        with session.begin_nested() as savepoint:
            events.publish(account.caller, "post.deleted", about, {})
            savepoint.rollback()
        with session.begin_nested():
            kept.append(events.publish(account.caller, "post.approved", about, {}).id)
        kept.append(events.publish(account.caller, "post.scheduled", about, {}).id)
    assert ids(account, f"after={start}") == kept


def test_transactions_that_publish_in_several_feeds_do_not_deadlock(
    account: Account, other_account: Account
) -> None:
    def both(callers: list[Account]) -> None:
        for _ in range(15):
            with account.app.app_context(), db.transaction():
                for each in callers:
                    events.publish(each.caller, "post.created", ("post", "post_1"), {})

    here, there = [account, other_account], [other_account, account]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(both, [here, there, here, there]))
    for each in (account, other_account):
        assert len(ids(each, "after=oldest&types=post.*&limit=100")) == 60


def test_a_clock_that_goes_back_turns_nothing_around(account: Account, calendar: Calendar) -> None:
    happened = happen(account, "post.created")
    for minutes in (-10, -5, 20, -60):
        calendar.now += timedelta(minutes=minutes)
        happened += happen(account, "post.updated", "post.approved")
    assert poll_all(account, "oldest", "&types=post.*&limit=2") == happened
    assert ids(account, "types=post.*") == happened[::-1]


def test_an_unknown_event_leads_nowhere(account: Account) -> None:
    for after in ("", "x", "evt_1", "%00", "evt_" + "0" * 26, "post_" + "0" * 26):
        told = problem(account.get(f"/events?after={after}&wait=20"), 400, "invalid_cursor")
        assert "after=oldest" in told["detail"]


def test_an_event_that_is_no_longer_kept_leads_nowhere(
    account: Account, calendar: Calendar
) -> None:
    old = happen(account, "post.created")[0]
    calendar.now += timedelta(days=29)
    kept = happen(account, "post.created")
    assert ids(account, f"after={old}") == kept
    calendar.now += timedelta(days=2)
    problem(account.get(f"/events?after={old}"), 400, "invalid_cursor")
    assert ids(account, "after=oldest") == kept


def polls(account: Account, count: int) -> list[TestResponse]:
    return [account.get("/events?after=oldest&limit=1") for _ in range(count)]


def used(account: Account) -> list[int]:
    return [each["used"] for each in account.get("/usage").get_json()["windows"]]


def test_polls_have_a_window_of_their_own_for_the_whole_family(account: Account) -> None:
    answers = polls(account, 59)
    rotated = account.post(f"/api-keys/{account.key_id}/rotate").get_json()["secret"]
    other = account.with_key()
    before = used(account)
    successor = account.get("/events?after=oldest", token=rotated)
    assert {each.status_code for each in [*answers, successor]} == {200}
    refused = polls(account, 1)[0]
    told = problem(refused, 429, "rate_limit_exceeded")
    assert (told["window"], told["limit"]) == ("minute", 60)
    assert refused.headers["Retry-After"] == str(told["retry_after"])
    assert refused.headers["X-RateLimit-Limit"] == "1000"
    assert used(account) == before == [1]
    problem(account.get("/events?after=&wait=x", token=rotated), 429, "rate_limit_exceeded")
    assert polls(other, 1)[0].status_code == 200
    # What does not poll counts against the plan's windows, and is not held up.
    assert account.get("/events").status_code == 200
    assert used(account) == [2]


def test_polls_go_on_while_redis_is_away(account: Account, redis_server: RedisServer) -> None:
    happened = happen(account, "post.created")
    redis_server.kill()
    assert ids(account, "after=oldest&types=post.*") == happened
    statuses = [each.status_code for each in polls(account, 60)]
    assert statuses == [200] * 59 + [429]
