"""The fake API: time, failures, what reaches it, and what it doesn't play.

That it behaves as the real one is shown in tests/crossing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

import anthyx
from anthyx import Anthyx, APIConnectionError, RateLimitError, Retry, ServerError
from anthyx._transport import Transport
from anthyx.testing import FakeAnthyx, UnmatchedCallError, VirtualClock
from anthyx.webhooks import WebhookVerificationError, verify

pytest_plugins = ["pytester"]

SCOPES = [
    "brands:read", "brands:write", "webhooks:read", "webhooks:write", "webhooks:secrets",
]  # fmt: skip


def test_a_program_s_own_client_reaches_the_fake(fake_anthyx: FakeAnthyx) -> None:
    brand = Anthyx().brands.create(name="Acme")
    assert [event["subject"]["id"] for event in fake_anthyx.events] == [brand.id]
    (call,) = fake_anthyx.calls
    assert (call.method, call.path, call.json) == ("POST", "/brands", {"name": "Acme"})
    assert "authorization" not in call.headers


def test_an_async_client_reaches_it_too(fake_anthyx: FakeAnthyx) -> None:
    async def work() -> list[str]:
        async with anthyx.AsyncAnthyx() as client:
            await client.brands.create(name="Acme")
            return [brand.name async for brand in client.brands.list()]

    assert asyncio.run(work()) == ["Acme"]


def test_clients_of_their_own_keep_to_their_fake() -> None:
    one, two = FakeAnthyx(), FakeAnthyx()
    one.client().brands.create(name="Acme")
    assert [brand.name for brand in one.client().brands.list()] == ["Acme"]
    assert list(two.client().brands.list()) == []

    async def names() -> list[str]:
        async with one.async_client() as client:
            return [brand.name async for brand in client.brands.list()]

    assert asyncio.run(names()) == ["Acme"]


def test_waiting_costs_no_time() -> None:
    fake = FakeAnthyx(minute=2)
    client = fake.client()
    for _ in range(5):
        client.workspace.get()
    assert sum(fake.clock.slept) == pytest.approx(120, abs=2)
    assert [call.path for call in fake.calls] == ["/workspace"] * 5


def test_the_limit_is_refused_where_nobody_waits() -> None:
    fake = FakeAnthyx(minute=1)
    client = fake.client(rate_limit="ignore", retry=Retry.NONE)
    client.workspace.get()
    with pytest.raises(RateLimitError) as refused:
        client.workspace.get()
    assert (refused.value.scope, refused.value.retry_after) == ("minute", 60)
    fake.clock.advance(60)
    client.workspace.get()


def test_a_planned_failure_is_retried_as_any() -> None:
    fake = FakeAnthyx()
    fake.fail_next(429, retry_after=7)
    fake.fail_next(503)
    fake.fail_next()
    brand = fake.client().brands.create(name="Acme")
    assert brand.name == "Acme"
    assert len(fake.calls) == 4
    assert fake.clock.slept[0] == 7
    assert len({call.headers["idempotency-key"] for call in fake.calls}) == 1


def test_a_planned_failure_may_be_for_one_operation() -> None:
    fake = FakeAnthyx()
    client = fake.client(retry=Retry.NONE)
    fake.fail_next(500, method="GET", path="/brands", times=2)
    fake.fail_next(path="/usage")
    client.workspace.get()
    for _ in range(2):
        with pytest.raises(ServerError) as failed:
            client.brands.list().page()
        assert failed.value.code == "internal_error"
    assert list(client.brands.list()) == []
    with pytest.raises(APIConnectionError):
        client.usage.get()


def test_what_it_does_not_play_fails_the_test() -> None:
    fake = FakeAnthyx()
    client = fake.client()
    with pytest.raises(UnmatchedCallError, match=r"fake\.answer\('GET', '/new-thing'"):
        client.request("GET", "/new-thing")
    with pytest.raises(AssertionError, match="does not play GET /audit-log"):
        fake.client(fake.add_key(scopes=["audit:read"])).audit_log.list().page()


def test_an_answer_can_be_given() -> None:
    fake = FakeAnthyx()
    fake.answer("GET", "/new-thing", {"a": 1})
    assert fake.client().request("GET", "/new-thing").data == {"a": 1}
    fake.answer("GET", "/brands", {"data": [], "has_more": False, "next_cursor": None})
    fake.client().brands.create(name="Acme")
    assert list(fake.client().brands.list()) == []


def test_a_key_that_ends_is_refused_then() -> None:
    fake = FakeAnthyx()
    manager = fake.client(fake.add_key(scopes=["keys:read", "keys:write", "brands:read"]))
    expires_at = fake.clock.now() + timedelta(seconds=60)
    issued = manager.api_keys.create(name="Short", scopes=["brands:read"], expires_at=expires_at)
    client = fake.client(issued.secret)
    assert list(client.brands.list()) == []
    fake.clock.advance(61)
    with pytest.raises(anthyx.AuthenticationError) as refused:
        client.brands.list().page()
    assert refused.value.code == "api_key_expired"


def test_webhooks_come_signed_and_once() -> None:
    fake = FakeAnthyx()
    client = fake.client(fake.add_key(scopes=SCOPES))
    endpoint = client.webhook_endpoints.create(url="https://a.example", event_types=["brand.*"])
    client.brands.create(name="Acme")
    fake.trigger("post.published")
    received: list[str] = []

    def receive(body: bytes, headers: Mapping[str, str]) -> int:
        now = fake.clock.time()
        received.append(verify(body, headers, endpoint.secret, tolerance=now).type)
        return 204

    assert fake.deliver(receive) == [204]
    assert received == ["brand.created"]
    assert fake.webhooks() == []


def test_both_secrets_sign_while_they_are_rotated() -> None:
    fake = FakeAnthyx()
    client = fake.client(fake.add_key(scopes=SCOPES))
    old = client.webhook_endpoints.create(url="https://a.example", event_types=["*"])
    new = client.webhook_endpoints.rotate_secret(old, overlap_seconds=60)
    client.brands.create(name="Acme")
    (during,) = fake.webhooks()
    tolerance = fake.clock.time()
    for secret in (old.secret, new.secret):
        assert verify(during.body, during.headers, secret, tolerance=tolerance).id
    fake.clock.advance(61)
    client.brands.create(name="Other")
    (after,) = fake.webhooks()
    assert verify(after.body, after.headers, new.secret, tolerance=tolerance).id
    with pytest.raises(WebhookVerificationError):
        verify(after.body, after.headers, old.secret, tolerance=tolerance)


def test_an_example_event_can_be_made() -> None:
    fake = FakeAnthyx()
    event = fake.client().events.create(type="post.published")
    assert [each["id"] for each in fake.events] == [event.id]


def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="back"):
        VirtualClock().advance(-1)


def test_outside_of_the_fake_nothing_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHYX_API_KEY", "anthyx_test_own")
    send = Transport.send
    with FakeAnthyx().installed():
        assert Transport.send is not send
    assert Transport.send is send
    assert Anthyx().base_url == "https://api.useanthyx.com/v1"


PROGRAM_AND_TEST = """
from anthyx import Anthyx

def greet():
    return Anthyx().brands.create(name="Hello").name

def test_it(fake_anthyx):
    assert greet() == "Hello"
    assert fake_anthyx.events[0]["type"] == "brand.created"

def test_each_test_has_a_fake_of_its_own(fake_anthyx):
    assert fake_anthyx.events == []

def test_it_does_not_guess(fake_anthyx):
    Anthyx().request("GET", "/nowhere")
"""


def test_the_fixture_comes_with_the_package(pytester: pytest.Pytester, tmp_path: Path) -> None:
    pytester.makepyfile(PROGRAM_AND_TEST)
    result = pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*knows no GET /nowhere*"])
