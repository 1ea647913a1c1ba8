"""What commands share: settings from the environment, an application, options."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from anthyx_server import logs
from anthyx_server.app import opened
from anthyx_server.config import Settings
from anthyx_server.datadir import used

Command = Callable[..., Any]


def listening(command: Command) -> Command:
    """Add the options of a command that listens."""
    for option in (
        click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True),
        click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True),
        click.option("--host", default="127.0.0.1", show_default=True),
    ):
        command = option(command)
    return command


def settings_of(context: click.Context, **options: Any) -> Settings:
    """The settings of this process; logging is set up as they say."""
    data_dir: Path | None = context.find_root().obj
    settings = Settings.from_env(data_dir=data_dir, **options)
    logs.set_up(settings.log_format)
    if settings.is_embedded_database:
        context.with_resource(used(settings.data_dir))
    return settings


@contextmanager
def application(context: click.Context) -> Iterator[Settings]:
    """An application context for a command that works on the database."""
    settings = settings_of(context)
    with opened(settings):
        yield settings
