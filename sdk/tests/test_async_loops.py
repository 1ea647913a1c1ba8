"""An async client beyond one event loop: several loops, forks, sessions, and life without httpx."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

import anthyx
from anthyx import (
    APIConnectionError,
    APIError,
    APIResponseError,
    AsyncAnthyx,
    ConfigurationError,
    Retry,
)
from anthyx.aio._connections import Connections
from sdk.tests import async_forking, samples
from sdk.tests.loopback import KEY, Loopback, cut_short, echo, ok, raw
from sdk.tests.test_async_tasks import until, wrong_answers

pytestmark = pytest.mark.enable_socket

PATHS = (Path(anthyx.__file__).parents[1], Path(async_forking.__file__).parents[2])
HTTPS = "https://api.invalid/v1"


def run_python(*arguments: str) -> str:
    """What a Python of its own prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, PATHS))},
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    return done.stdout


def test_parent_and_children_get_their_own_answers_after_a_fork(server: Loopback) -> None:
    server.answers(echo)
    module = "sdk.tests.async_forking"
    assert run_python("-W", "error", "-m", module, server.url, "3", "30") == "0\n"
    users: dict[int, set[str]] = {}
    for seen in server.seen:
        users.setdefault(seen.port, set()).add(seen.path.partition("mark=")[2].partition("-")[0])
    assert {len(pids) for pids in users.values()} == {1}, "a connection is shared"


def test_loops_in_threads_share_a_client_and_its_pacing(server: Loopback) -> None:
    server.answers(echo)
    client = AsyncAnthyx(KEY, base_url=server.url)
    together, closed = threading.Barrier(4), threading.Event()

    async def main(thread: int) -> int:
        names = (f"{thread}-{each}" for each in "abcd")
        wrong = sum(await asyncio.gather(*(wrong_answers(client, name, 9) for name in names)))
        together.wait()  # all loops are still running
        if thread == 0:
            await client.close()  # the others' connections too
            closed.set()
        await until(closed.is_set)
        return wrong

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda thread: asyncio.run(main(thread)), range(4))) == 0
    users: dict[int, set[str]] = {}
    for seen in server.seen:
        users.setdefault(seen.port, set()).add(seen.path.partition("mark=")[2].partition("-")[0])
    assert {len(threads) for threads in users.values()} == {1}, "a connection is shared"


@pytest.mark.parametrize("is_stuck", [False, True])
def test_closing_waits_for_other_loops_but_not_for_ever(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, is_stuck: bool
) -> None:
    server.answers(echo)
    client = AsyncAnthyx(KEY, base_url=server.url)
    together, closed, ended = threading.Barrier(2), threading.Event(), []
    aclose = Connections.aclose

    async def slowly(connections: Connections) -> None:
        await asyncio.sleep(0.05)
        await aclose(connections)
        ended.append(connections)

    monkeypatch.setattr(Connections, "aclose", slowly)

    async def closing() -> None:
        await wrong_answers(client, "closing", 1)
        together.wait()
        await client.close()
        assert len(ended) == (1 if is_stuck else 2)
        closed.set()

    async def other() -> None:
        await wrong_answers(client, "other", 1)
        together.wait()
        if is_stuck:
            assert closed.wait(20), "each waits for the other"
        await until(lambda: closed.is_set() and len(ended) == 2)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda main: asyncio.run(main()), (closing, other)))


def test_one_loop_after_the_other_uses_a_client(server: Loopback) -> None:
    server.answers(echo)
    client = AsyncAnthyx(KEY, base_url=server.url)

    async def main(name: str) -> int:
        wrong = await wrong_answers(client, name, 3)
        await client.close()
        return wrong

    assert asyncio.run(main("first")) + asyncio.run(main("second")) == 0


def test_a_loop_that_ended_without_closing_is_forgotten(server: Loopback) -> None:
    server.answers(echo)
    # In a process of its own, which need not collect what the loops leave open.
    program = (
        "import asyncio, sys\n"
        "from anthyx import AsyncAnthyx\n"
        "from sdk.tests.test_async_tasks import wrong_answers\n"
        "client = AsyncAnthyx(sys.argv[1], base_url=sys.argv[2])\n"
        "for name in ('first', 'second', 'third'):\n"
        "    print(asyncio.run(wrong_answers(client, name, 2)))"
    )
    assert run_python("-c", program, KEY, server.url) == "0\n0\n0\n"
    assert len({seen.port for seen in server.seen}) == 3


def test_a_session_is_used_by_one_loop_and_left_open(server: Loopback) -> None:
    server.answers(ok({}))

    async def main(client: AsyncAnthyx) -> None:
        async with client:
            await client.request("POST", "/thing", json={})

    async def first(session: httpx.AsyncClient, client: AsyncAnthyx) -> None:
        await main(client)
        assert not session.is_closed
        await session.aclose()

    session = httpx.AsyncClient(headers={"X-Team": "blue", "Authorization": "Bearer other"})
    client = AsyncAnthyx(KEY, base_url=server.url, session=session)
    asyncio.run(first(session, client))
    assert server.seen[0].headers["x-team"] == "blue"
    assert server.seen[0].headers["authorization"] == f"Bearer {KEY}"
    with pytest.raises(ConfigurationError, match="event loop"):
        asyncio.run(main(client))
    assert len(server.seen) == 1


@pytest.mark.parametrize("location", ["/v1/elsewhere", "http://["])
def test_a_session_follows_no_redirect(server: Loopback, location: str) -> None:
    server.answers(raw(301, b"", {"Location": location}), ok({"followed": True}))

    async def main() -> None:
        async with httpx.AsyncClient(follow_redirects=True) as session:
            client = AsyncAnthyx(KEY, base_url=server.url, session=session)
            with pytest.raises(APIResponseError, match="redirect"):
                await client.brands.create(name="Acme")

    asyncio.run(main())
    assert [seen.method for seen in server.seen] == ["POST"]


def test_without_httpx_the_client_says_what_to_install(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['httpx'] = None\n"
        "import anthyx\n"
        "from anthyx import Anthyx, AsyncAnthyx, AsyncPages, AsyncClock, Brand\n"
        f"Anthyx({KEY!r})\n"
        f"try: AsyncAnthyx({KEY!r})\n"
        "except anthyx.ConfigurationError as error: print(error)"
    )
    assert "pip install 'anthyx[async]'" in run_python("-c", program)


def test_httpx_is_loaded_by_an_async_client_only() -> None:
    program = (
        "import sys, anthyx; from anthyx import *; Anthyx('k').brands; "
        "print('httpx' in sys.modules); AsyncAnthyx('k'); print('httpx' in sys.modules)"
    )
    assert run_python("-c", program) == "False\nTrue\n"


@pytest.mark.parametrize("proxy", ["gopher://127.0.0.1:1", "http://proxy:many"])
def test_a_proxy_that_can_not_be_used_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="proxy"):
        AsyncAnthyx(KEY, base_url=HTTPS)
    AsyncAnthyx(KEY, base_url=HTTPS, session=httpx.AsyncClient(trust_env=False))
    monkeypatch.setenv("NO_PROXY", "api.invalid")
    AsyncAnthyx(KEY, base_url=HTTPS)


def test_a_proxy_may_be_named_without_a_scheme(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers(raw(502, b"no tunnel here", {}))
    monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{server.server_port}")

    async def main() -> None:
        async with AsyncAnthyx(KEY, base_url=HTTPS, retry=Retry.NONE) as client:
            with pytest.raises(APIConnectionError, match="Could not connect"):
                await client.whoami()

    asyncio.run(main())
    assert [(seen.method, seen.path) for seen in server.seen] == [("CONNECT", "api.invalid:443")]


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_ca_bundle_that_can_not_be_read_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    for each in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(each, raising=False)
    monkeypatch.setenv(name, "/no/such/bundle")
    with pytest.raises(ConfigurationError, match="/no/such/bundle"):
        AsyncAnthyx(KEY, base_url=HTTPS)
    monkeypatch.setenv(name, str(tmp_path))  # a directory of certificates
    AsyncAnthyx(KEY, base_url=HTTPS)


def test_errors_of_httpx_do_not_escape_and_survive_pickle(server: Loopback) -> None:
    broken = raw(200, b"not gzip", {"Content-Encoding": "gzip", "Content-Type": "application/json"})
    rubbish = raw(200, b"", {"Content-Length": "many"})

    async def error(client: AsyncAnthyx) -> APIError:
        with pytest.raises(APIError) as raised:
            await client.request("GET", "/thing")
        assert isinstance(raised.value.__cause__, Exception)
        return raised.value

    async def main() -> list[APIError]:
        async with AsyncAnthyx(KEY, base_url=server.url, retry=Retry.NONE) as client:
            errors: list[APIError] = []
            for answer in (broken, rubbish, cut_short):
                server.answers(answer)
                errors.append(await error(client))
            return errors

    errors = asyncio.run(main())
    kinds = [type(each) for each in errors]
    assert kinds == [APIResponseError, APIConnectionError, APIConnectionError]
    for each in errors:
        again = pickle.loads(pickle.dumps(each))  # noqa: S301 - our own
        assert (type(again), str(again), vars(again)) == (type(each), str(each), vars(each))


def test_no_log_holds_a_body_or_a_key(server: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers(ok(samples.brand(name="a secret answer")))

    async def main() -> None:
        async with AsyncAnthyx(KEY, base_url=server.url) as client:
            await client.brands.create(name="a secret name")
            await client.request("GET", "/thing", query={"q": "a secret query"})

    asyncio.run(main())
    assert "POST /brands: 200" in caplog.text
    assert "secret" not in caplog.text
    assert KEY not in caplog.text
