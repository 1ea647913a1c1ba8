"""Which failures are tried again, when, and for how long; against a server, in virtual time."""

from __future__ import annotations

import pytest

from anthyx import (
    Anthyx,
    APIConnectionError,
    APIError,
    APITimeoutError,
    ConfigurationError,
    RateLimitError,
    Retry,
    ServerError,
    Wait,
)
from sdk.tests.blocking import Connect
from sdk.tests.loopback import (
    KEY,
    Answer,
    Loopback,
    VirtualTime,
    cut_short,
    hang_up,
    html,
    ok,
    problem,
    say_nothing,
)

pytestmark = pytest.mark.enable_socket

PASSING: dict[str, Answer] = {
    "lost connection": hang_up,
    "half an answer": cut_short,
    "408": problem(408, "request_timeout"),
    "409 in progress": problem(409, "idempotency_in_progress", retry_after=1),
    "429": problem(429, "rate_limit_exceeded", retry_after=1),
    "500": problem(500, "internal_error"),
    "503": problem(503, "unavailable", retry_after=1),
    "HTML with 502": html(502),
    "HTML with 429": html(429),
}
FINAL: dict[str, Answer] = {
    "400": problem(400, "invalid_cursor"),
    "401": problem(401, "invalid_api_key"),
    "403": problem(403, "insufficient_scope"),
    "404": problem(404, "not_found"),
    "409": problem(409, "brand_name_taken"),
    "412": problem(412, "version_mismatch"),
    "422": problem(422, "validation_failed"),
    "429 throttle": problem(429, "too_many_failed_attempts", retry_after=1),
    "HTML with 200": html(200),
    "HTML with 404": html(404),
}


@pytest.mark.parametrize("failure", PASSING.values(), ids=PASSING.keys())
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH", "DELETE"])
def test_what_may_pass_is_tried_again(
    client: Anthyx, server: Loopback, method: str, failure: Answer
) -> None:
    server.answers(failure, ok({"fine": True}))
    assert client.request(method, "/thing").data == {"fine": True}
    assert len(server.seen) == 2


@pytest.mark.parametrize("failure", FINAL.values(), ids=FINAL.keys())
def test_what_will_not_pass_is_sent_once(
    client: Anthyx, server: Loopback, virtual: VirtualTime, failure: Answer
) -> None:
    server.answers(failure)
    with pytest.raises(APIError) as raised:
        client.request("GET", "/thing")
    assert len(server.seen) == len(raised.value.attempts) == 1
    assert virtual.sleeps == []


def test_waits_grow_up_to_the_cap_and_tries_are_counted(
    connect: Connect, server: Loopback, virtual: VirtualTime
) -> None:
    server.answers(problem(500, "internal_error"))
    retry = Retry(attempts=7, base=0.5, cap=4)
    client = connect(KEY, base_url=server.url, retry=retry, clock=virtual.clock)
    with pytest.raises(ServerError) as raised:
        client.brands.get("brand_1")
    assert virtual.sleeps == [0.5, 1, 2, 4, 4, 4]
    assert [attempt.number for attempt in raised.value.attempts] == [1, 2, 3, 4, 5, 6, 7]
    assert {attempt.code for attempt in raised.value.attempts} == {"internal_error"}
    assert "after 7 tries" in str(raised.value)


def test_waits_are_random_from_zero_up(connect: Connect, server: Loopback) -> None:
    virtual = VirtualTime(chance=0.25)
    server.answers(problem(500, "internal_error"), problem(500, "internal_error"), ok({}))
    connect(KEY, base_url=server.url, clock=virtual.clock).request("GET", "/thing")
    assert virtual.sleeps == [0.125, 0.25]


def test_retry_after_is_a_floor(client: Anthyx, server: Loopback, virtual: VirtualTime) -> None:
    server.answers(problem(503, "unavailable", retry_after=7), ok({}))
    client.request("GET", "/thing")
    assert virtual.sleeps == [7]


def test_retry_after_may_be_a_date(client: Anthyx, server: Loopback, virtual: VirtualTime) -> None:
    then = "Mon, 23 Nov 2026 10:00:20 GMT"
    now = {"Date": "Mon, 23 Nov 2026 10:00:00 GMT"}
    server.answers(problem(503, "unavailable", then, headers=now), ok({}))
    client.request("GET", "/thing")
    assert virtual.sleeps == [20]


@pytest.mark.parametrize("sent", ["soon", "-5", "1e3", "²", "Mon, 99 Nov 2026 10:00:00 GMT"])
def test_a_retry_after_that_makes_no_sense_is_ignored(
    client: Anthyx, server: Loopback, virtual: VirtualTime, sent: str
) -> None:
    server.answers(problem(503, "unavailable", sent), ok({}))
    client.request("GET", "/thing")
    assert virtual.sleeps == [0.5]


def test_a_wait_over_max_wait_is_raised_at_once(
    client: Anthyx, server: Loopback, virtual: VirtualTime
) -> None:
    server.answers(problem(429, "rate_limit_exceeded", retry_after=3600, window="day", limit=5000))
    with pytest.raises(RateLimitError) as raised:
        client.request("GET", "/thing")
    assert (raised.value.scope, raised.value.limit, raised.value.retry_after) == ("day", 5000, 3600)
    assert virtual.sleeps == []
    assert len(server.seen) == 1


@pytest.mark.parametrize("seconds", ["61", "9" * 30, "9" * 400])
def test_no_number_of_seconds_is_too_large_to_read(
    client: Anthyx, server: Loopback, virtual: VirtualTime, seconds: str
) -> None:
    server.answers(problem(429, "rate_limit_exceeded", seconds))
    with pytest.raises(RateLimitError):
        client.request("GET", "/thing")
    assert virtual.sleeps == []


def test_one_deadline_covers_all_tries_and_waits(
    connect: Connect, server: Loopback, virtual: VirtualTime
) -> None:
    server.answers(problem(503, "unavailable", retry_after=10))
    retry = Retry(attempts=100, deadline=45)
    client = connect(KEY, base_url=server.url, retry=retry, clock=virtual.clock)
    with pytest.raises(ServerError) as raised:
        client.request("GET", "/thing")
    assert virtual.sleeps == [10, 10, 10, 10]
    assert len(raised.value.attempts) == 5


def test_a_try_is_given_no_more_time_than_the_deadline_leaves(
    connect: Connect, server: Loopback
) -> None:
    server.answers(say_nothing)
    client = connect(KEY, base_url=server.url, retry=Retry(attempts=9, deadline=0.2))
    with pytest.raises(APITimeoutError) as raised:
        client.request("GET", "/thing")
    (attempt,) = raised.value.attempts
    assert attempt.elapsed < 5  # the timeout is 30


def test_retry_none_sends_once(client: Anthyx, server: Loopback, virtual: VirtualTime) -> None:
    server.answers(problem(500, "internal_error"))
    with pytest.raises(ServerError) as raised:
        client.with_options(retry=Retry.NONE).brands.get("brand_1")
    assert len(raised.value.attempts) == len(server.seen) == 1
    assert "tries" not in str(raised.value)


def test_a_port_where_nobody_listens_is_tried_again(connect: Connect, virtual: VirtualTime) -> None:
    with Loopback() as closed:
        url = closed.url
    client = connect(KEY, base_url=url, clock=virtual.clock)
    with pytest.raises(APIConnectionError, match="Could not connect") as raised:
        client.brands.create(name="Acme")
    assert len(raised.value.attempts) == 4
    error = raised.value
    assert (error.status, error.request_id, error.response) == (None, None, None)


def test_a_tls_failure_is_not_tried_again(
    connect: Connect, server: Loopback, virtual: VirtualTime
) -> None:
    server.answers(ok({}))
    url = server.url.replace("http:", "https:")
    with pytest.raises(APIConnectionError, match="No secure connection") as raised:
        connect(KEY, base_url=url, clock=virtual.clock).brands.get("brand_1")
    assert len(raised.value.attempts) == 1
    assert virtual.sleeps == []


def test_waits_are_announced_and_long_ones_logged(
    connect: Connect, server: Loopback, virtual: VirtualTime, caplog: pytest.LogCaptureFixture
) -> None:
    waits: list[Wait] = []
    server.answers(
        problem(500, "internal_error"),
        problem(429, "rate_limit_exceeded", 5, window="minute"),
        ok({}),
    )
    client = connect(KEY, base_url=server.url, on_wait=waits.append, clock=virtual.clock)
    client.request("POST", "/thing")
    assert [(wait.seconds, wait.reason, wait.scope) for wait in waits] == [
        (0.5, "retry", None),
        (5, "retry", "minute"),
    ]
    assert isinstance(waits[0].error, ServerError)
    messages = [record.getMessage() for record in caplog.records]
    assert messages == ["Waiting 5.0 s before POST /thing: the minute window is used up"]


@pytest.mark.parametrize(
    "wrong",
    [{"attempts": 0}, {"base": -1}, {"cap": -1}, {"max_wait": float("nan")}, {"deadline": 0}],
)
def test_a_policy_that_cannot_work_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError):
        Retry(**wrong)  # type: ignore[arg-type]
