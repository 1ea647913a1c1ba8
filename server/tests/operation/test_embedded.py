"""The embedded Redis: what it promises to keep, and where it listens."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from anthyx_server import embedded
from anthyx_server.embedded import answers, redis_part, socket_path
from anthyx_server.environment import ConfigurationError
from anthyx_server.parts import RunningPart
from tests.support.redis import RedisServer, throwaway_redis
from tests.support.scratch import scratch_directory

LONG_NAME = "d" * 120


@pytest.fixture
def own_redis() -> Iterator[RedisServer]:
    with throwaway_redis() as server:
        yield server


@pytest.fixture
def short_root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with scratch_directory() as directory:
        monkeypatch.setattr(embedded, "_SHORT_ROOT", directory)
        yield directory


def test_it_writes_everything_to_a_file_and_refuses_rather_than_forgets(
    own_redis: RedisServer,
) -> None:
    with own_redis.client() as client:
        settings = client.config_get("*")
    expected = {
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "port": "0",
        "unixsocketperm": "700",
    }
    assert {name: settings[name] for name in expected} == expected


def test_kill_9_loses_nothing_that_was_written(own_redis: RedisServer) -> None:
    with own_redis.client() as client:
        for number in range(2_000):
            client.set(f"key:{number}", number)
    own_redis.kill()
    assert not answers(Path(own_redis.socket))
    own_redis.start()
    with own_redis.client() as client:
        assert client.dbsize() == 2_000
        assert client.get("key:1999") == b"1999"


def test_it_counts_as_ready_only_when_it_answers(own_redis: RedisServer) -> None:
    assert answers(own_redis.socket)
    own_redis.pause()
    assert not answers(own_redis.socket)
    own_redis.resume()
    assert answers(own_redis.socket)


def test_only_its_owner_can_reach_it(own_redis: RedisServer) -> None:
    assert stat.S_IMODE(own_redis.socket.stat().st_mode) == 0o700
    files = [path for path in own_redis.socket.parent.rglob("*.aof*") if path.is_file()]
    assert files
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)


def test_a_directory_with_a_long_path_gets_a_short_private_socket(
    tmp_path: Path, short_root: Path
) -> None:
    data_dir = tmp_path / LONG_NAME
    data_dir.mkdir()
    path = socket_path(data_dir)
    assert path.is_relative_to(short_root)
    assert len(os.fsencode(path)) <= 103
    run = RunningPart(redis_part(data_dir), data_dir)
    try:
        run.wait_ready(20)
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        with redis.Redis.from_url(f"unix://{path}?db=0") as client:
            assert client.config_get("dir")["dir"] == str(data_dir)
    finally:
        run.kill()


def test_two_directories_with_long_paths_do_not_share_a_socket(tmp_path: Path) -> None:
    first, second = tmp_path / LONG_NAME / "a", tmp_path / LONG_NAME / "b"
    assert socket_path(first) != socket_path(second)


def test_a_short_place_that_others_can_open_is_refused(tmp_path: Path, short_root: Path) -> None:
    data_dir = tmp_path / LONG_NAME
    place = socket_path(data_dir).parent
    place.mkdir(mode=0o755)
    with pytest.raises(ConfigurationError, match="is open to others"):
        redis_part(data_dir)


def test_a_short_place_that_is_a_link_is_refused(tmp_path: Path, short_root: Path) -> None:
    data_dir = tmp_path / LONG_NAME
    target = tmp_path / "elsewhere"
    target.mkdir(mode=0o700)
    socket_path(data_dir).parent.symlink_to(target)
    with pytest.raises(ConfigurationError, match="is open to others"):
        redis_part(data_dir)
