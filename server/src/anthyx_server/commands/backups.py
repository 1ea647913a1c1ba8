"""Commands that back an embedded deployment up, and bring it back."""

from __future__ import annotations

from pathlib import Path

import click

from anthyx_server import backup as service
from anthyx_server import logs
from anthyx_server.commands.context import settings_of
from anthyx_server.commands.progress import progress
from anthyx_server.config import Settings

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--with-secrets", is_flag=True, help="Also write FILE.secrets, under a passphrase.")
@click.pass_context
def backup(context: click.Context, file: Path, *, with_secrets: bool) -> None:
    """Write the embedded database to FILE, while the server runs or not."""
    settings = settings_of(context)
    service.refuse_existing(file)
    passphrase = None
    if with_secrets:
        passphrase = settings.backup_passphrase or click.prompt(
            "Passphrase", hide_input=True, confirmation_prompt=True, err=True
        )
    with progress() as advance:
        made = service.back_up(settings, file, passphrase, advance)
    click.echo(f"{file} holds the database as of {made.created_at} ({made.size:,} bytes).")
    if with_secrets:
        click.echo(f"{file}.secrets holds the secrets; keep the passphrase elsewhere.")
    else:
        click.echo("The secrets are not in it: without them its keys can't be used.")


@click.command()
@click.argument("file", type=_FILE)
@click.pass_context
def restore(context: click.Context, file: Path) -> None:
    """Replace the embedded database by the one in FILE; no server may run meanwhile."""
    settings = Settings.from_env(data_dir=context.find_root().obj, may_lack_secrets=True)
    logs.set_up(settings.log_format)

    def passphrase() -> str:
        typed: str = settings.backup_passphrase or click.prompt(
            "Passphrase", hide_input=True, err=True
        )
        return typed

    with progress() as advance:
        found = service.restore(settings, file, passphrase, advance)
    click.echo(f"The database is as of {found.created_at}. Start the server again.")
