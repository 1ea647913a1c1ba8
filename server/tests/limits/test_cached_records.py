"""Cached key records: none outlives 5 s, none is made while a change of its key settles."""

from __future__ import annotations

from typing import Any

import pytest

from anthyx_server import keys
from anthyx_server.redis_link import RedisLink
from tests.support.apps import Account
from tests.support.redis import RedisServer

# Among the arguments of the gate's script: when the database was asked, in milliseconds.
ASKED_AT = 4


@pytest.fixture
def filling(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets a test act on the arguments with which the next record is filled in."""

    def set_up(act: Any) -> None:
        run = RedisLink.run

        def watched(self: RedisLink, script: Any, names: list[str], *arguments: Any) -> Any:
            changed = [*arguments]
            if len(arguments) > ASKED_AT and arguments[ASKED_AT] != "":
                act(self, changed)
            return run(self, script, names, *changed)

        monkeypatch.setattr(RedisLink, "run", watched)

    return set_up


def record_name(account: Account) -> str:
    hasher: keys.Hasher = account.app.extensions["anthyx_hasher"]
    return keys.redis_name(hasher.digest(account.token))


def test_no_record_is_made_while_a_change_settles(
    account: Account, redis_server: RedisServer, filling: Any
) -> None:
    def change(link: RedisLink, _arguments: list[Any]) -> None:
        link.call("SET", keys.mark_name(account.key_id), "1")

    filling(change)
    assert account.get("/workspace").status_code == 200
    with redis_server.client() as client:
        assert not client.exists(record_name(account))


@pytest.mark.parametrize("moved_ms", [0, 60_000, 3_600_000])
def test_a_clock_that_is_set_back_lets_no_record_live_longer(
    account: Account, redis_server: RedisServer, filling: Any, moved_ms: int
) -> None:
    def move(_link: RedisLink, arguments: list[Any]) -> None:
        arguments[ASKED_AT] += moved_ms

    filling(move)
    assert account.get("/workspace").status_code == 200
    with redis_server.client() as client:
        assert 0 < client.pttl(record_name(account)) <= keys.LIFE_SECONDS * 1000
