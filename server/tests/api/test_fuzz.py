"""10,000 spoiled requests: no 5xx, and every refusal is a problem document."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from werkzeug.test import TestResponse

from anthyx_server import idempotency
from anthyx_server.keys import standing
from server.tests.api.mutations import Attempt, spoil
from tests.support.apps import Account
from tests.support.problems import check_problem

REQUESTS = {"sqlite": 6_000, "postgresql": 4_000}
CALLERS = 12  # each may send 1,000 requests a minute
BRAND: dict[str, Any] = {
    "description": "Tools",
    "website_url": "https://acme.example",
    "logo_url": "https://acme.example/logo.png",
    "colors": [{"name": "Red", "hex": "#FF0000"}],
    "voice": {"tone": "dry", "words_to_use": ["a"], "words_to_avoid": ["b"]},
    "timezone": "Europe/Berlin",
    "metadata": {"a": "b"},
}
POST: dict[str, Any] = {
    "content": "Hello world",
    "format": "thread",
    "thread": [{"content": "a", "media": []}, {"content": "b"}],
    "targets": [],
    "campaign": "Spring",
    "scheduled_at": "2030-01-01T00:00:00Z",
    "notes": "n",
    "tags": ["a", "b"],
    "metadata": {"a": "b"},
}
KEY = {"name": "Key", "scopes": ["brands:read"], "ip_allowlist": ["192.0.2.0/24"]}


class Target:
    """A workspace with several keys, and what is there to be spoiled."""

    def __init__(self, account: Account, chance: random.Random) -> None:
        self.chance = chance
        self.callers = [account.with_key() for _ in range(CALLERS)]
        self.brands = [self._made("/brands", {"name": f"Brand {n}"}) for n in range(5)]
        brand = {"brand_id": self.brands[0]}
        self.posts = [self._made("/posts", {**POST, **brand}) for _ in range(5)]
        self.keys = [self._made("/api-keys", KEY) for _ in range(5)]
        self.statuses: Counter[int] = Counter()
        self.number = 0

    def _made(self, path: str, body: dict[str, Any]) -> str:
        return str(self.callers[0].post(path, json=body).get_json()["id"])

    def valid(self) -> Attempt:
        """A request that would succeed, unless what it is about is gone."""
        self.number += 1
        brand = f"/brands/{self.chance.choice(self.brands)}"
        key = f"/api-keys/{self.chance.choice(self.keys)}"
        post = f"/posts/{self.chance.choice(self.posts)}"
        new_post = {**POST, "brand_id": self.chance.choice(self.brands)}
        return self.chance.choice(
            (
                Attempt("GET", "/brands", query=[("limit", "3"), ("sort", "name")]),
                Attempt("POST", "/brands", {**BRAND, "name": f"New {self.number}"}),
                Attempt("POST", "/brands", {**BRAND, "name": f"Other {self.number}"}),
                Attempt("GET", brand),
                Attempt("PATCH", brand, {**BRAND, "name": f"Renamed {self.number}"}),
                Attempt("PATCH", brand, {"voice": {"tone": None}, "metadata": {"c": "d"}}),
                Attempt("DELETE", brand),
                Attempt("POST", f"{brand}/archive"),
                Attempt("POST", f"{brand}/unarchive"),
                Attempt("GET", "/api-keys", query=[("status", "active")]),
                Attempt("POST", "/api-keys", {**KEY, "expires_at": "2030-01-01T00:00:00Z"}),
                Attempt("GET", key),
                Attempt("PATCH", key, KEY),
                Attempt("DELETE", key),
                Attempt("POST", f"{key}/rotate", {"overlap_seconds": 60}),
                Attempt("GET", "/api-keys/current"),
                Attempt("GET", "/usage"),
                Attempt("GET", "/usage/history", query=[("granularity", "day")]),
                Attempt("GET", "/workspace"),
                Attempt("POST", "/leaked-keys", {"tokens": ["a"], "url": "x", "source": "y"}),
                Attempt("GET", "/openapi.json"),
                Attempt("GET", "/posts", query=[("limit", "3"), ("q", "hello"), ("tag", "a")]),
                Attempt("GET", "/posts", query=[("sort", "scheduled_at"), ("state", "draft")]),
                Attempt("POST", "/posts", new_post),
                Attempt("POST", "/posts/validate", new_post),
                Attempt("POST", "/posts/bulk", [new_post, new_post]),
                Attempt("PATCH", post, POST),
                Attempt("GET", post),
                Attempt("POST", f"{post}/approve", {"version": 1}),
                Attempt("POST", f"{post}/request-changes", {"comment": "x"}),
                Attempt("POST", f"{post}/comments", {"text": "x"}),
                Attempt("GET", f"{post}/history", query=[("limit", "2")]),
            )
        )

    def send(self, attempt: Attempt) -> TestResponse:
        """Send it with one of the keys, from one of many addresses."""
        at = self.chance.randrange(len(self.callers))
        headers = {"Content-Type": "application/json"} if attempt.data is not None else {}
        answer = self.callers[at].request(
            attempt.method,
            attempt.target,
            data=attempt.data,
            headers={**headers, **attempt.headers},
            environ_overrides={"REMOTE_ADDR": f"192.0.2.{self.chance.randrange(1, 255)}"},
        )
        self.statuses[answer.status_code] += 1
        self._replace_what_is_gone(attempt, answer, at)
        return answer

    def _replace_what_is_gone(self, attempt: Attempt, answer: TestResponse, at: int) -> None:
        if answer.status_code == 204:
            last = attempt.path.rsplit("/", 1)[-1]
            self.brands = [each for each in self.brands if each != last]
            self.keys = [each for each in self.keys if each != last]
            self.callers[at] = self.callers[at - 1].with_key()
        if len(self.brands) < 5:
            self.brands.append(self._made("/brands", {"name": f"Again {self.number}"}))
        if len(self.keys) < 5:
            self.keys.append(self._made("/api-keys", KEY))


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let revocations take no time."""
    monkeypatch.setattr(standing, "SETTLE_SECONDS", 0)
    monkeypatch.setattr(idempotency, "SETTLED_AFTER", timedelta(0))


@pytest.mark.timeout(300)
def test_no_request_is_answered_with_a_5xx(
    account: Account, request: pytest.FixtureRequest, database_url: str
) -> None:
    kind = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    chance = random.Random(f"2026 {kind}")  # noqa: S311  (it is to be the same each time)
    target = Target(account, chance)
    for _ in range(REQUESTS[kind]):
        attempt = spoil(chance, target.valid())
        answer = target.send(attempt)
        assert answer.status_code < 500, (attempt, answer.get_data())
        if answer.status_code >= 400 and attempt.method != "HEAD":
            check_problem(answer.status_code, answer.headers, answer.get_data())
    assert sum(target.statuses.values()) == REQUESTS[kind]
    # It has gone deep and not only hit the outer walls.
    assert {200, 201, 204, 400, 401, 404, 405, 409, 412, 415, 422} <= target.statuses.keys()
    assert target.statuses[429] < REQUESTS[kind] // 20
