"""`anthyx-server serve` as a person runs it: first start, outages, restarts, refusals."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
import requests
from rq.job import JobStatus

from anthyx_server import queue
from anthyx_server.embedded import socket_path
from anthyx_server.limits.jobs import store_usage
from tests.support.apps import wait_until
from tests.support.ports import free_port

pytestmark = pytest.mark.enable_socket

PARTS = ("redis", "web", "worker")


@dataclass
class Serving:
    """A running `serve`, and what it printed."""

    process: subprocess.Popen[str]
    data_dir: Path
    port: int
    banner: str

    @property
    def key(self) -> str:
        """The API key of the first start."""
        found = re.search(r"anthyx_live_\w+", self.banner)
        assert found is not None, self.banner
        return found.group()

    def get(self, path: str, key: str) -> requests.Response:
        """Call the API."""
        url = f"http://127.0.0.1:{self.port}/v1{path}"
        return requests.get(url, headers={"Authorization": f"Bearer {key}"}, timeout=30)

    def pid(self, part: str) -> int:
        """The process id of a part, now; 0 while it is being started."""
        return int((self.data_dir / f"{part}.pid").read_text() or 0)


def command(data_dir: Path, port: int, *options: str) -> list[str]:
    words = ["serve", "--data-dir", str(data_dir), "--port", str(port), "--workers", "1"]
    return [sys.executable, "-m", "anthyx_server.cli", *words, *options]


@contextmanager
def serving(data_dir: Path, last_line: str) -> Iterator[Serving]:
    port = free_port()
    process = subprocess.Popen(command(data_dir, port), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        banner = ""
        while last_line not in banner:
            line = process.stdout.readline()
            assert line, f"it ended, after {banner!r}"
            banner += line
        yield Serving(process, data_dir, port, banner)
    finally:
        process.terminate()
        process.communicate()


def refusal(data_dir: Path, port: int, *options: str) -> str:
    done = subprocess.run(
        command(data_dir, port, *options), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    with serving(tmp_path_factory.mktemp("serve") / "data", "curl") as found:
        yield found


def test_the_printed_curl_line_works_when_pasted(served: Serving) -> None:
    line = next(line for line in served.banner.splitlines() if line.strip().startswith("curl"))
    done = subprocess.run(
        ["/bin/sh", "-c", f"{line} -sS -o /dev/null -w '%{{http_code}}'"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "200"


def test_only_the_owner_can_read_what_it_wrote(served: Serving) -> None:
    files = list(served.data_dir.rglob("*"))
    assert {path.name for path in files} > {"anthyx.db", "redis.sock", "secrets.json"}
    assert stat.S_IMODE(served.data_dir.stat().st_mode) == 0o700
    assert [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_part_comes_back_and_new_connections_wait_for_it(
    served: Serving, part: str
) -> None:
    killed = served.pid(part)
    os.kill(killed, signal.SIGKILL)

    def is_served() -> bool:
        try:
            return served.get("/workspace", served.key).status_code == 200
        except requests.ConnectionError as error:
            # What a dying worker had taken is reset; a connection is never refused.
            if "refused" in str(error):
                raise
            return False

    wait_until(is_served, 30)
    wait_until(lambda: served.pid(part) not in {0, killed}, 30)
    assert served.get("/workspace", served.key).status_code == 200


def test_a_second_start_in_the_directory_is_one_line(served: Serving) -> None:
    assert refusal(served.data_dir, free_port()) == (
        f"anthyx-server: another server uses the data directory {served.data_dir}: "
        "stop it, or set --data-dir\n"
    )


def test_a_port_in_use_is_one_line(served: Serving, tmp_path: Path) -> None:
    assert refusal(tmp_path / "other", served.port) == (
        f"anthyx-server: cannot listen on 127.0.0.1:{served.port}: "
        "the port is in use: stop what listens there, or set another --port\n"
    )


def test_a_directory_that_can_not_be_used_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refusal(tmp_path / "file", free_port()) == (
        f"anthyx-server: cannot use the data directory {tmp_path / 'file'}: File exists\n"
    )


def test_data_outlives_a_kill_of_everything_and_a_clean_end(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "curl") as first:
        first.process.kill()
        for part in PARTS:
            with suppress(ProcessLookupError):
                os.killpg(first.pid(part), signal.SIGKILL)
    with serving(tmp_path / "data", "running") as second:
        assert second.get("/workspace", first.key).status_code == 200
        parts = [second.pid(part) for part in PARTS]
        second.process.send_signal(signal.SIGINT)
        said, _ = second.process.communicate(timeout=30)
        assert second.process.returncode == 0
        assert "anthyx_live_" not in second.banner + said
        with pytest.raises(requests.ConnectionError):
            second.get("/workspace", first.key)
    for pid in parts:
        with pytest.raises(ProcessLookupError):
            os.killpg(pid, 0)


@contextmanager
def write_lock(data_dir: Path) -> Iterator[None]:
    """The database's write lock: whatever writes stays in flight meanwhile."""
    path = data_dir / "anthyx.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


def is_refused(served: Serving) -> bool:
    try:
        served.get("/workspace", served.key)
    except requests.ConnectionError as error:
        return "refused" in str(error)
    return False


def used_times(data_dir: Path) -> int:
    """Requests that the job has counted."""
    with closing(sqlite3.connect(data_dir / "anthyx.db")) as connection:
        [total] = connection.execute("SELECT sum(accepted) FROM usage_hours").fetchone()
    return int(total or 0)


BODY = b'{"name": "In flight"}'


@contextmanager
def half_a_request(served: Serving) -> Iterator[socket.socket]:
    """A connection on which the second half of `BODY` is still to come."""
    head = (
        f"POST /v1/brands HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(head.encode() + BODY[:5])
        yield connection


def test_what_is_in_flight_is_finished_before_the_end(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "data", "curl") as served,
        redis.Redis(unix_socket_path=str(socket_path(served.data_dir))) as client,
        half_a_request(served) as connection,
    ):
        # It has passed the gate, and waits for the rest of the body.
        wait_until(lambda: counted(client) == 1, 30)
        end_schedule(client)
        with write_lock(served.data_dir):
            # What only the job can bring to the rows, for Redis ends before we look.
            before = used_times(served.data_dir)
            assert served.get("/workspace", served.key).status_code == 200
            job = queue.make_queue(client).enqueue(
                f"{store_usage.__module__}.{store_usage.__name__}"
            )
            wait_until(lambda: job.get_status() == JobStatus.STARTED, 30)
            served.process.terminate()
            wait_until(lambda: is_refused(served), 30)
            assert served.process.poll() is None
        connection.sendall(BODY[5:])
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 201 ")
        assert served.process.wait(30) == 0
        assert used_times(served.data_dir) > before
        with closing(sqlite3.connect(served.data_dir / "anthyx.db")) as database:
            assert database.execute("SELECT name FROM brands").fetchall() == [("In flight",)]


def end_schedule(client: redis.Redis) -> None:
    """Let no job be due any more: one that waits for the lock would hold up ours."""
    for known in queue._registered.values():  # noqa: SLF001
        client.set(f"anthyx:due:{known.name}", "1")
    jobs = queue.make_queue(client)
    wait_until(lambda: jobs.count + jobs.started_job_registry.count == 0, 30)


def counted(client: redis.Redis) -> int:
    """Requests that the gate let in, as its windows count them."""
    return sum(int(client.hget(window, "m") or 0) for window in client.keys("anthyx:window:*"))
