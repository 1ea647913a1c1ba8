"""One connection to Redis: what a wait for an answer is worth that ended late."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from anthyx_server import clock
from anthyx_server.redis_wire import Wire
from tests.support.redis import RedisServer

LIMIT_SECONDS = 0.1


@pytest.fixture
def wire(redis_server: RedisServer) -> Iterator[Wire]:
    """A connection that was used before."""
    pool = redis.ConnectionPool.from_url(redis_server.url, protocol=2)
    wire = Wire(pool.connection_class(**pool.connection_kwargs), LIMIT_SECONDS)
    assert wire.ask("PING") == b"PONG"
    yield wire
    wire.close()


def wait_lasts(
    seconds: float, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[float]:
    """Redis hangs, but answers once the wait, which is seen to last so long, is over."""

    def moments() -> Iterator[float]:
        yield 0.0
        redis_server.resume()
        yield seconds

    redis_server.pause()
    found = moments()
    monkeypatch.setattr(clock, "monotonic", lambda: next(found))
    return found


def test_a_wait_in_which_the_machine_was_paused_is_not_held_against_redis(
    wire: Wire, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock_left = wait_lasts(10 * LIMIT_SECONDS, redis_server, monkeypatch)
    assert wire.ask("ECHO", "late") == b"late"
    assert list(clock_left) == [], "there is one more wait, not two"


def test_a_wait_that_ended_in_time_is_all_there_is(
    wire: Wire, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_lasts(1.5 * LIMIT_SECONDS, redis_server, monkeypatch)
    with pytest.raises(BlockingIOError):
        wire.ask("ECHO", "late")
    assert not wire.is_idle, "the answer may still come, and is nobody else's"


def test_the_second_wait_ends_as_the_first(
    wire: Wire, redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis_server.pause()
    moments = iter([0.0, 10 * LIMIT_SECONDS])
    monkeypatch.setattr(clock, "monotonic", lambda: next(moments))
    with pytest.raises(BlockingIOError):
        wire.ask("ECHO", "never")
