"""What every command shares: how to reach the API, and how to show what it answers."""

from __future__ import annotations

from dataclasses import dataclass

import click

from anthyx._options import Wait
from anthyx.client import Anthyx

# Shorter waits would only make the screen flicker.
_TOLD_SECONDS = 1.0


@dataclass(frozen=True)
class Session:
    """The options that stand before a command."""

    base_url: str | None
    as_json: bool

    def client(self) -> Anthyx:
        """A client with the key of ANTHYX_API_KEY, which says when it has to wait.

        Raises:
            ConfigurationError: there is no key, or an option can't work.
        """
        return Anthyx(base_url=self.base_url, on_wait=_tell)


def _tell(wait: Wait) -> None:
    if wait.seconds >= _TOLD_SECONDS:
        click.echo(f"anthyx: waiting {wait.seconds:.0f} s: {wait.reason}", err=True)
