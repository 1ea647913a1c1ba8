"""The limits as every answer tells them: X-RateLimit-*, RateLimit, RateLimit-Policy, the 429."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import Headers

from anthyx_server.keys.secret import mint
from server.tests.limits.windows import Windows
from tests.support.apps import Account, make_account

PLANS = {
    "free": (60, 5_000),
    "starter": (60, 5_000),
    "growth": (300, 50_000),
    "agency": (1_000, None),
}
NAMES = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def triple(headers: Headers) -> tuple[int, int, int]:
    limit, remaining, reset = (int(headers[name]) for name in NAMES)
    return limit, remaining, reset


def no_limit_headers(headers: Headers) -> bool:
    return not any(name.lower().startswith(("x-ratelimit", "ratelimit")) for name, _ in headers)


@pytest.mark.parametrize("plan", PLANS)
def test_an_answer_tells_both_windows_of_the_plan(app: Flask, windows: Windows, plan: str) -> None:
    account = make_account(app, plan)
    minute, day = PLANS[plan]
    headers = account.get("/workspace").headers
    limit, remaining, reset = triple(headers)
    assert (limit, remaining) == (minute, minute - 1)
    assert reset == math.ceil(windows.ends(account)[0] / 1000)
    policy, state = f'"minute";q={minute};w=60', f'"minute";r={minute - 1};t=60'
    if day is not None:
        policy += f', "day";q={day};w=86400'
        state += f', "day";r={day - 1};t=86400'
    assert headers["RateLimit-Policy"] == policy
    assert headers["RateLimit"] == state
    assert "Retry-After" not in headers


def test_the_triple_is_of_the_window_with_the_fewest_left(
    starter: Account, windows: Windows
) -> None:
    windows.use(starter, minute=10, day=4_990)
    headers = starter.get("/workspace").headers
    assert triple(headers) == (5_000, 9, math.ceil(windows.ends(starter)[1] / 1000))
    assert '"minute";r=49;' in headers["RateLimit"]
    windows.use(starter, minute=55, day=4_900)
    assert triple(starter.get("/workspace").headers)[:2] == (60, 4)


def test_on_a_tie_the_triple_is_of_the_later_reset(starter: Account, windows: Windows) -> None:
    windows.use(starter, minute=55, day=4_995)
    assert triple(starter.get("/workspace").headers)[:2] == (5_000, 4)
    windows.use(starter, minute=55, day=4_995)
    windows.end_day(starter, windows.now_ms() + 20_000)
    assert triple(starter.get("/workspace").headers)[:2] == (60, 4)


def test_times_are_rounded_up_to_whole_seconds(starter: Account, windows: Windows) -> None:
    windows.use(starter, minute=1, day=1)
    second = windows.now_ms() // 1000 + 40
    windows.end_minute(starter, second * 1000 + 1)
    headers = starter.get("/workspace").headers
    assert triple(headers)[2] == second + 1
    left = (second * 1000 + 1 - windows.now_ms()) / 1000
    assert f"t={math.ceil(left)}" in headers["RateLimit"].split(",")[0]


def test_a_minute_that_is_used_up_answers_429(starter: Account, windows: Windows) -> None:
    windows.use(starter, minute=60, day=60)
    answer = starter.get("/workspace")
    end = windows.ends(starter)[0]
    assert answer.status_code == 429
    assert answer.content_type == "application/problem+json"
    assert triple(answer.headers) == (60, 0, math.ceil(end / 1000))
    assert '"day";r=4940;' in answer.headers["RateLimit"]
    body = answer.get_json()
    assert (body["code"], body["window"], body["limit"]) == ("rate_limit_exceeded", "minute", 60)
    assert body["retry_after"] == 60
    assert answer.headers.getlist("Retry-After") == ["60"]
    assert datetime.fromisoformat(body["resets_at"]).timestamp() == end / 1000
    assert body["resets_at"].endswith("Z")


def test_a_day_that_is_used_up_answers_429_also_beside_a_used_up_minute(
    starter: Account, windows: Windows
) -> None:
    for minute in (7, 60):
        windows.use(starter, minute=minute, day=5_000)
        windows.end_day(starter, windows.now_ms() + 7_200_500)
        answer = starter.get("/workspace")
        assert answer.status_code == 429
        body = answer.get_json()
        assert (body["window"], body["limit"], body["retry_after"]) == ("day", 5_000, 7_201)
        assert triple(answer.headers)[:2] == (5_000, 0)
        assert answer.headers["Retry-After"] == "7201"


def test_a_smaller_plan_never_shows_less_than_nothing_left(
    starter: Account, windows: Windows
) -> None:
    windows.use(starter, minute=250, day=20_000)
    headers = starter.get("/workspace").headers
    assert triple(headers)[:2] == (5_000, 0)
    assert '"minute";r=0;' in headers["RateLimit"]


def test_an_unchanged_answer_and_an_error_tell_the_limits_too(starter: Account) -> None:
    current = starter.get("/api-keys/current")
    unchanged = starter.get("/api-keys/current", headers={"If-None-Match": current.headers["ETag"]})
    assert unchanged.status_code == 304
    assert triple(unchanged.headers)[:2] == (60, 60)
    missing = starter.get("/brands/brand_none")
    assert missing.status_code == 404
    assert triple(missing.headers)[:2] == (60, 59)


def test_what_is_not_past_the_gate_tells_no_limits(starter: Account, app: Flask) -> None:
    listed = starter.with_key(ip_allowlist=["203.0.113.7"])
    client = app.test_client()
    for answer, status in (
        (client.get("/v1/workspace"), 401),
        (starter.get("/workspace", token="nonsense"), 401),
        (starter.get("/workspace", token=mint("live")), 401),
        (listed.get("/workspace"), 403),
        (client.get("/v1/openapi.json"), 200),
        (client.get("/healthz"), 200),
        (client.get("/readyz"), 200),
    ):
        assert answer.status_code == status
        assert no_limit_headers(answer.headers), answer.headers
        assert "Retry-After" not in answer.headers


class Body(io.RawIOBase):
    """A body that makes something happen as it is read, which is past the gate."""

    def __init__(self, content: bytes, happen: Callable[[], object]) -> None:
        self._content = io.BytesIO(content)
        self._happen: Callable[[], object] | None = happen

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Let it happen, once, in a thread: a request within a request would share its context."""
        if self._happen is not None:
            with ThreadPoolExecutor(1) as pool:
                pool.submit(self._happen).result()
            self._happen = None
        return self._content.readinto(buffer)


@pytest.mark.parametrize(
    ("method", "change", "status"),
    [("DELETE", None, 401), ("PATCH", {"ip_allowlist": ["192.0.2.1"]}, 403)],
)
def test_a_key_that_ends_while_its_request_runs_is_told_no_limits(
    starter: Account, method: str, change: dict[str, list[str]] | None, status: int
) -> None:
    key = starter.with_key()

    def end() -> None:
        path = f"/api-keys/{key.key_id}"
        assert starter.request(method, path, json=change).status_code in {200, 204}

    content = b'{"name": "Acme"}'
    body = {
        "wsgi.input": io.BufferedReader(Body(content, end)),
        "CONTENT_LENGTH": str(len(content)),
    }
    answer = key.post("/brands", content_type="application/json", environ_overrides=body)
    assert answer.status_code == status, answer.text
    assert no_limit_headers(answer.headers)
