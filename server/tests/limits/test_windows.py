"""The windows themselves: when they open and end, whose they are, what a plan does to them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from anthyx_server import db, workspaces
from anthyx_server.limits import announce_plan
from server.tests.limits.windows import Windows
from tests.support.apps import Account, make_account

MINUTE, DAY = 60_000, 86_400_000


def change_plan(account: Account, plan: str) -> None:
    with account.app.app_context(), db.transaction():
        announce_plan(workspaces.change_plan(account.workspace_id, plan))


def rotate(account: Account, **body: int) -> Account:
    """The account with its key's successor."""
    answer = account.post(f"/api-keys/{account.key_id}/rotate", json=body)
    assert answer.status_code == 201, answer.text
    made = answer.get_json()
    return replace(account, key_id=made["id"], token=made["secret"])


def test_the_first_request_opens_windows_of_60_and_86400_seconds(
    starter: Account, windows: Windows
) -> None:
    starter.get("/usage")
    assert windows.ends(starter) == (0, 0)
    before = windows.now_ms()
    starter.get("/brands")
    after = windows.now_ms()
    minute, day = windows.ends(starter)
    assert before + MINUTE <= minute <= after + MINUTE
    assert before + DAY <= day <= after + DAY
    for _ in range(3):
        starter.get("/brands")
    assert windows.ends(starter) == (minute, day)
    assert windows.used(starter) == (4, 4)


def test_a_window_holds_to_its_last_millisecond_and_no_longer(
    starter: Account, windows: Windows
) -> None:
    windows.use(starter, minute=60, day=60)
    windows.end_minute(starter, windows.now_ms() + 2_000)
    assert starter.get("/brands").status_code == 429
    windows.end_minute(starter, windows.now_ms())
    assert starter.get("/brands").status_code == 200


def test_after_its_end_a_minute_starts_anew_and_the_day_goes_on(
    starter: Account, windows: Windows
) -> None:
    windows.use(starter, minute=60, day=60)
    day = windows.ends(starter)[1]
    windows.end_minute(starter)
    assert starter.get("/usage").get_json()["windows"][0]["resets_at"] is None
    before = windows.now_ms()
    assert starter.get("/brands").status_code == 200
    assert windows.used(starter) == (1, 61)
    assert windows.ends(starter)[0] >= before + MINUTE
    assert windows.ends(starter)[1] == day


def test_after_its_end_a_day_starts_anew_and_the_minute_goes_on(
    starter: Account, windows: Windows
) -> None:
    windows.use(starter, minute=5, day=5_000)
    assert starter.get("/brands").status_code == 429
    windows.end_day(starter)
    assert starter.get("/brands").status_code == 200
    assert windows.used(starter) == (6, 1)


def test_what_one_window_refuses_consumes_the_other_no_more(
    starter: Account, windows: Windows
) -> None:
    windows.use(starter, minute=7, day=5_000)
    assert [starter.get("/brands").status_code for _ in range(3)] == [429] * 3
    assert windows.used(starter) == (7, 5_000)
    windows.use(starter, minute=60, day=70)
    assert [starter.get("/brands").status_code for _ in range(3)] == [429] * 3
    assert windows.used(starter) == (60, 70)


@pytest.mark.parametrize(
    ("plan", "minute", "day"),
    [("free", 60, 5_000), ("starter", 60, 5_000), ("growth", 300, 50_000), ("agency", 1_000, None)],
)
def test_exactly_as_many_pass_as_the_plan_says(
    app: Flask, windows: Windows, plan: str, minute: int, day: int | None
) -> None:
    account = make_account(app, plan)
    windows.use(account, minute=minute - 3)
    assert [account.get("/brands").status_code for _ in range(5)] == [200] * 3 + [429] * 2
    windows.use(account, day=(day or 10_000_000) - 3)
    expected = [200] * 5 if day is None else [200] * 3 + [429] * 2
    assert [account.get("/brands").status_code for _ in range(5)] == expected


def test_a_rotated_key_and_its_successor_draw_on_the_same_windows(
    starter: Account, windows: Windows
) -> None:
    successor = rotate(starter)
    assert windows.used(starter) == (1, 1)
    windows.use(starter, minute=56, day=56)
    statuses = [key.get("/brands").status_code for key in (starter, successor) * 4]
    assert statuses == [200] * 4 + [429] * 4
    assert windows.ends(successor) == (0, 0)
    windows.use(starter, minute=1, day=4_998)
    statuses = [key.get("/brands").status_code for key in (successor, starter) * 2]
    assert statuses == [200] * 2 + [429] * 2


def test_a_successor_can_not_be_rotated_while_its_predecessor_is_in_force(
    starter: Account,
) -> None:
    successor = rotate(starter)
    answer = successor.post(f"/api-keys/{successor.key_id}/rotate")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "rotation_in_progress")


def test_a_third_generation_still_has_the_first_one_s_windows(
    starter: Account, windows: Windows
) -> None:
    second = rotate(starter)
    assert second.delete(f"/api-keys/{starter.key_id}").status_code == 204
    third = rotate(second)
    windows.use(starter, minute=59, day=59)
    assert [third.get("/brands").status_code for _ in range(2)] == [200, 429]


def test_keys_of_their_own_have_windows_of_their_own(starter: Account, windows: Windows) -> None:
    live, test = starter.with_key(), starter.with_key(mode="test")
    windows.use(starter, minute=60, day=60)
    assert starter.get("/brands").status_code == 429
    assert live.get("/brands").status_code == 200
    windows.use(test, minute=60, day=60)
    assert test.get("/brands").status_code == 429
    assert live.get("/brands").status_code == 200
    assert windows.used(live) == (2, 2)


def test_a_plan_change_holds_from_the_next_request_on_and_resets_nothing(
    starter: Account, windows: Windows
) -> None:
    windows.use(starter, minute=60, day=60)
    assert starter.get("/brands").status_code == 429
    change_plan(starter, "growth")
    answer = starter.get("/brands")
    assert answer.status_code == 200
    assert answer.headers["RateLimit"].startswith('"minute";r=239;')
    assert windows.used(starter) == (61, 61)
    change_plan(starter, "agency")
    assert starter.get("/brands").headers["RateLimit"].startswith('"minute";r=938;')
    windows.use(starter, minute=700, day=6_000)
    change_plan(starter, "starter")
    answer = starter.get("/brands")
    assert (answer.status_code, answer.get_json()["window"]) == (429, "day")
    assert windows.used(starter) == (700, 6_000)
    windows.end_day(starter)
    answer = starter.get("/brands")
    assert (answer.status_code, answer.get_json()["window"]) == (429, "minute")


def test_an_older_plan_never_replaces_a_newer_one(starter: Account, windows: Windows) -> None:
    starter.get("/brands")
    with starter.app.app_context():
        before = workspaces.get_workspace(starter.workspace_id)
        db.db.session.expunge(before)
    change_plan(starter, "growth")
    with starter.app.app_context(), db.transaction():
        announce_plan(before)  # a writer that was overtaken
    assert starter.get("/brands").headers["RateLimit-Policy"].startswith('"minute";q=300;')
