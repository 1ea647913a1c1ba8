"""`anthyx-server`: everything an operator does, in one program."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from alembic.util import CommandError
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from anthyx_server import logs
from anthyx_server.backup import BackupError
from anthyx_server.commands import (
    audit,
    backups,
    demo,
    deployment,
    keys,
    members,
    peppers,
    workspaces,
)
from anthyx_server.config import ConfigurationError
from anthyx_server.errors import ApiError
from anthyx_server.parts import PartError
from anthyx_server.workspaces import MemberError, WorkspaceNotFoundError

_KNOWN = (
    ApiError,
    BackupError,
    CommandError,  # the schema is of a newer version
    ConfigurationError,
    MemberError,
    PartError,
    RedisError,
    SQLAlchemyError,
    UnicodeError,
    WorkspaceNotFoundError,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The Anthyx API server: run it, and manage its workspaces and keys."""


cli.add_command(deployment.serve)
cli.add_command(deployment.web)
cli.add_command(deployment.worker)
cli.add_command(deployment.migrate)
cli.add_command(deployment.check)
cli.add_command(deployment.openapi)
cli.add_command(deployment.event_guide)
cli.add_command(backups.backup)
cli.add_command(backups.restore)
cli.add_command(workspaces.workspaces)
cli.add_command(members.members)
cli.add_command(audit.audit)
cli.add_command(keys.keys)
cli.add_command(peppers.peppers)
cli.add_command(demo.demo_data)


def _take_data_dir(command: click.Command) -> None:
    """Let a command, and every command below it, take `--data-dir`."""

    def note(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
        if value is not None:
            context.find_root().obj = value

    option = click.Option(
        ["--data-dir"],
        type=click.Path(path_type=Path),
        callback=note,
        expose_value=False,
        help="Where the embedded database, Redis and secrets are (ANTHYX_DATA_DIR, ./.anthyx).",
    )
    command.params.append(option)
    for inner in getattr(command, "commands", {}).values():
        _take_data_dir(inner)


_take_data_dir(cli)


def main() -> None:
    """Run a command; what goes wrong is told in one line, with exit code 2."""
    os.umask(0o077)  # what is written is the operator's alone
    logs.set_up("console")
    try:
        sys.exit(cli.main(prog_name="anthyx-server", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(2)
    except (*_KNOWN, click.ClickException, click.Abort) as error:
        print(f"anthyx-server: {_in_one_line(error)}", file=sys.stderr)
        sys.exit(2)


def _in_one_line(error: Exception) -> str:
    if isinstance(error, click.Abort):
        return "aborted"
    if isinstance(error, click.ClickException):
        return " ".join(error.format_message().split())
    if isinstance(error, ApiError):
        problems = [f"{entry.get('pointer', '')} {entry['detail']}" for entry in error.errors]
        return "; ".join(problems) or error.detail
    if isinstance(error, UnicodeError):
        return "arguments must be text in UTF-8"
    if isinstance(error, SQLAlchemyError | RedisError):
        return f"cannot reach the database or Redis ({type(error).__name__}): run check"
    return str(error)


if __name__ == "__main__":
    main()
