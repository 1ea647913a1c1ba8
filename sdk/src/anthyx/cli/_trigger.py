"""`anthyx trigger`: an example of an event, as if it had happened."""

from __future__ import annotations

import click

from . import _output
from ._session import Session


@click.command()
@click.argument("event_type", metavar="TYPE")
@click.pass_obj
def trigger(session: Session, event_type: str) -> None:
    """Make the example event of a type, as post.published: it goes to every endpoint.

    Needs a test key, so that nothing in your live data is touched.
    """
    with session.client() as client:
        _output.show(client.events.create(type=event_type), as_json=session.as_json)
