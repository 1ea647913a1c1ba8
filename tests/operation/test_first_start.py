"""The first start of a server that others can reach: no key is printed, the way to one works."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from anthyx_server.parts import end_leftovers
from tests.support.ports import free_port
from tests.support.program import clean_environment, run_here

pytestmark = pytest.mark.enable_socket

PUBLIC = {
    "ANTHYX_PUBLIC_URL": "https://api.example.com",
    "ANTHYX_TRUSTED_PROXIES": "127.0.0.0/8",
    "ANTHYX_TRUSTED_PROXY_HOPS": "1",
}
OPTIONS = ("--host", "0.0.0.0", "--workers", "1")  # noqa: S104
LAST_LINE = "Make an API key with: "
SECONDS = 30


@contextmanager
def serving(
    data_dir: Path, port: int, *, errors: Path
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A public server that is ready, and what it printed first."""
    where = ("--data-dir", str(data_dir), "--port", str(port))
    with errors.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "anthyx_server.cli", "serve", *where, *OPTIONS],
            env=clean_environment() | PUBLIC,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        printed = ""
        assert process.stdout is not None
        while LAST_LINE not in printed and "curl" not in printed:
            line = process.stdout.readline()
            assert line, f"it ended: {errors.read_text()}"
            printed += line
        yield process, printed
    finally:
        process.kill()
        process.communicate()
        end_leftovers(data_dir)


def forwarded(port: int, scheme: str, token: str) -> urllib.request.Request:
    headers = {
        "Authorization": f"Bearer {token}",
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Proto": scheme,
    }
    return urllib.request.Request(f"http://127.0.0.1:{port}/v1/workspace", headers=headers)


def lives(group: int) -> bool:
    """Whether any process of a part is left."""
    with suppress(ProcessLookupError):
        os.killpg(group, 0)
        return True
    return False


def test_no_key_is_printed_but_how_to_make_one(tmp_path: Path) -> None:
    data_dir, port, errors = tmp_path / "data", free_port(), tmp_path / "errors"
    with serving(data_dir, port, errors=errors) as (process, printed):
        assert "Anthyx is running at https://api.example.com/v1 " in printed
        assert "anthyx_live_" not in printed
        told = shlex.split(printed.partition(LAST_LINE)[2])
        assert told[:3] == ["anthyx-server", "keys", "create"]
        made = run_here((*told[1:], "--json", "--data-dir", str(data_dir)), {})
        token = json.loads(made.output)["secret"]
        with urllib.request.urlopen(forwarded(port, "https", token)) as answer:
            assert json.loads(answer.read())["id"] in printed
        with pytest.raises(urllib.error.HTTPError) as redirected:
            urllib.request.build_opener(_NoRedirect).open(forwarded(port, "http", token))
        assert redirected.value.code == 301
        assert redirected.value.headers["Location"] == "https://api.example.com/v1/workspace"
        redirected.value.close()
        groups = [int(file.read_text()) for file in data_dir.glob("*.pid")]
        assert len(groups) == 3
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
        assert not any(map(lives, groups))
    assert not re.search(r"Traceback|anthyx_live_\w{9}", errors.read_text())


def test_a_link_is_printed_that_signs_the_owner_in_once(tmp_path: Path) -> None:
    data_dir, port, errors = tmp_path / "data", free_port(), tmp_path / "errors"
    with serving(data_dir, port, errors=errors) as (_, printed):
        assert "Password" not in printed
        path = re.findall(r"https://api\.example\.com(/reset/[\w-]+)", printed)[0]
        status, cookie, page = visit(port, path)
        assert (status, cookie[:14]) == (200, "__Host-anthyx=")
        form = {
            "form_token": re.findall(r'name="form_token" value="(\w+)"', page)[0],
            "password": "a password of the owner",
        }
        status, entered, _ = visit(port, path, cookie, form)
        assert (status, entered == cookie) == (303, False)
        status, _, page = visit(port, "/account", entered)
        assert (status, "owner@example.com" in page) == (200, True)
        assert visit(port, path)[0] == 404
    assert path.rpartition("/")[2] not in errors.read_text()


def visit(
    port: int, path: str, cookie: str = "", form: dict[str, str] | None = None
) -> tuple[int, str, str]:
    """Open a page as a browser behind the proxy: status, the cookie it is given, the text."""
    headers = {
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Proto": "https",
        "Cookie": cookie,
        "Origin": "https://api.example.com",
    }
    data = None if form is None else urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, headers)
    try:
        with urllib.request.build_opener(_NoRedirect).open(request) as answer:
            found = answer
            text = answer.read().decode()
    except urllib.error.HTTPError as error:
        found = error
        text = error.read().decode()
        error.close()
    return found.status, (found.headers["Set-Cookie"] or "").partition(";")[0], text


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Let a redirect be an error, so that it can be looked at."""
