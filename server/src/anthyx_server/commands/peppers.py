"""The command that counts keys by pepper."""

from __future__ import annotations

import click

from anthyx_server import keys
from anthyx_server.commands.context import application


@click.command()
@click.pass_context
def peppers(context: click.Context) -> None:
    """Count the keys left per pepper; one that counts none may be dropped."""
    with application(context) as settings:
        counts = keys.count_by_pepper()
    configured = [pepper.id for pepper in settings.key_peppers]
    for index, name in enumerate(dict.fromkeys([*configured, *counts])):
        note = "current" if index == 0 else "older" if name in configured else "MISSING"
        click.echo(f"pepper {name:16}  {counts.get(name, 0):8}  {note}")
