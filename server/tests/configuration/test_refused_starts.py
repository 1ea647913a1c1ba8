"""`anthyx-server` that can't or must not start: one line on standard error and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.program import run_apart, run_here

SECRETS = {
    "ANTHYX_SECRET_KEY": "secret-key-" * 4,
    "ANTHYX_KEY_PEPPERS": "1:" + "key-pepper-" * 4,
    "ANTHYX_ENCRYPTION_KEYS": "1:" + "encryption-key-" * 4,
}
# A place where no server listens, whatever runs on this machine.
UNREACHABLE = "postgresql+psycopg://anthyx:db-password@/anthyx?host=/nonexistent"
PUBLIC_BIND = ("--host", "0.0.0.0")  # noqa: S104
COMMANDS = (
    ("migrate",), ("peppers",), ("workspaces", "list"), ("keys", "list", "--workspace", "ws_1"),
    ("members", "list", "--workspace", "ws_1"),
    ("workspaces", "create", "Name", "--plan", "free", "--owner", "owner@example.com"),
)  # fmt: skip


@pytest.mark.parametrize("command", ["serve", "web"])
def test_a_public_bind_with_the_loopback_url(tmp_path: Path, command: str) -> None:
    run = run_here((command, *PUBLIC_BIND), {"ANTHYX_DATA_DIR": str(tmp_path)})
    assert run.refusal.startswith("refusing to listen on 0.0.0.0 with the loopback public URL")


@pytest.mark.parametrize("command", ["serve", "web", "worker", "migrate", "check", "peppers"])
def test_unsafe_settings_refuse_every_command(tmp_path: Path, command: str) -> None:
    given = {"ANTHYX_DATA_DIR": str(tmp_path)}
    hops = run_here((command,), given | {"ANTHYX_TRUSTED_PROXY_HOPS": "1"})
    assert "ANTHYX_TRUSTED_PROXIES would believe anyone" in hops.refusal
    bare = run_here((command,), given | {"ANTHYX_DATABASE_URL": UNREACHABLE})
    assert bare.refusal.startswith("set ANTHYX_SECRET_KEY, ANTHYX_KEY_PEPPERS and")


def test_a_process_of_its_own_says_it_in_one_line(tmp_path: Path) -> None:
    run = run_apart(("serve", *PUBLIC_BIND), {"ANTHYX_DATA_DIR": str(tmp_path)})
    assert run.refusal.startswith("refusing to listen on 0.0.0.0")


def test_a_directory_that_can_not_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = run_here(("serve", "--data-dir", str(tmp_path / "file" / "data")), {})
    assert run.refusal.startswith("cannot use the data directory")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_can_not_be_reached(tmp_path: Path, command: tuple[str, ...]) -> None:
    for url in (UNREACHABLE, f"sqlite:///{tmp_path}/nowhere/anthyx.db"):
        given = {"ANTHYX_DATA_DIR": str(tmp_path), "ANTHYX_DATABASE_URL": url, **SECRETS}
        run = run_here(command, given)
        assert run.refusal.startswith("cannot reach the database")
        assert "password" not in run.refusal


@pytest.mark.enable_socket
def test_serve_without_its_database_ends(tmp_path: Path) -> None:
    given = {
        "ANTHYX_DATA_DIR": str(tmp_path),
        "ANTHYX_DATABASE_URL": UNREACHABLE,
        "ANTHYX_REDIS_URL": f"unix://{tmp_path}/none.sock",
    }
    run = run_apart(("serve", "--port", str(free_port())), given | SECRETS)
    assert run.refusal.startswith("cannot reach the database")
