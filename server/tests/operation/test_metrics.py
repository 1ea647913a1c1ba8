"""`ANTHYX_METRICS_BIND`: what Prometheus reads, of all processes, never on the public port."""

from __future__ import annotations

import functools
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
import sqlalchemy as sa
from flask import Flask

from anthyx_server.config import Settings
from anthyx_server.limits.jobs import store_usage
from anthyx_server.queue import make_queue
from anthyx_server.webhook_settings import WebhookSettings
from tests.support.apps import (
    call,
    environment,
    make_account,
    make_settings,
    open_app,
    wait_until,
)
from tests.support.deliveries import publish, subscribe
from tests.support.ports import free_port
from tests.support.program import run_here
from tests.support.receiver import running_receiver
from tests.support.redis import RedisServer

pytestmark = pytest.mark.enable_socket

SECONDS = 40
SECRET_PATH = "/v1/brands/anthyx_live_secret-in-a-path"


class Deployment:
    """A web server with two workers, its worker, and the page of their metrics."""

    web: subprocess.Popen[bytes]

    def __init__(self, app: Flask, settings: Settings, port: int) -> None:
        self.account = make_account(app)
        self.settings = settings
        self.url = f"http://127.0.0.1:{port}"
        self._environment = environment(settings) | {
            "ANTHYX_PUBLIC_URL": self.url,
            "ANTHYX_METRICS_BIND": "{}:{}".format(*settings.metrics_bind or ("", 0)),
        }

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Run a part."""
        command = [sys.executable, "-m", "anthyx_server.cli", *words]
        return subprocess.Popen(command, env=self._environment)

    def page(self) -> str:
        """What Prometheus reads; empty while nobody answers."""
        assert self.settings.metrics_bind is not None
        host, port = self.settings.metrics_bind
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/metrics", timeout=10) as answer:
                assert answer.headers["Content-Type"].startswith("text/plain")
                content: str = answer.read().decode()
                return content
        except urllib.error.URLError:
            return ""

    def value(self, name: str, **labels: str) -> float:
        """The sum of all series of that name which have these labels."""
        total = 0.0
        for found, series, value in re.findall(
            r"^(\w+)(\{.*\})? (\S+)$", self.page(), re.MULTILINE
        ):
            if found == name and all(f'{key}="{text}"' in series for key, text in labels.items()):
                total += float(value)
        return total

    def get(self, path: str) -> int:
        """Call the API; the status."""
        return call(self.url + path, self.account.token)[0]


@contextmanager
def deployed(sqlite_url: str, redis_url: str, directory: Path) -> Iterator[Deployment]:
    port = free_port()
    settings = make_settings(
        directory,
        sqlite_url,
        redis_url,
        metrics_bind=("127.0.0.1", free_port()),
        webhooks=WebhookSettings(are_private_allowed=True),
    )
    with open_app(replace(settings, metrics_bind=None)) as app:
        found = Deployment(app, settings, port)
    web = found.web = found.start("web", "--port", str(port), "--workers", "2")
    try:
        wait_until(lambda: "anthyx_build_info" in found.page(), SECONDS)
        wait_until(lambda: is_up(found), SECONDS)
        yield found
    finally:
        web.terminate()
        web.wait(SECONDS)


def is_up(found: Deployment) -> bool:
    try:
        return found.get("/healthz") == 200
    except OSError:
        return False


@pytest.fixture
def deployment(sqlite_url: str, redis_server: RedisServer, tmp_path: Path) -> Iterator[Deployment]:
    """A running web server with two workers."""
    with deployed(sqlite_url, redis_server.url, tmp_path) as found:
        yield found


@contextmanager
def working(found: Deployment) -> Iterator[None]:
    """Its worker, while the block runs."""
    worker = found.start("worker")
    try:
        yield
    finally:
        worker.terminate()
        worker.wait(SECONDS)


def workers_of(found: Deployment) -> set[int]:
    """The processes that answer requests, by id."""
    return {child.pid for child in psutil.Process(found.web.pid).children()}


def are_replaced(found: Deployment, killed: set[int]) -> bool:
    return len(workers_of(found) - killed) == 2 and is_up(found)


def test_requests_of_both_workers_are_one_count(deployment: Deployment) -> None:
    route = {"method": "GET", "route": "/v1/brands", "status": "200"}
    for _ in range(40):
        assert deployment.get("/v1/brands") == 200
    assert deployment.value("anthyx_requests_total", **route) == 40
    assert deployment.value("anthyx_request_seconds_count", route="/v1/brands") == 40
    assert deployment.value("anthyx_gate_seconds_count") == 40
    counting = [path.name for path in deployment.settings.metrics_dir.glob("counter_*.db")]
    assert len(counting) == 2
    for path in (SECRET_PATH, "/v1/nowhere", "/elsewhere"):
        assert deployment.get(path) == 404
    assert deployment.value("anthyx_requests_total", route="none", status="404") == 3
    page = deployment.page()
    account = deployment.account
    for private in (account.token, account.key_id, account.workspace_id, "secret-in-a-path"):
        assert private not in page


def test_a_killed_worker_s_counts_stay_and_its_files_are_taken_over(
    deployment: Deployment,
) -> None:
    for _ in range(20):
        assert deployment.get("/v1/brands") == 200
    before = {path.name for path in deployment.settings.metrics_dir.glob("*.db")}
    for _ in range(2):
        killed = workers_of(deployment)
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        wait_until(functools.partial(are_replaced, deployment, killed), SECONDS)
        assert deployment.get("/v1/brands") == 200
    assert deployment.value("anthyx_requests_total", route="/v1/brands", status="200") == 22
    assert {path.name for path in deployment.settings.metrics_dir.glob("*.db")} == before


def test_refusals_outages_and_errors_are_counted(
    deployment: Deployment, redis_server: RedisServer
) -> None:
    with open_app(replace(deployment.settings, metrics_bind=None)) as app:
        small = make_account(app, "free")
    statuses = [call(f"{deployment.url}/v1/brands", small.token)[0] for _ in range(63)]
    assert statuses.count(429) == 3
    assert deployment.value("anthyx_rate_limited_total", plan="free") == 3
    assert deployment.value("anthyx_rate_limited_total") == 3
    redis_server.stop()
    assert deployment.get("/v1/brands") == 200
    assert deployment.value("anthyx_gate_fallbacks_total") == 1
    path = deployment.settings.database_url.removeprefix("sqlite:///")
    with closing(sa.create_engine(f"sqlite:///{path}").raw_connection()) as connection:
        connection.cursor().execute("ALTER TABLE brands RENAME TO lost")
    assert deployment.get("/v1/brands") >= 500
    assert deployment.value("anthyx_database_errors_total") == 1


def test_the_worker_s_jobs_are_on_the_same_page(
    deployment: Deployment, redis_server: RedisServer
) -> None:
    name = f"{store_usage.__module__}.{store_usage.__name__}"
    with working(deployment):
        wait_until(
            lambda: deployment.value("anthyx_jobs_total", job=name, outcome="succeeded") > 0,
            SECONDS,
        )
        assert deployment.value("anthyx_scheduler_last_run_timestamp_seconds") > 0
        assert deployment.value("anthyx_scheduler_lag_seconds") < SECONDS
        with redis_server.client() as client:
            make_queue(client).enqueue("os.system", "true")
        wait_until(
            lambda: deployment.value("anthyx_jobs_total", job="unknown", outcome="failed") == 1,
            SECONDS,
        )


def test_deliveries_are_counted(deployment: Deployment) -> None:
    with (
        running_receiver() as receiver,
        open_app(replace(deployment.settings, metrics_bind=None)) as app,
        working(deployment),
    ):
        account = replace(deployment.account, app=app)
        subscribe(account, receiver.url())
        publish(account, 3)
        wait_until(
            lambda: deployment.value("anthyx_webhook_attempts_total", status="succeeded") == 3,
            SECONDS,
        )
    assert deployment.value("anthyx_webhook_lag_seconds_count") == 3


def test_it_is_never_on_the_public_port(deployment: Deployment) -> None:
    assert deployment.get("/metrics") == 404
    host, port = deployment.settings.metrics_bind or ("", 0)
    for path in ("/", "/v1/brands", "/metrics/more"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://{host}:{port}{path}")
        assert refused.value.code == 404
        refused.value.close()
    taken = run_here(
        ("web", "--port", str(free_port()), "--data-dir", f"{deployment.settings.data_dir}/2"),
        {"ANTHYX_METRICS_BIND": f"{host}:{port}"},
    )
    assert taken.refusal.startswith(f"ANTHYX_METRICS_BIND: cannot listen on {host}:{port}")


def test_without_the_setting_nothing_is_made(settings: Settings, app: Flask) -> None:
    account = make_account(app)
    assert account.get("/brands").status_code == 200
    assert "anthyx_metrics" not in app.extensions
    assert not settings.metrics_dir.exists()
    program = "import sys, anthyx_server.app; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
