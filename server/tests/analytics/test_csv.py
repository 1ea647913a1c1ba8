"""The same answers as CSV."""

from __future__ import annotations

import csv
import io

from anthyx_server.analytics.metrics import METRICS
from server.tests.analytics.conftest import NOW, Studio, at
from tests.support.problems import problem

CSV = {"Accept": "text/csv"}


def rows(studio: Studio, path: str) -> list[list[str]]:
    answer = studio.account.get(f"/analytics/{path}", headers=CSV)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Vary"] == "Accept"
    return list(csv.reader(io.StringIO(answer.text, newline="")))


def test_a_summary_has_a_row_for_each_metric(studio: Studio) -> None:
    studio.bake(NOW, at("2026-10-20 12:00"), at("2026-10-21 12:00"))
    header, *found = rows(studio, "summary")
    assert header == ["metric", "value", "previous", "change_percent"]
    assert found == [
        *([name, "", "", ""] for name in METRICS[:-1]),
        ["posts_published", "1", "2", "-50.0"],
    ]


def test_a_timeseries_has_a_row_for_each_point(studio: Studio) -> None:
    studio.bake(NOW)
    path = "timeseries?from=2026-11-24&metrics=reach,posts_published"
    assert rows(studio, path) == [
        ["group", "metric", "date", "value"],
        ["", "reach", "2026-11-24", ""],
        ["", "reach", "2026-11-25", ""],
        ["", "posts_published", "2026-11-24", "0"],
        ["", "posts_published", "2026-11-25", "1"],
    ]
    assert ["x", "posts_published", "2026-11-25", "1"] in rows(
        studio, "timeseries?group_by=platform"
    )


def test_posts_come_page_by_page(studio: Studio) -> None:
    made = studio.bake(at("2026-11-24 12:00"), NOW)
    answer = studio.account.get("/analytics/posts?limit=1", headers=CSV)
    header, row = csv.reader(io.StringIO(answer.text, newline=""))
    assert header == ["post_id", "brand_id", "published_at", *METRICS]
    assert row == [made[1], studio.bakery, "2026-11-25T13:00:00.000Z", *[""] * 12, "1"]
    cursor = answer.headers["X-Next-Cursor"]
    last = studio.account.get(f"/analytics/posts?limit=1&cursor={cursor}", headers=CSV)
    assert made[0] in last.text
    assert "X-Next-Cursor" not in last.headers


def test_an_error_is_a_problem_document_all_the_same(studio: Studio) -> None:
    answer = studio.account.get("/analytics/summary?from=tomorrow", headers=CSV)
    problem(answer, 422, "validation_failed")
