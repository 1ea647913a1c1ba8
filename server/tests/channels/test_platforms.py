"""`/platforms` shows the table that posts are checked by."""

from __future__ import annotations

from anthyx_server.channels import PLATFORMS
from tests.support.apps import Account
from tests.support.problems import entries


def test_every_platform_is_shown_with_its_limits(account: Account) -> None:
    page = account.get("/platforms").get_json()
    assert (page["has_more"], page["next_cursor"]) == (False, None)
    shown = {each["platform"]: each for each in page["data"]}
    assert list(shown) == ["instagram", "linkedin", "x", "facebook", "tiktok"] == list(PLATFORMS)
    assert {name: each["max_length"] for name, each in shown.items()} == {
        "instagram": 2_200,
        "linkedin": 3_000,
        "x": 280,
        "facebook": 63_206,
        "tiktok": 2_200,
    }
    assert shown["x"]["length_unit"] == "x_weighted"
    assert shown["tiktok"]["max_days_ahead"] == 10
    thread = shown["x"]["formats"][1]
    assert thread == {
        "format": "thread",
        "min_parts": 2,
        "max_parts": 25,
        "min_media": 0,
        "max_media": 4,
        "media": [{"kind": "image", "max": 4}, {"kind": "video", "max": 1}],
        "max_bytes": None,
    }


def test_it_takes_no_parameters(account: Account) -> None:
    assert entries(account.get("/platforms?limit=1")) == {("limit", "unknown_field")}
