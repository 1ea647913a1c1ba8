"""Requests under way while their member is removed, gets another role, or is signed out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from flask import has_request_context

from anthyx_server import dashboard, db, workspaces
from anthyx_server.db import concluding
from tests.support.visiting import Team, rows

ADA = "ada@example.com"


def remove(team: Team) -> None:
    with db.transaction():
        workspaces.remove_member(team.caller, ADA)


def demote(team: Team) -> None:
    with db.transaction():
        workspaces.set_role(team.caller, ADA, "editor")


def sign_out(team: Team) -> None:
    with db.transaction():
        dashboard.end_sessions(workspaces.get_member(team.workspace_id, ADA).id)


def reset(team: Team) -> None:
    with db.transaction():
        link = workspaces.offer_reset(team.caller, ADA)
    with db.transaction():
        workspaces.reset_password(link.path.rpartition("/")[2], "another long password")


WAYS = (remove, demote, sign_out, reset)


@pytest.mark.parametrize("way", WAYS)
def test_what_comes_first_ends_what_was_begun(
    team: Team, way: Callable[[Team], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change is made after the page has looked at who asks, and before it writes."""
    team.add(ADA, "admin")
    browser = team.browser(ADA)
    token = browser.token()
    change = workspaces.change_settings

    def act() -> None:
        with team.app.app_context():
            way(team)

    def change_it_first(caller: Any, values: dict[str, Any]) -> Any:
        # The page's own transaction has read only; on SQLite it would keep everybody out.
        db.db.session.rollback()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(act).result()
        return change(caller, values)

    monkeypatch.setattr(workspaces, "change_settings", change_it_first)
    answer = browser.send("/settings/workspace", form_token=token, name="Taken", timezone="UTC")
    assert answer.status_code == 403, answer.text
    assert rows(team.app, "workspaces")[0]["name"] == "Acme"
    assert not browser.is_signed_in()


@pytest.mark.parametrize("way", WAYS)
def test_what_comes_later_waits_for_the_commit(team: Team, way: Callable[[Team], None]) -> None:
    """Once the page was judged at its commit, the change can't come before that."""
    team.add(ADA, "admin")
    browser = team.browser(ADA)
    token = browser.token()
    is_through = threading.Event()
    came_first: list[bool] = []

    def act() -> None:
        with team.app.app_context():
            way(team)
        is_through.set()

    with ThreadPoolExecutor(1) as pool:

        def judged(_session: Any) -> None:
            if has_request_context() and not came_first:
                tasks.append(pool.submit(act))
                # Were nothing held, it would be through in far less.
                came_first.append(is_through.wait(0.3))

        tasks: list[Future[None]] = []
        with concluding.connected_to(judged):
            answer = browser.send(
                "/settings/workspace", form_token=token, name="Taken", timezone="UTC"
            )
        assert answer.status_code == 303, answer.text
        tasks[0].result()
    assert came_first == [False]
    assert rows(team.app, "workspaces")[0]["name"] == "Taken"
    assert not browser.is_signed_in()
