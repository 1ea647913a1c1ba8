"""Commands that run the server or its parts."""

from __future__ import annotations

import logging
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path

import click

from anthyx_server import checks, db, events, web_server
from anthyx_server import openapi as openapi_document
from anthyx_server import worker as worker_process
from anthyx_server.app import create_app
from anthyx_server.commands.context import listening, settings_of
from anthyx_server.commands.first_start import FirstStart, make_first_workspace
from anthyx_server.config import Settings
from anthyx_server.embedded import redis_part
from anthyx_server.metrics_page import exposed
from anthyx_server.parts import Part
from anthyx_server.supervisor import Supervisor


@click.command()
@listening
@click.pass_context
def serve(context: click.Context, host: str, port: int, workers: int) -> None:
    """Run everything: database, Redis, web server, worker and scheduler."""
    settings = settings_of(context, host=host, port=port, workers=workers)
    with Supervisor(settings.data_dir) as supervisor, exposed(settings):
        listener = web_server.listen(settings)
        if settings.is_embedded_redis:
            supervisor.start(redis_part(settings.data_dir))
        db.upgrade(settings.database_url, encryption_keys=settings.encryption_keys)
        supervisor.start(_web_part(settings, listener.fileno()), _worker_part(settings))
        # Last: were it interrupted before it is told, the key would be lost.
        _tell(settings, make_first_workspace(settings))
        supervisor.watch()
        # Whoever comes now is refused, rather than left waiting for a server that ends.
        listener.close()


def _web_part(settings: Settings, listen_fd: int) -> Part:
    options = ["--host", settings.bind_host, "--port", str(settings.port)]
    options += ["--workers", str(settings.web_workers), "--listen-fd", str(listen_fd)]
    url = f"http://{_reachable(settings.bind_host)}:{settings.port}/healthz"
    return Part("web", _argv(settings, "web", *options), lambda: _answers(url), (listen_fd,))


def _worker_part(settings: Settings) -> Part:
    ready = settings.data_dir / "worker.ready"
    ready.unlink(missing_ok=True)
    argv = _argv(settings, "worker", "--ready-file", str(ready))
    return Part("worker", argv, ready.exists)


def _argv(settings: Settings, *words: str) -> tuple[str, ...]:
    program = [sys.executable, "-m", "anthyx_server.cli"]
    return (*program, "--data-dir", str(settings.data_dir), *words)


def _reachable(host: str) -> str:
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  (asked, not bound)
    return everywhere.get(host, f"[{host}]" if ":" in host else host)


def _answers(url: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
        return bool(answer.status == 200)
    return False


def _tell(settings: Settings, first: FirstStart | None) -> None:
    lines = [
        f"Anthyx is running at {settings.public_url}/v1 (Ctrl-C ends it)",
        f"Its pages are at     {settings.public_url}/sign-in",
    ]
    if first is not None:
        lines += ["", *first.describe(settings)]
    click.echo("\n".join(["", *lines, ""]))
    sys.stdout.flush()


@click.command()
@listening
@click.option("--listen-fd", type=int, hidden=True)
@click.pass_context
def web(context: click.Context, host: str, port: int, workers: int, listen_fd: int | None) -> None:
    """Run the web server alone."""
    settings = settings_of(context, host=host, port=port, workers=workers)
    with exposed(settings):
        web_server.run(settings, lambda: create_app(settings), listen_fd)


@click.command()
@click.option("--ready-file", type=click.Path(path_type=Path), hidden=True)
@click.pass_context
def worker(context: click.Context, ready_file: Path | None) -> None:
    """Run a worker with its scheduler alone."""
    settings = settings_of(context)
    with exposed(settings):
        worker_process.run(settings, ready_file)


@click.command()
@click.pass_context
def migrate(context: click.Context) -> None:
    """Bring the database's schema to the newest version."""
    settings = settings_of(context)
    db.upgrade(settings.database_url, encryption_keys=settings.encryption_keys)
    click.echo("The schema is up to date.")


@click.command()
@click.pass_context
def check(context: click.Context) -> None:
    """Say what is misconfigured or unreachable; exits with 1 where anything is."""
    logging.getLogger().setLevel(logging.ERROR)
    findings = checks.run(settings_of(context))
    for finding in findings:
        click.echo(f"{finding.level}: {finding.text}")
    if any(finding.level == "problem" for finding in findings):
        raise SystemExit(1)
    click.echo("Everything is in order.")


@click.command()
@click.pass_context
def openapi(_context: click.Context) -> None:
    """Print the OpenAPI document."""
    click.echo(openapi_document.document_bytes(), nl=False)


@click.command("event-guide")
@click.pass_context
def event_guide(_context: click.Context) -> None:
    """Print the page of all events with their examples."""
    click.echo(events.guide_page(), nl=False)
