"""The faults of today's SDKs: shown by a plain `requests.Session` where it has them, not by ours.

Hostile webhooks are with the tests of webhooks.
"""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

import anthyx
from anthyx import APIError
from sdk.tests import one_fork, samples
from sdk.tests.blocking import Connect
from sdk.tests.loopback import KEY, Loopback, VirtualTime, html, ok, problem, raw
from sdk.tests.plain import Ours, Plain, User

pytestmark = pytest.mark.enable_socket

BRAND = samples.brand()


@dataclass(frozen=True)
class Stage:
    """What a fault is looked for with."""

    kind: str
    user: User
    server: Loopback
    monkeypatch: pytest.MonkeyPatch
    caplog: pytest.LogCaptureFixture
    tmp_path: Path


Fault = Callable[[Stage], bool]
"""Whether the fault shows."""


def parent_and_child_share_a_connection(stage: Stage) -> bool:
    stage.server.answers(ok(BRAND))
    paths = (Path(anthyx.__file__).parents[1], Path(one_fork.__file__).parents[2])
    subprocess.run(
        [sys.executable, "-m", "sdk.tests.one_fork", stage.kind, stage.server.url],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        check=True,
        timeout=50,
    )
    users: dict[int, set[str]] = {}
    for seen in stage.server.seen:
        users.setdefault(seen.port, set()).add(seen.path.rpartition("-")[2])
    assert len({pid for pids in users.values() for pid in pids}) == 2
    return any(len(pids) > 1 for pids in users.values())


def netrc_replaces_the_key(stage: Stage) -> bool:
    netrc = stage.tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    stage.monkeypatch.setenv("NETRC", str(netrc))
    stage.server.answers(ok(BRAND))
    stage.user.get("brand_1")
    return stage.server.seen[0].headers["authorization"] != f"Bearer {KEY}"


def a_redirect_turns_post_into_get_and_reports_success(stage: Stage) -> bool:
    stage.server.answers(raw(301, b"", {"Location": "/v1/brands/brand_1"}), ok(BRAND))
    return _succeeds(lambda: stage.user.create("Acme")) and stage.server.seen[-1].method == "GET"


def a_429_is_not_tried_again(stage: Stage) -> bool:
    stage.server.answers(problem(429, "rate_limit_exceeded", 1), ok(BRAND))
    return not _succeeds(lambda: stage.user.get("brand_1"))


def a_post_is_sent_twice_without_one_idempotency_key(stage: Stage) -> bool:
    stage.server.answers(problem(503, "unavailable"), ok(BRAND))
    if not _succeeds(lambda: stage.user.create("Acme")):
        stage.user.create("Acme")  # as one does then
    keys = [seen.headers.get("idempotency-key") for seen in stage.server.seen]
    assert len(keys) == 2
    return keys[0] is None or keys[0] != keys[1]


def an_id_reaches_another_path(stage: Stage) -> bool:
    stage.server.answers(ok(BRAND))
    for identifier in ("../admin", "", "brand_1?limit=1"):
        _succeeds(lambda: stage.user.get(identifier))  # noqa: B023 - called at once
    paths = [seen.path for seen in stage.server.seen]
    return not all(path.startswith("/v1/brands/") and "?" not in path for path in paths)


def an_error_does_not_unpickle(stage: Stage) -> bool:
    stage.server.answers(problem(404, "not_found"))
    error = _error(lambda: stage.user.get("brand_1"))
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    return (type(again), again.args) != (type(error), error.args)


def html_is_an_error_that_says_nothing(stage: Stage) -> bool:
    stage.server.answers(html(200))
    error = _error(lambda: stage.user.get("brand_1"))
    return not (isinstance(error, APIError) and error.status == 200)


def a_debug_log_holds_the_body(stage: Stage) -> bool:
    stage.caplog.set_level(logging.DEBUG)
    stage.server.answers(ok(samples.brand(name="a secret answer")))
    stage.user.create("a secret name")
    return "secret" in stage.caplog.text or KEY in stage.caplog.text


def an_idle_connection_that_was_reset_surfaces_on_a_post(stage: Stage) -> bool:
    reset = threading.Event()

    def reset_on_next_use(handler: BaseHTTPRequestHandler) -> None:
        ok(BRAND)(handler)
        handler.rfile.peek(1)  # type: ignore[attr-defined]  # waits for the next request
        handler.close_connection = True
        reset.set()

    stage.server.answers(reset_on_next_use, ok(BRAND))
    stage.user.get("brand_1")
    has_surfaced = not _succeeds(lambda: stage.user.create("Acme"))
    assert reset.is_set()
    return has_surfaced


# Each with whether a plain session has it.
FAULTS: dict[Fault, bool] = {
    parent_and_child_share_a_connection: True,
    netrc_replaces_the_key: True,
    a_redirect_turns_post_into_get_and_reports_success: True,
    a_429_is_not_tried_again: True,
    a_post_is_sent_twice_without_one_idempotency_key: True,
    an_id_reaches_another_path: True,
    an_error_does_not_unpickle: False,
    html_is_an_error_that_says_nothing: True,
    a_debug_log_holds_the_body: False,
    an_idle_connection_that_was_reset_surfaces_on_a_post: True,
}
each_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)


@pytest.fixture
def stage(
    server: Loopback,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> Callable[[str, User], Stage]:
    """Makes the stage for a user."""
    return lambda kind, user: Stage(kind, user, server, monkeypatch, caplog, tmp_path)


@each_fault
def test_a_plain_session_has_the_fault_where_we_say_so(
    stage: Callable[[str, User], Stage], server: Loopback, fault: Fault
) -> None:
    assert fault(stage("plain", Plain(server.url))) is FAULTS[fault]


@each_fault
def test_ours_has_none(
    stage: Callable[[str, User], Stage],
    server: Loopback,
    virtual: VirtualTime,
    connect: Connect,
    fault: Fault,
) -> None:
    client = connect(KEY, base_url=server.url, clock=virtual.clock)
    kind = "async" if "Async" in repr(client) else "sync"
    assert not fault(stage(kind, Ours(client)))


def _succeeds(call: Callable[[], object]) -> bool:
    try:
        call()
    except Exception:  # noqa: BLE001 - whatever this client raises
        return False
    return True


def _error(call: Callable[[], object]) -> Exception:
    try:
        call()
    except Exception as error:  # noqa: BLE001 - whatever this client raises
        return error
    raise AssertionError("it did not fail")
