"""The throttle of failed authentications: who is slowed down, for how long, and who never is."""

from __future__ import annotations

import logging

import pytest
from werkzeug.test import TestResponse

from anthyx_server import clock
from anthyx_server.keys import secret, throttle
from anthyx_server.keys.throttle import FailureThrottle
from tests.support.apps import Account

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Time:
    """A monotonic clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    stopped = Time()
    monkeypatch.setattr(clock, "monotonic", stopped)
    return stopped


def exhaust(failures: FailureThrottle, address: str) -> None:
    for _ in range(60):
        assert failures.note(address) is None


def test_the_61st_failure_of_a_minute_is_told_how_long_to_wait(time: Time) -> None:
    failures = FailureThrottle()
    exhaust(failures, "192.0.2.1")
    assert failures.note("192.0.2.1") == 60
    assert failures.note("192.0.2.2") is None
    time.now += 59.5
    assert failures.note("192.0.2.1") == 1
    time.now += 0.5
    exhaust(failures, "192.0.2.1")
    assert failures.note("192.0.2.1") == 60


def test_an_ipv6_network_of_64_bits_counts_as_one_address(time: Time) -> None:
    failures = FailureThrottle()
    exhaust(failures, "2001:db8::1")
    assert failures.note("2001:db8::ffff:ffff:ffff:ffff") == 60
    assert failures.note("2001:db8:0:1::1") is None


def test_a_mapped_address_counts_as_its_ipv4_address(time: Time) -> None:
    failures = FailureThrottle()
    exhaust(failures, "::ffff:192.0.2.1")
    assert failures.note("192.0.2.1") == 60
    assert failures.note("::ffff:192.0.2.2") is None


def test_memory_is_bounded_and_forgets_who_failed_longest_ago(
    time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "_MAX_ADDRESSES", 100)
    failures = FailureThrottle()
    exhaust(failures, "192.0.2.1")
    for number in range(99):
        failures.note(f"198.51.100.{number}")
    assert failures.note("192.0.2.1") == 60
    for number in range(99):
        failures.note(f"203.0.113.{number}")
    assert failures.note("192.0.2.1") == 60
    for number in range(100):
        failures.note(f"198.51.100.{number}")
    assert failures.note("192.0.2.1") is None


def fail(account: Account, address: str, token: str | None = None) -> TestResponse:
    return account.get(
        "/workspace",
        token=token or secret.mint("live"),
        environ_overrides={"REMOTE_ADDR": address},
    )


@on_sqlite
def test_a_throttled_address_is_refused_unless_it_sends_a_valid_key(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(60):
        assert fail(account, "192.0.2.1").status_code == 401
    caplog.clear()
    refused = fail(account, "192.0.2.1")
    assert refused.status_code == 429
    assert refused.json is not None
    assert refused.json["code"] == "too_many_failed_attempts"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "X-RateLimit-Limit" not in refused.headers
    # The line of the request, and none that says again why.
    assert [record.name for record in caplog.records] == ["anthyx_server.http"]
    for _ in range(3):
        assert fail(account, "192.0.2.1", account.token).status_code == 200
        assert fail(account, "192.0.2.1").status_code == 429
    assert fail(account, "192.0.2.2").status_code == 401


@on_sqlite
def test_every_kind_of_failure_counts(account: Account) -> None:
    revoked = account.with_key()
    assert account.delete(f"/api-keys/{revoked.key_id}").status_code == 204
    client = account.app.test_client()
    origin = {"REMOTE_ADDR": "192.0.2.1"}
    for _ in range(20):
        assert client.get("/v1/workspace", environ_overrides=origin).status_code == 401
        assert fail(account, "192.0.2.1", "nonsense").status_code == 401
        assert fail(account, "192.0.2.1", revoked.token).status_code == 401
    assert client.get("/v1/workspace", environ_overrides=origin).status_code == 429
    assert fail(account, "192.0.2.1", "nonsense").status_code == 429
    assert fail(account, "192.0.2.1", revoked.token).status_code == 429
    assert fail(account, "192.0.2.1", account.token).status_code == 200


@on_sqlite
def test_neighbors_in_an_ipv6_network_share_the_failures(account: Account) -> None:
    for number in range(60):
        assert fail(account, f"2001:db8::{number:x}").status_code == 401
    assert fail(account, "2001:db8::abcd:0:0:1").status_code == 429
    assert fail(account, "2001:db8::1", account.token).status_code == 200
    assert fail(account, "2001:db8:0:1::1").status_code == 401
