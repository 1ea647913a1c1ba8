"""Applications, workspaces and running servers for tests."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from anthyx_server import db, keys, workspaces
from anthyx_server.app import create_app
from anthyx_server.clock import monotonic
from anthyx_server.config import NamedSecret, Settings
from anthyx_server.tenancy import Caller, system_caller
from anthyx_server.webhook_settings import WebhookSettings
from tests.support.ports import free_port

START_SECONDS = 30.0


@dataclass(frozen=True)
class Account:
    """A workspace with a key; calls go through the application in this process."""

    app: Flask
    workspace_id: str
    key_id: str
    token: str = field(repr=False)
    mode: str = "live"

    @property
    def caller(self) -> Caller:
        """The operator, acting in this workspace and mode."""
        return system_caller(self.workspace_id, self.mode)

    def request(
        self, method: str, path: str, *, token: str | None = None, **options: Any
    ) -> TestResponse:
        """Call `/v1` + path with this account's key, or another."""
        headers = {"Authorization": f"Bearer {token or self.token}"}
        headers.update(options.pop("headers", {}))
        client: FlaskClient = self.app.test_client()
        return client.open("/v1" + path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        """POST."""
        return self.request("POST", path, **options)

    def patch(self, path: str, **options: Any) -> TestResponse:
        """PATCH."""
        return self.request("PATCH", path, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        """DELETE."""
        return self.request("DELETE", path, **options)

    def with_key(self, **values: Any) -> Account:
        """The same workspace through another, new key with these values."""
        mode = values.pop("mode", self.mode)
        issued = issue_key(self.app, self.workspace_id, mode=mode, **values)
        return replace(self, key_id=issued.key.id, token=issued.token, mode=mode)


def issue_key(app: Flask, workspace_id: str, mode: str = "live", **values: Any) -> keys.Issued:
    """Make a key, with all scopes unless `scopes` says otherwise."""
    chosen = {"name": "A key", "scopes": list(keys.SCOPES), **values}
    with app.app_context(), db.transaction():
        issued = keys.issue(system_caller(workspace_id, mode), chosen)
        db.db.session.expunge(issued.key)
        return issued


def make_account(app: Flask, plan: str = "agency", mode: str = "live") -> Account:
    """A new workspace on a plan, with a key that has all scopes."""
    with app.app_context(), db.transaction():
        made = workspaces.create_workspace("Workspace", plan, "owner@example.com")
        workspace_id = made.workspace.id
    issued = issue_key(app, workspace_id, mode)
    return Account(app, workspace_id, issued.key.id, issued.token, mode)


def make_settings(directory: Path, database_url: str, redis_url: str, **values: Any) -> Settings:
    """Settings for tests, with secrets that protect nothing."""
    return Settings(
        data_dir=directory,
        database_url=database_url,
        redis_url=redis_url,
        secret_key="test-secret-key-" * 4,
        key_peppers=(NamedSecret("1", "test-pepper-" * 4),),
        encryption_keys=(NamedSecret("1", "test-encryption-key-" * 4),),
        **values,
    )


@contextmanager
def open_app(settings: Settings) -> Iterator[Flask]:
    """An application whose connections are closed in the end."""
    app = create_app(settings)
    try:
        yield app
    finally:
        app.extensions["anthyx_reader"].close()
        with app.app_context():
            db.db.engine.dispose()
        app.extensions["anthyx_redis"].close()


def environment(settings: Settings) -> dict[str, str]:
    """The settings as environment variables, for processes of their own."""
    named = {
        "KEY_PEPPERS": settings.key_peppers,
        "ENCRYPTION_KEYS": settings.encryption_keys,
    }
    return os.environ | {
        "ANTHYX_DATA_DIR": str(settings.data_dir),
        "ANTHYX_DATABASE_URL": settings.database_url,
        "ANTHYX_REDIS_URL": settings.redis_url,
        "ANTHYX_SECRET_KEY": settings.secret_key,
        "ANTHYX_PUBLIC_URL": settings.public_url,
        "ANTHYX_HOSTS": str(settings.hosts),
        **_webhook_environment(settings.webhooks),
        **{
            f"ANTHYX_{name}": ",".join(f"{secret.id}:{secret.value}" for secret in secrets)
            for name, secrets in named.items()
        },
    }


def _webhook_environment(settings: WebhookSettings) -> dict[str, str]:
    seconds = {
        "TIMEOUT_SECONDS": settings.timeout_seconds,
        "CONNECT_TIMEOUT_SECONDS": settings.connect_timeout_seconds,
        "LEASE_SECONDS": settings.lease_seconds,
    }
    return {
        "ANTHYX_ALLOW_PRIVATE_DESTINATIONS": "on" if settings.are_private_allowed else "off",
        "ANTHYX_WEBHOOK_HOST_RATE": str(settings.host_rate),
        "ANTHYX_WEBHOOK_RETRY_SCHEDULE": ",".join(f"{wait:.0f}" for wait in settings.retry_seconds),
        **{f"ANTHYX_WEBHOOK_{name}": f"{value:.0f}" for name, value in seconds.items()},
    }


@contextmanager
def running_server(settings: Settings, *, workers: int = 2) -> Iterator[str]:
    """A web server of its own process; yields its base URL (`http://127.0.0.1:<port>`)."""
    with running_servers(settings, count=1, workers=workers) as (base,):
        yield base


@contextmanager
def running_servers(settings: Settings, *, count: int, workers: int = 1) -> Iterator[list[str]]:
    """As many web servers, each as on a host of its own; yields their base URLs."""
    with ExitStack() as started:
        ports = [free_port() for _ in range(count)]
        for port in ports:
            process = _start(settings, port, workers)
            started.callback(process.wait, START_SECONDS)
            started.callback(process.terminate)
        bases = [f"http://127.0.0.1:{port}" for port in ports]
        for base in bases:
            wait_until(functools.partial(answers, f"{base}/healthz"), START_SECONDS)
        yield bases


def _start(settings: Settings, port: int, workers: int) -> subprocess.Popen[bytes]:
    options = ["--port", str(port), "--workers", str(workers)]
    return subprocess.Popen(
        [sys.executable, "-m", "anthyx_server.cli", "web", *options],
        env=environment(replace(settings, public_url=f"http://127.0.0.1:{port}")),
    )


@contextmanager
def running_worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A worker in a process of its own, ready."""
    ready = settings.data_dir / "worker.ready"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "anthyx_server.cli", "worker", "--ready-file", str(ready)]
    with subprocess.Popen(command, env=environment(settings)) as worker:
        try:
            wait_until(ready.exists, START_SECONDS)
            yield worker
        finally:
            worker.kill()


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Ask until the answer is yes.

    Raises:
        TimeoutError: it isn't in time.
    """
    deadline = monotonic() + seconds
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(0.005)  # leaves the processor to those that are waited for


def call(url: str, token: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
    """A request over a real socket; the status and the JSON body."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def answers(url: str) -> bool:
    """Whether a server answers there with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hash the owners' passwords at the least cost: nearly every test makes a workspace."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bcrypt, "gensalt", functools.partial(bcrypt.gensalt, rounds=4))
        yield


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    """Settings over a fresh database (both kinds) and an empty Redis."""
    return make_settings(tmp_path, database_url, redis_url)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """An application over a fresh database and an empty Redis."""
    with open_app(settings) as opened:
        yield opened


@pytest.fixture
def account(app: Flask) -> Account:
    """A workspace on the Agency plan."""
    return make_account(app)


@pytest.fixture
def other_account(app: Flask) -> Account:
    """Another workspace."""
    return make_account(app)
