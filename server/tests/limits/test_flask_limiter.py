"""Flask-Limiter over the gate: it raises the 429 and owns exemptions and routes' own limits."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Blueprint, Flask
from flask_limiter import Limiter

from anthyx_server.limits.limiter import GateStrategy
from server.tests.limits.windows import Windows
from tests.support.apps import Account
from tests.support.redis import RedisServer


@pytest.fixture
def limiter(app: Flask) -> Limiter:
    (found,) = app.extensions["limiter"]
    assert isinstance(found, Limiter)
    return found


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What Flask-Limiter asks its strategy: the window of each question."""
    asked: list[str] = []
    answer = GateStrategy.hit

    def hit(self: GateStrategy, item: Any, *identifiers: str, cost: int = 1) -> bool:
        asked.append(item.GRANULARITY.name)
        return answer(self, item, *identifiers, cost=cost)

    monkeypatch.setattr(GateStrategy, "hit", hit)
    return asked


def test_it_raises_the_refusal_and_is_not_asked_where_the_gate_allows(
    starter: Account, windows: Windows, limiter: Limiter, questions: list[str]
) -> None:
    assert starter.get("/brands").status_code == 200
    assert questions == []
    windows.use(starter, minute=60, day=60)
    assert starter.get("/brands").status_code == 429
    assert "minute" in questions
    limiter.enabled = False
    assert starter.get("/brands").status_code == 200


def test_an_exempt_route_passes_when_all_is_used_up(
    starter: Account, windows: Windows, limiter: Limiter, app: Flask
) -> None:
    limiter.exempt(app.view_functions["workspace.get_workspace"])
    windows.use(starter, minute=60, day=60)
    answer = starter.get("/workspace")
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (200, "0")
    assert starter.get("/brands").status_code == 429


@pytest.mark.parametrize("on", ["view", "blueprint"])
def test_a_route_may_have_a_limit_of_its_own_beside_the_plan_s(
    starter: Account, windows: Windows, limiter: Limiter, app: Flask, on: str
) -> None:
    own = limiter.limit("2 per minute")
    if on == "view":
        view: Any = app.view_functions["workspace.get_workspace"]
        app.view_functions["workspace.get_workspace"] = own(view)
    else:
        blueprint = app.blueprints["workspace"]
        assert isinstance(blueprint, Blueprint)
        own(blueprint)
    answers = [starter.get("/workspace") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    refused = answers[-1]
    assert refused.get_json()["limit"] == 2
    assert refused.headers["X-RateLimit-Limit"] == "60"
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    assert starter.get("/brands").status_code == 200
    assert windows.used(starter) == (5, 5)
    windows.use(starter, minute=60, day=60)
    assert starter.get("/workspace").get_json()["limit"] == 60


def report(app: Flask, address: str = "192.0.2.1") -> Any:
    return app.test_client().post(
        "/v1/leaked-keys",
        json={"tokens": ["nothing"], "url": "https://example.com", "source": "a test"},
        environ_overrides={"REMOTE_ADDR": address},
    )


def test_reports_of_leaked_keys_are_limited_per_address(app: Flask) -> None:
    assert {report(app).status_code for _ in range(10)} == {202}
    refused = report(app)
    assert refused.status_code == 429
    body = refused.get_json()
    assert (body["code"], body["window"], body["limit"]) == ("rate_limit_exceeded", "minute", 10)
    assert 1 <= body["retry_after"] <= 61
    assert refused.headers["Retry-After"] == str(body["retry_after"])
    assert body["resets_at"].endswith("Z")
    assert report(app, "192.0.2.2").status_code == 202


def test_reports_of_leaked_keys_are_limited_in_process_while_redis_is_away(
    app: Flask, redis_server: RedisServer
) -> None:
    redis_server.kill()
    statuses = [report(app).status_code for _ in range(11)]
    assert statuses == [202] * 10 + [429]
