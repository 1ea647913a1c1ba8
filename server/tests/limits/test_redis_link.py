"""The way to Redis: bounded in time, off for a second after a failure, back by itself."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

import pytest

from anthyx_server.redis_link import RedisLink, RedisUnavailableError, Script
from server.tests.limits.moved_clock import MovedClock
from tests.support.redis import RedisServer

# Less than the 0.25 s that a call waits for, more than one that doesn't wait takes.
WAITED = 0.2
ECHO = Script("return ARGV[1]")


@pytest.fixture
def link(redis_server: RedisServer, real_redis_timeout: None) -> Iterator[RedisLink]:
    """A link that has spoken to Redis before."""
    link = RedisLink(redis_server.url)
    assert link.call("PING") == b"PONG"
    yield link
    link.close()


def fails(link: RedisLink) -> float:
    """Seconds until a call says that Redis is unavailable."""
    started = monotonic()
    with pytest.raises(RedisUnavailableError):
        link.call("PING")
    return monotonic() - started


def test_a_hung_redis_costs_a_quarter_second_once_then_nothing(
    link: RedisLink, redis_server: RedisServer, moved: MovedClock, asked: list[Any]
) -> None:
    redis_server.pause()
    for calls in (1, 2):
        assert fails(link) >= WAITED
        assert median(fails(link) for _ in range(100)) < WAITED
        assert len(asked) == calls
        moved.ahead += 1.1  # the next one probes
    redis_server.resume()
    assert link.call("PING") == b"PONG"


def test_one_call_at_a_time_probes(
    link: RedisLink, redis_server: RedisServer, moved: MovedClock, asked: list[Any]
) -> None:
    redis_server.pause()
    fails(link)
    moved.ahead = 1.1
    together = threading.Barrier(8)

    def probe(_number: int) -> float:
        together.wait()
        return fails(link)

    asked.clear()
    with ThreadPoolExecutor(8) as pool:
        waited = list(pool.map(probe, range(8)))
    assert len(asked) == 1
    assert max(waited) >= WAITED


def test_a_redis_that_is_gone_fails_at_once(link: RedisLink, redis_server: RedisServer) -> None:
    redis_server.kill()
    assert median(fails(link) for _ in range(10)) < WAITED


@pytest.mark.parametrize("end", [RedisServer.stop, RedisServer.kill])
def test_it_comes_back_by_itself_with_scripts_that_redis_forgot(
    link: RedisLink,
    redis_server: RedisServer,
    moved: MovedClock,
    end: Callable[[RedisServer], None],
) -> None:
    assert link.run(ECHO, [], "a") == b"a"
    end(redis_server)
    fails(link)
    redis_server.start()
    moved.ahead = 1.1
    assert link.run(ECHO, [], "b") == b"b"
    assert link.run(ECHO, [], "c") == b"c"


def test_a_restart_that_no_call_met_is_not_noticed(
    link: RedisLink, redis_server: RedisServer, moved: MovedClock
) -> None:
    redis_server.kill()
    redis_server.start()
    moved.ahead = 1.1  # it rested longer than this
    assert link.run(ECHO, [], "a") == b"a"


def test_every_thread_finds_its_way_back(
    link: RedisLink, redis_server: RedisServer, moved: MovedClock
) -> None:
    with ThreadPoolExecutor(4) as pool:
        together = threading.Barrier(4)

        def ping(_number: int) -> bytes:
            together.wait()
            answer: bytes = link.call("PING")
            return answer

        list(pool.map(ping, range(4)))
        redis_server.kill()
        fails(link)
        redis_server.start()
        moved.ahead = 1.1
        assert link.call("PING") == b"PONG"
        assert list(pool.map(ping, range(4))) == [b"PONG"] * 4


def test_a_long_outage_uses_nothing_up(
    link: RedisLink, redis_server: RedisServer, moved: MovedClock
) -> None:
    redis_server.kill()
    for _ in range(250):
        fails(link)
        moved.ahead += 1.1
    redis_server.start()
    assert link.call("PING") == b"PONG"


def test_an_answer_that_came_too_late_is_nobody_else_s(
    link: RedisLink, redis_server: RedisServer, moved: MovedClock
) -> None:
    redis_server.pause()
    with pytest.raises(RedisUnavailableError):
        link.call("ECHO", "late")
    redis_server.resume()
    moved.ahead = 1.1
    assert link.call("ECHO", "mine") == b"mine"


def test_an_outage_and_its_end_are_logged_once(
    link: RedisLink, redis_server: RedisServer, moved: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        redis_server.kill()
        for _ in range(5):
            fails(link)
            moved.ahead += 1.1
        redis_server.start()
        link.call("PING")
        link.call("PING")
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2, told
    assert told[0].startswith("Redis unavailable")
    assert told[1] == "Redis is back"


@contextmanager
def answering(path: Path, answer: bytes) -> Iterator[str]:
    """A server that answers whatever it hears with these bytes, then hangs up."""

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            with client:
                if client.recv(65_536):
                    client.sendall(answer)

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield f"unix://{path}?db=0"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
        b"-MISCONF Errors writing to the AOF file: No space left on device\r\n",
        b"-READONLY You can't write against a read only replica.\r\n",
        b"-NOAUTH Authentication required.\r\n",
        b"-ERR user_script:7: attempt to compare nil with number\r\n",
        b"-BUSY Redis is busy running a script.\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"*3\r\n$2\r\nok\r\n",
        b"",
    ],
)
def test_every_answer_that_is_none_means_unavailable(tmp_path: Path, answer: bytes) -> None:
    with answering(tmp_path / "socket", answer) as url:
        link = RedisLink(url)
        with pytest.raises(RedisUnavailableError):
            link.run(ECHO, [], "a")
        assert fails(link) < WAITED
        link.close()
