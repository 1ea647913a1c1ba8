"""The supervisor, on real processes that are killed: all of it ends cleanly, or comes back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from anthyx_server.embedded import answers, socket_path
from anthyx_server.parts import Part, RunningPart, end_leftovers
from server.tests.operation import supervised

PARTS = ("redis", "web", "worker")
IGNORES_SIGTERM = supervised.PART.replace("sys.exit(0)", "pass").replace(
    "signal.pause()", "while True: signal.pause()"
)
ENDS_AT_ONCE = supervised.PART.replace("signal.pause()", "sys.exit(7)")


class Deployment:
    """`supervised.py` in a process of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, web_program: str = "", stop_seconds: float = 15) -> subprocess.Popen[str]:
        """Start it; the answer's standard output says "ready"."""
        process = subprocess.Popen(
            [sys.executable, supervised.__file__, self.data_dir, str(stop_seconds), web_program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        return process

    def start_ready(self, web_program: str = "", stop_seconds: float = 15) -> subprocess.Popen[str]:
        """Start it and wait until all parts run."""
        process = self.start(web_program, stop_seconds)
        assert process.stdout is not None
        if process.stdout.readline() != "ready\n":
            raise AssertionError(process.communicate()[1])
        return process

    def pid(self, name: str) -> int:
        """The process id of a part, now."""
        text = (self.data_dir / f"{name}.pid").read_text()
        return int(text or 0)

    def kill(self) -> None:
        """End whatever is left."""
        for process in self._processes:
            process.kill()
            process.communicate()
        end_leftovers(self.data_dir)


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    found = Deployment(tmp_path / "data")
    yield found
    found.kill()


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def client(deployment: Deployment) -> redis.Redis:
    return redis.Redis.from_url(f"unix://{socket_path(deployment.data_dir)}?db=0")


@pytest.mark.parametrize("stop_signal", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_web_and_worker_then_redis(
    deployment: Deployment, stop_signal: signal.Signals
) -> None:
    process = deployment.start_ready()
    pids = [deployment.pid(name) for name in PARTS]
    process.send_signal(stop_signal)
    output, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert output == "ended, Redis is gone\n"
    assert (deployment.data_dir / "web.end").read_text() == "True"
    assert (deployment.data_dir / "worker.end").read_text() == "True"
    assert not any(map(is_alive, pids))


def test_sigint_ends_it_where_the_shell_had_it_ignored(deployment: Deployment) -> None:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = deployment.start_ready()
    finally:
        signal.signal(signal.SIGINT, previous)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 0


@pytest.mark.parametrize("name", PARTS)
def test_a_part_that_is_killed_comes_back(deployment: Deployment, name: str) -> None:
    process = deployment.start_ready()
    client(deployment).set("kept", "yes")
    others = {other: deployment.pid(other) for other in PARTS if other != name}
    killed = deployment.pid(name)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: deployment.pid(name) not in {0, killed})
    wait_until(lambda: answers(socket_path(deployment.data_dir)))
    assert client(deployment).get("kept") == b"yes"
    assert {other: deployment.pid(other) for other in others} == others
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert f"{name} was killed by SIGKILL; starting it again in 0.0 s" in errors


def test_nothing_outlives_a_killed_supervisor_and_the_next_keeps_the_data(
    deployment: Deployment,
) -> None:
    process = deployment.start_ready()
    client(deployment).set("kept", "yes")
    pids = [deployment.pid(name) for name in PARTS]
    process.kill()
    wait_until(lambda: not any(map(is_alive, pids)))
    deployment.start_ready()
    assert client(deployment).get("kept") == b"yes"


def test_what_a_killed_supervisor_left_is_ended(tmp_path: Path) -> None:
    left = RunningPart(Part("web", ("sleep", "1000")), tmp_path)
    assert left.exit_code is None
    end_leftovers(tmp_path)
    wait_until(lambda: left.exit_code == -signal.SIGKILL)


def test_a_part_takes_its_own_children_along(tmp_path: Path) -> None:
    pid_file = tmp_path / "child"
    program = (
        "import pathlib, subprocess, sys; child = subprocess.Popen(['sleep', '1000']);"
        "pathlib.Path(sys.argv[1]).write_text(str(child.pid))"
    )
    parent = RunningPart(Part("web", (sys.executable, "-c", program, str(pid_file))), tmp_path)
    wait_until(lambda: parent.exit_code == 0)
    wait_until(lambda: not is_alive(int(pid_file.read_text())))


def test_a_stale_pid_file_harms_no_stranger(tmp_path: Path) -> None:
    with subprocess.Popen(["/bin/sleep", "1000"], start_new_session=True) as stranger:
        try:
            (tmp_path / "web.pid").write_text(str(stranger.pid))
            end_leftovers(tmp_path)
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_a_second_start_in_the_directory_is_one_line(deployment: Deployment) -> None:
    first = deployment.start_ready()
    second = deployment.start()
    _, errors = second.communicate(timeout=20)
    assert second.returncode == 1
    assert errors == (
        f"error: another server uses the data directory {deployment.data_dir}: "
        "stop it, or set --data-dir\n"
    )
    assert first.poll() is None
    assert client(deployment).ping()


def test_a_directory_that_can_not_be_used_is_one_line(deployment: Deployment) -> None:
    deployment.data_dir.write_text("a file in its place")
    process = deployment.start()
    _, errors = process.communicate(timeout=20)
    assert errors == f"error: cannot use the data directory {deployment.data_dir}: File exists\n"


def test_a_part_that_does_not_get_ready_ends_the_start(deployment: Deployment) -> None:
    process = deployment.start("import sys; sys.exit(3)")
    output, errors = process.communicate(timeout=20)
    assert output == ""
    assert errors == "error: web ended with exit code 3 before it was ready\n"
    assert not answers(socket_path(deployment.data_dir))


def test_a_part_that_keeps_ending_is_started_ever_more_slowly(deployment: Deployment) -> None:
    deployment.start_ready(ENDS_AT_ONCE)
    starts = deployment.data_dir / "web.starts"
    wait_until(lambda: len(starts.read_text().splitlines()) >= 4)
    times = [float(line) for line in starts.read_text().splitlines()]
    assert times[2] - times[1] >= 0.5
    assert times[3] - times[2] >= 1.0


def test_a_part_that_ignores_the_end_is_killed(deployment: Deployment) -> None:
    process = deployment.start_ready(IGNORES_SIGTERM, stop_seconds=0.3)
    web = deployment.pid("web")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert not is_alive(web)


def test_a_second_signal_ends_it_at_once(deployment: Deployment) -> None:
    process = deployment.start_ready(IGNORES_SIGTERM, stop_seconds=600)
    web = deployment.pid("web")
    process.send_signal(signal.SIGTERM)
    wait_until((deployment.data_dir / "web.end").exists)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0
    assert not is_alive(web)
