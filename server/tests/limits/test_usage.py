"""`GET /v1/usage`: the windows as they stand, counted by nobody."""

from __future__ import annotations

from datetime import datetime

from flask import Flask

from server.tests.limits.windows import Windows
from tests.support.apps import Account, make_account


def test_windows_that_were_not_opened_are_empty(starter: Account) -> None:
    assert starter.get("/usage").get_json() == {
        "plan": "starter",
        "windows": [
            {"name": "minute", "limit": 60, "used": 0, "remaining": 60, "resets_at": None},
            {"name": "day", "limit": 5_000, "used": 0, "remaining": 5_000, "resets_at": None},
        ],
        "api_keys": {"used": 1, "limit": 5},
    }


def test_it_tells_what_was_used_and_when_that_ends(starter: Account, windows: Windows) -> None:
    windows.use(starter, minute=10, day=4_999)
    for status in (200, 429):
        assert starter.get("/brands").status_code == status
    minute, day = starter.get("/usage").get_json()["windows"]
    assert (minute["used"], minute["remaining"]) == (11, 49)
    assert (day["used"], day["remaining"]) == (5_000, 0)
    ends = [datetime.fromisoformat(each["resets_at"]).timestamp() for each in (minute, day)]
    assert ends == [end / 1000 for end in windows.ends(starter)]


def test_agency_has_no_day_and_no_cap_of_keys(app: Flask) -> None:
    account = make_account(app, "agency")
    usage = account.get("/usage").get_json()
    assert [window["name"] for window in usage["windows"]] == ["minute"]
    assert usage["api_keys"] == {"used": 1, "limit": None}


def test_it_counts_keys_of_both_modes_that_are_in_force(starter: Account) -> None:
    gone = starter.with_key()
    starter.with_key(mode="test")
    starter.delete(f"/api-keys/{gone.key_id}")
    replaced = starter.with_key()
    starter.post(f"/api-keys/{replaced.key_id}/rotate")
    assert starter.get("/usage").get_json()["api_keys"] == {"used": 3, "limit": 5}


def test_each_key_sees_its_own_family(starter: Account, windows: Windows) -> None:
    other = starter.with_key(scopes=["brands:read"])
    windows.use(starter, minute=10, day=10)
    assert other.get("/usage").get_json()["windows"][0]["used"] == 0
    assert starter.get("/usage").get_json()["windows"][0]["used"] == 10
