"""Settings → Integrations → Usage: what is counted, against which limit, and for whom."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from anthyx_server import clock, db
from anthyx_server.limits import families, jobs
from anthyx_server.limits.models import UsageHour
from anthyx_server.limits.periods import Period
from anthyx_server.workspaces import Workspace
from server.tests.limits.windows import Windows
from tests.support.apps import Account, make_account
from tests.support.costs import executed
from tests.support.page_visits import text_of, visit
from tests.support.redis import RedisServer

PATH = "/settings/integrations/usage"
both_databases = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


def store(account: Account, hours_ago: int, accepted: int, limited: int = 0) -> None:
    """Requests of a key in one hour, as the worker stored them."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_ago)
    row = UsageHour(
        workspace_id=account.workspace_id,
        mode=account.mode,
        key_id=account.key_id,
        hour=hour,
        source="stored",
        accepted=accepted,
        limited=limited,
    )
    with account.app.app_context(), db.transaction():
        db.db.session.add(row)


def numbers(account_csv: str) -> list[tuple[int, int]]:
    """What was accepted and limited, by the lines of the file."""
    lines = list(csv.DictReader(io.StringIO(account_csv)))
    return [(int(each["accepted"]), int(each["limited"])) for each in lines]


@both_databases
def test_it_shows_what_was_accepted_and_refused_and_the_windows_now(
    starter: Account, windows: Windows
) -> None:
    store(starter, 3, 200, 7)
    windows.use(starter, minute=58, day=1_200)
    for _ in range(3):
        starter.get("/brands")
    text = text_of(visit(starter).get(PATH))
    assert "60 requests a minute and 5,000 a day" in text
    assert "202 accepted 8 refused (429)" in text
    assert "60 of 60" in text
    assert "1,202 of 5,000 ends" in text
    assert "used up" in text
    assert "Requests were refused." in text


@both_databases
def test_what_is_counted_is_the_same_before_and_after_it_is_stored(starter: Account) -> None:
    store(starter, 1, 10)
    person = visit(starter)
    for _ in range(4):
        starter.get("/brands")
    before = person.get(f"{PATH}.csv")
    with starter.app.app_context():
        jobs.store_usage()
    assert person.get(f"{PATH}.csv") == before
    assert numbers(before)[-2:] == [(10, 0), (4, 0)]
    starter.get("/brands")
    assert numbers(person.get(f"{PATH}.csv"))[-2:] == [(10, 0), (5, 0)]


def test_a_chosen_key_is_shown_against_its_limit(starter: Account) -> None:
    other = starter.with_key(name="Zapier integration")
    store(starter, 2, 100)
    store(other, 2, 30, 5)
    person = visit(starter)
    everything = person.get(PATH)
    assert 'class="limit"' not in everything, "limits are a key's: all together have none"
    assert "130 accepted 5 refused" in text_of(everything)
    chosen = person.get(f"{PATH}?key={other.key_id}")
    assert "30 accepted 5 refused" in text_of(chosen)
    assert "208 an hour: at this pace 5,000 last a day" in text_of(chosen)
    by_day = person.get(f"{PATH}?key={other.key_id}&period=day")
    assert "Limit: 5,000 a day" in text_of(by_day)
    assert 'class="limit"' in chosen
    assert 'class="limit"' in by_day


def test_refused_requests_are_told_apart_without_color(starter: Account) -> None:
    store(starter, 2, 30, 5)
    page = visit(starter).get(PATH)
    assert 'fill="url(#requests-hatch)" x=' in page
    assert "30 accepted, 5 refused</title>" in page
    assert 'role="img" aria-labelledby="requests-title"' in page


def test_the_busiest_keys_come_first_page_by_page(account: Account) -> None:
    made = [account.with_key(name=f"Key {number:02}") for number in range(24)]
    for number, each in enumerate(made):
        store(each, 1, 10 + number)
    person = visit(account)
    first, second = (person.get(f"{PATH}?page={number}") for number in (1, 2))
    assert re.findall(r"<bdi>(Key \d\d)</bdi>", first) == [f"Key {n:02}" for n in range(23, 3, -1)]
    assert re.findall(r"<bdi>(Key \d\d)</bdi>", second) == [f"Key {n:02}" for n in range(3, -1, -1)]
    assert "Page 1 of 2" in text_of(first)


def test_many_keys_cost_no_more_statements(account: Account) -> None:
    account.with_key()
    person = visit(account)
    person.get(PATH)
    few = count_statements(account.app, lambda: person.get(PATH))
    for number in range(25):
        account.with_key(name=f"Key {number}")
    assert count_statements(account.app, lambda: person.get(PATH)) == few


def count_statements(app: Flask, act: Callable[[], object]) -> int:
    """How many statements the database is sent."""
    with executed(app) as found:
        act()
    return len(found)


def test_a_rotated_key_counts_with_the_one_it_replaced(starter: Account, windows: Windows) -> None:
    store(starter, 2, 40)
    windows.use(starter, minute=1, day=40)
    rotated = starter.post(f"/api-keys/{starter.key_id}/rotate").get_json()
    answer = starter.request("GET", "/brands", token=rotated["secret"])
    assert answer.status_code == 200
    page = visit(starter).get(PATH)
    assert page.count('data-label="This day"') == 1, "they are one line"
    assert "42 accepted" in text_of(page), "two requests of now and those that were stored"
    assert "42 of 5,000" in text_of(page)


def test_agency_has_no_limit_per_day(app: Flask) -> None:
    account = make_account(app, "agency")
    store(account, 1, 20_000)
    text = text_of(visit(account).get(PATH))
    assert "as many as you like a day" in text
    assert "no limit" in text
    assert "Limit: 60,000 an hour, 1,000 in each minute" in text
    store(account, 2, 1)
    assert "Limit:" not in text_of(visit(account).get(f"{PATH}?period=day"))


def test_without_redis_it_shows_what_was_stored(
    starter: Account, redis_server: RedisServer
) -> None:
    store(starter, 2, 40)
    person = visit(starter)
    redis_server.kill()
    text = text_of(person.get(PATH))
    assert "40 accepted" in text
    assert "The counters can't be reached at the moment." in text


def test_times_are_those_of_the_workspace(starter: Account) -> None:
    with starter.app.app_context(), db.transaction():
        workspace = db.db.session.get(Workspace, starter.workspace_id)
        assert workspace is not None
        workspace.timezone = "Asia/Kolkata"
    store(starter, 2, 40)
    hour = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
    shown = hour.astimezone(ZoneInfo("Asia/Kolkata"))
    page = visit(starter).get(PATH)
    assert f'title="{hour:%Y-%m-%d %H:%M:%S} UTC">{shown:%b} {shown.day}, {shown:%H}:30<' in page
    assert "Times are those of Asia/Kolkata." in text_of(page)


@pytest.mark.parametrize("name", ["Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "UTC"])
def test_every_hour_is_in_the_day_that_it_begins_in(name: str) -> None:
    zone = ZoneInfo(name)
    start = datetime(2026, 10, 12, 23, tzinfo=UTC)
    hours = [start + timedelta(hours=index) for index in range(29 * 24)]
    days = Period("day", start, hours[-1] + timedelta(hours=1), zone).stretches(
        dict.fromkeys(hours, (1, 0))
    )
    assert sum(day.accepted for day in days) == len(hours)
    assert [day.start.astimezone(zone).hour for day in days] == [0] * 30


def test_an_old_hour_is_not_asked_of_a_key_that_nobody_used(starter: Account) -> None:
    quiet = starter.with_key(name="Never used")
    gone = starter.with_key(name="Gone and never used")
    starter.delete(f"/api-keys/{gone.key_id}")
    with starter.app.app_context():
        now = clock.now()
        found = families.list_families(starter.caller, now - timedelta(hours=1), now)
    assert [each.id for each in found if each.name.endswith("used")] == [quiet.key_id]


@pytest.mark.parametrize("role", ["editor", "reviewer"])
def test_only_owners_and_admins_see_it(starter: Account, role: str) -> None:
    person = visit(starter, role)
    person.get(PATH, 403)
    person.get(f"{PATH}.csv", 403)
    assert visit(starter, "admin").get(PATH)


def test_keys_of_others_and_of_the_other_mode_are_not_found(
    starter: Account, other_account: Account
) -> None:
    test = starter.with_key(mode="test", name="Of the other mode")
    store(test, 1, 77)
    store(other_account, 1, 77)
    person = visit(starter)
    for account in (test, other_account):
        person.get(f"{PATH}?key={account.key_id}", 404)
        person.get(f"{PATH}.csv?key={account.key_id}", 404)
    assert "77" not in text_of(person.get(PATH))
    assert "77 accepted" in text_of(visit(starter, mode="test").get(PATH))


def test_names_can_not_inject_markup(starter: Account) -> None:
    other = starter.with_key(name='<script>x</script>"><b>')
    page = visit(starter).get(f"{PATH}?key={other.key_id}")
    assert "<script>x" not in page
    assert "&lt;script&gt;x&lt;/script&gt;&#34;&gt;&lt;b&gt;" in page


def test_a_name_can_not_run_as_a_formula(starter: Account) -> None:
    other = starter.with_key(name="=1+1")
    assert "'=1+1" in visit(starter).get(f"{PATH}.csv?key={other.key_id}")


def test_the_file_is_kept_by_nobody_else(starter: Account) -> None:
    answer = visit(starter).client.get(f"{PATH}.csv?period=day")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="usage-by-day.csv"'
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert len(answer.text.splitlines()) == 31


def test_without_a_key_it_says_how_to_begin(starter: Account) -> None:
    person = visit(starter, mode="test")
    assert "No key yet" in text_of(person.get(PATH))


def test_what_it_can_not_show_is_refused(starter: Account) -> None:
    person = visit(starter)
    for query in ("?period=week", "?key=brand_1", "?page=0", "?unknown=1"):
        person.get(PATH + query, 422)
