"""The client: where its options come from, the key, `with_options`, `request`."""

from __future__ import annotations

import pytest

from anthyx import (
    Anthyx,
    APIResponse,
    AuthenticationError,
    ConfigurationError,
    Retry,
)
from sdk.tests import samples
from sdk.tests.blocking import Connect
from sdk.tests.loopback import KEY, Loopback, VirtualTime, ok, problem, raw

pytestmark = pytest.mark.enable_socket


def test_key_and_base_url_come_from_the_environment(
    connect: Connect, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHYX_API_KEY", KEY)
    monkeypatch.setenv("ANTHYX_BASE_URL", server.url)
    server.answers(ok(samples.api_key()))
    with connect() as client:
        assert client.whoami().name == "CI"
    assert (server.seen[0].method, server.seen[0].path) == ("GET", "/v1/api-keys/current")
    assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"


def test_arguments_win_over_the_environment(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHYX_BASE_URL", "https://example.com")
    assert connect(KEY).base_url == "https://example.com"
    assert connect(KEY, base_url="https://example.org").base_url == "https://example.org"
    monkeypatch.delenv("ANTHYX_BASE_URL")
    assert "Anthyx https://api.useanthyx.com/v1>" in repr(connect(KEY))


@pytest.mark.parametrize("key", [None, "", f"{KEY}\n", f" {KEY}", "schlüssel", "a\x00b"], ids=ascii)
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(
    connect: Connect, key: str | None
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        connect(key)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    "wrong",
    [{"timeout": 0}, {"timeout": (1, -1)}, {"timeout": float("nan")}, {"rate_limit": "never"}],
    ids=str,
)
def test_options_that_cannot_work_are_refused(connect: Connect, wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        connect(KEY, **wrong)
    with pytest.raises(ConfigurationError):
        connect(KEY).with_options(**wrong)  # type: ignore[arg-type]


def _client(connect: Connect, server: Loopback, *keys: str) -> tuple[Anthyx, list[str]]:
    """A client whose callable hands out these keys, and the list of those it was asked for."""
    asked: list[str] = []

    def next_key() -> str:
        asked.append(keys[len(asked)])
        return asked[-1]

    return connect(next_key, base_url=server.url, clock=VirtualTime().clock), asked


def test_a_callable_is_asked_once_and_again_after_a_401(connect: Connect, server: Loopback) -> None:
    client, asked = _client(connect, server, "old", "new")
    server.answers(ok({}), ok({}), problem(401, "api_key_expired"), ok({"fine": True}))
    client.request("GET", "/thing")
    client.request("GET", "/thing")
    assert asked == ["old"]
    assert client.request("POST", "/thing").data == {"fine": True}
    assert asked == ["old", "new"]
    sent = [seen.headers["authorization"] for seen in server.seen]
    assert sent == ["Bearer old", "Bearer old", "Bearer old", "Bearer new"]
    keys = {seen.headers["idempotency-key"] for seen in server.seen[2:]}
    assert len(keys) == 1


def test_a_second_401_is_raised(connect: Connect, server: Loopback) -> None:
    client, asked = _client(connect, server, "old", "new", "newer")
    server.answers(problem(401, "invalid_api_key"))
    with pytest.raises(AuthenticationError) as raised:
        client.request("GET", "/thing")
    assert asked == ["old", "new"]
    assert len(raised.value.attempts) == 2


def test_the_same_key_again_is_not_sent_again(connect: Connect, server: Loopback) -> None:
    client, asked = _client(connect, server, "old", "old")
    server.answers(problem(401, "invalid_api_key"))
    with pytest.raises(AuthenticationError):
        client.with_options(retry=Retry.NONE).request("GET", "/thing")
    assert (asked, len(server.seen)) == (["old", "old"], 1)


def test_a_callable_that_returns_no_key_is_a_configuration_error(
    connect: Connect, server: Loopback
) -> None:
    with pytest.raises(ConfigurationError):
        _client(connect, server, "")[0].whoami()


def test_with_options_changes_only_what_is_given(client: Anthyx, server: Loopback) -> None:
    server.answers(problem(500, "internal_error"))
    once = client.with_options(retry=Retry.NONE)
    for each, tries in ((once, 1), (once.with_options(timeout=None), 1), (client, 4)):
        server.seen.clear()
        with pytest.raises(Exception, match="internal_error"):
            each.brands.get("brand_1")
        assert len(server.seen) == tries


def test_request_is_the_way_out(client: Anthyx, server: Loopback) -> None:
    server.answers(ok({"new": 1}, 201, headers={"X-Request-Id": "req_9"}))
    answer = client.request(
        "POST",
        "/new-things/a%20b",
        query={"flag": True, "ids": ["a", "b"], "none": None, "n": 3},
        json={"x": None},
        headers={"Accept-Language": "de"},
        if_match='"1"',
    )
    assert isinstance(answer, APIResponse)
    assert answer.data == {"new": 1}
    assert (answer.response.status, answer.response.request_id) == (201, "req_9")
    sent = server.seen[0]
    assert sent.path == "/v1/new-things/a%20b?flag=true&ids=a%2Cb&n=3"
    assert sent.json == {"x": None}
    assert (sent.headers["accept-language"], sent.headers["if-match"]) == ("de", '"1"')
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["user-agent"].startswith("anthyx-python/0.1.0 ")


@pytest.mark.parametrize("status", [200, 202, 204, 304])
def test_an_answer_without_a_body_is_none(client: Anthyx, server: Loopback, status: int) -> None:
    server.answers(raw(status, b"", {}))
    answer = client.request("GET", "/thing", headers={"If-None-Match": '"1"'})
    assert (answer.data, answer.response.status) == (None, status)


@pytest.mark.parametrize(
    "path", ["brands", "//evil", "/../admin", "/a/./b", "/a?b=1", "/a#b", "", f"/{KEY}", "/\ud800"]
)
def test_a_path_that_leads_elsewhere_is_refused(
    client: Anthyx, server: Loopback, path: str
) -> None:
    with pytest.raises(ValueError, match=r"path|query|surrogates") as raised:
        client.request("GET", path)
    assert KEY not in str(raised.value)
    assert server.seen == []


@pytest.mark.parametrize(
    ("method", "headers"),
    [("get", {}), ("GET /x", {}), ("GET", {"X": "a\r\nY: b"}), ("GET", {"X: a\r\nY": "b"})],
    ids=str,
)
def test_a_method_or_header_that_cannot_be_sent_is_refused(
    client: Anthyx, method: str, headers: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match=r"method|header"):
        client.request(method, "/thing", headers=headers)
