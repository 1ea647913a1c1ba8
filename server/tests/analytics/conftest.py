"""What tests of analytics share: a workspace with two brands, three channels and a clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from anthyx_server import clock
from tests.support.apps import Account
from tests.support.published import add_brand, add_channel, add_posts

# The time at which everything here happens: in Auckland it is tomorrow.
NOW = datetime(2026, 11, 25, 13, 0, tzinfo=UTC)
TODAY = date(2026, 11, 25)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let it be 13:00 in UTC on 2026-11-25."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return NOW


@dataclass(frozen=True)
class Studio:
    """A bakery on X and LinkedIn, a florist on X."""

    account: Account
    bakery: str
    florist: str
    bakery_x: str
    bakery_linkedin: str
    florist_x: str

    def bake(self, *moments: datetime | None, linkedin: bool = False, x: bool = True) -> list[str]:
        """Posts of the bakery, meant for both channels, published on those that are True."""
        targets = [(self.bakery_x, "x", x), (self.bakery_linkedin, "linkedin", linkedin)]
        return add_posts(self.account, self.bakery, moments, targets)

    def bind(self, *moments: datetime | None) -> list[str]:
        """Posts of the florist, published on X."""
        return add_posts(self.account, self.florist, moments, [(self.florist_x, "x", True)])

    def by(self, account: Account) -> Studio:
        """The same, through another key."""
        return replace(self, account=account)

    def read(self, path: str, **query: Any) -> dict[str, Any]:
        """What is answered under `/analytics`."""
        answer = self.account.get(f"/analytics/{path}", query_string=query)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def published(self, **query: Any) -> tuple[int, int]:
        """Posts that were published in the range, and in the one before it."""
        found = self.read("summary", **query)["metrics"]["posts_published"]
        return found["value"], found["previous"]

    def series(self, **query: Any) -> dict[str | None, list[int]]:
        """Published posts per bucket, by group."""
        found = self.read("timeseries", **query)["series"]
        return {
            each["group"]: [point["value"] for point in each["points"]]
            for each in found
            if each["metric"] == "posts_published"
        }


@pytest.fixture
def studio(account: Account) -> Studio:
    """A workspace that has published nothing yet."""
    return make_studio(account)


def make_studio(account: Account) -> Studio:
    """Two brands and three channels."""
    bakery, florist = add_brand(account, "Bakery"), add_brand(account, "Florist")
    return Studio(
        account,
        bakery,
        florist,
        add_channel(account, bakery, "x"),
        add_channel(account, bakery, "linkedin"),
        add_channel(account, florist, "x"),
    )


def at(text: str) -> datetime:
    """A time from `2026-11-25 13:00` in UTC, or with an offset."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def every(moments: Iterable[str]) -> list[datetime]:
    """As `at`, of many."""
    return [at(moment) for moment in moments]
