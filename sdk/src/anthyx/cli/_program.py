"""The program: its options, its commands, and how it ends when something fails."""

from __future__ import annotations

import sys

import click

from anthyx._version import __version__
from anthyx.errors import AnthyxError, APIError

from ._commands import LazyResources
from ._listen import listen
from ._session import Session
from ._trigger import trigger

_FAILED, _MISUSED, _INTERRUPTED = 1, 2, 130


@click.group(cls=LazyResources, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--base-url", help="ANTHYX_BASE_URL if left out.")
@click.option("--json", "as_json", is_flag=True, help="Answers as JSON instead of tables.")
@click.version_option(__version__, prog_name="anthyx")
@click.pass_context
def program(context: click.Context, base_url: str | None, *, as_json: bool) -> None:
    """Anthyx from the command line. The API key is taken from ANTHYX_API_KEY."""
    context.obj = Session(base_url, as_json)


program.add_command(listen)
program.add_command(trigger)


def run() -> None:
    """Run, and end with 0, or with 1 where the call failed, 2 where it can't be understood."""
    try:
        program(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(_MISUSED)
    except (AnthyxError, ValueError) as error:
        _complain(error)
        sys.exit(_FAILED)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing may be flushed to it any more.
        sys.stdout = None
        sys.exit(_FAILED)


def _complain(error: Exception) -> None:
    click.echo(f"anthyx: {error}", err=True)
    if isinstance(error, APIError):
        for problem in error.errors:
            click.echo(f"  {problem}", err=True)
        if error.request_id:
            click.echo(f"  (request {error.request_id})", err=True)
