"""Connections: forks, threads, idle ones that are reset, timeouts, proxies, redirects."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import requests

import anthyx
from anthyx import Anthyx, APIResponseError, APITimeoutError, ConfigurationError, Retry
from sdk.tests import forking
from sdk.tests.blocking import Connect
from sdk.tests.loopback import KEY, Loopback, echo, ok, raw, say_nothing

pytestmark = pytest.mark.enable_socket


def test_parent_and_children_get_their_own_answers_after_a_fork(server: Loopback) -> None:
    server.answers(echo)
    paths = (Path(anthyx.__file__).parents[1], Path(forking.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "sdk.tests.forking", server.url, "3", "30"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    assert done.stdout == "0\n"
    users: dict[int, set[str]] = {}
    for seen in server.seen:
        users.setdefault(seen.port, set()).add(seen.path.partition("mark=")[2].partition("-")[0])
    assert {len(pids) for pids in users.values()} == {1}, "a connection is shared"


def test_threads_that_share_a_client_get_their_own_answers(server: Loopback) -> None:
    server.answers(echo)
    client = Anthyx(KEY, base_url=server.url)

    def wrong(thread: int) -> int:
        marks = [f"{thread}-{number}" for number in range(20)]
        found = [client.request("GET", "/echo", query={"mark": mark}).data for mark in marks]
        return sum(data != {"mark": mark} for data, mark in zip(found, marks, strict=True))

    with ThreadPoolExecutor(32) as pool:
        assert sum(pool.map(wrong, range(32))) == 0


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
def test_an_idle_connection_that_was_reset_does_not_surface(
    client: Anthyx, server: Loopback, method: str
) -> None:
    again = threading.Event()

    def reset_on_next_use(handler: BaseHTTPRequestHandler) -> None:
        ok({})(handler)
        handler.rfile.peek(1)  # type: ignore[attr-defined]  # waits for the next request
        handler.close_connection = True
        again.set()

    server.answers(reset_on_next_use, ok({"fine": True}))
    client.request("GET", "/thing")
    assert client.request(method, "/thing").data == {"fine": True}
    assert again.is_set()


def test_silence_is_a_timeout(connect: Connect, server: Loopback) -> None:
    server.answers(say_nothing)
    client = connect(KEY, base_url=server.url, timeout=(5, 0.05), retry=Retry(attempts=2, base=0))
    with pytest.raises(APITimeoutError, match="did not answer in time") as raised:
        client.brands.create(name="Acme")
    assert len(raised.value.attempts) == len(server.seen) == 2
    assert len({seen.headers["idempotency-key"] for seen in server.seen}) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/v1/elsewhere", "http://[", "//\xff"])
def test_redirects_are_refused(
    client: Anthyx, server: Loopback, status: int, location: str
) -> None:
    server.answers(raw(status, b"", {"Location": location}), ok({"followed": True}))
    with pytest.raises(APIResponseError, match="redirect") as raised:
        client.brands.create(name="Acme")
    assert raised.value.status == status
    assert [seen.method for seen in server.seen] == ["POST"]


def test_a_redirect_to_no_address_at_all_is_refused(server: Loopback) -> None:
    server.answers(raw(301, b"", {"Location": "http:\0//x"}))
    with pytest.raises(APIResponseError, match="redirect"):
        Anthyx(KEY, base_url=server.url).brands.create(name="Acme")
    assert len(server.seen) == 1


def test_netrc_does_not_replace_the_key(
    connect: Connect, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server.answers(ok({}))
    requests.get(server.url, timeout=5)
    Anthyx(KEY, base_url=server.url, session=requests.Session()).request("GET", "/thing")
    connect(KEY, base_url=server.url).request("GET", "/thing")
    sent = [seen.headers["authorization"] for seen in server.seen]
    assert sent[0].startswith("Basic")
    assert sent[1:] == [f"Bearer {KEY}"] * 2


def test_a_proxy_is_used_for_https_only(
    connect: Connect, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers(raw(502, b"no tunnel here", {}))
    proxy = f"http://127.0.0.1:{server.server_port}"
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, proxy)
    client = connect(KEY, base_url="https://api.invalid/v1", retry=Retry.NONE)
    with pytest.raises(anthyx.APIConnectionError):
        client.brands.get("brand_1")
    assert [(seen.method, seen.path) for seen in server.seen] == [("CONNECT", "api.invalid:443")]

    with Loopback() as other, ThreadPoolExecutor(1) as pool:
        other.answers(ok({"direct": True}))
        pool.submit(other.handle_request)
        client = connect(KEY, base_url=other.url, retry=Retry.NONE)
        assert client.request("GET", "/thing").data == {"direct": True}


def test_the_ca_bundle_of_the_session_wins_over_the_environments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/of/the/environment")
    session = requests.Session()
    for of_session, used in ((True, "/of/the/environment"), ("/my/own", "/my/own")):
        session.verify = of_session
        client = Anthyx(KEY, base_url="https://api.invalid/v1", session=session)
        with pytest.raises(anthyx.APIConnectionError, match=used) as raised:
            client.whoami()
        assert len(raised.value.attempts) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://api.useanthyx.com/v1",
        "http://127.0.0.1.example.com/v1",
        "http://10.0.0.1/v1",
        "ftp://localhost/v1",
        "api.useanthyx.com/v1",
        "https://",
        "https://user:secret@api.useanthyx.com/v1",
        "https://api.useanthyx.com/v1?key=1",
        "https://api.useanthyx.com:port/v1",
        "https://api.useanthyx.com/v1\r\nX: 1",
    ],
)
def test_a_base_url_that_would_leak_or_fail_is_refused(connect: Connect, url: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        connect(KEY, base_url=url)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/v1",
        "http://127.0.0.9/v1",
        "http://[::1]:80/v1",
        "https://example.com",
    ],
)
def test_https_and_this_machine_are_allowed(connect: Connect, url: str) -> None:
    assert connect(KEY, base_url=f"{url}/").base_url == url


def test_a_session_of_ones_own_is_used_and_left_open(server: Loopback) -> None:
    closed: list[bool] = []

    class Session(requests.Session):
        def close(self) -> None:
            closed.append(True)

    session = Session()
    session.headers["X-Team"] = "blue"
    session.headers["Accept-Encoding"] = None  # type: ignore[assignment]  # how one removes it
    server.answers(ok({}))
    with Anthyx(KEY, base_url=server.url, session=session) as client:
        client.request("GET", "/thing")
    assert server.seen[0].headers["x-team"] == "blue"
    assert server.seen[0].headers["accept-encoding"] == "identity"  # http.client's own
    assert closed == []
