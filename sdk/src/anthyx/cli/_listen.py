"""`anthyx listen`: events reach a program on this machine, signed, without a public address."""

from __future__ import annotations

import base64
import secrets
import time
import uuid
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import click
import requests

from anthyx._event_types import AnyEvent
from anthyx._version import __version__
from anthyx.client import Anthyx
from anthyx.errors import APIConnectionError, ServerError
from anthyx.webhooks import sign

from ._output import printable
from ._session import Session

_TIMEOUT = (5.0, 15.0)  # as the server's own
_AGAIN_SECONDS = 5.0


@click.command()
@click.option(
    "--forward-to", required=True, metavar="URL", help="Where to, as localhost:3000/hook."
)
@click.option(
    "--event", "types", multiple=True, metavar="TYPE", help="Only these, as post.*; repeatable."
)
@click.option("--after", metavar="EVENT", help="Begin after this event, or with the `oldest`.")
@click.option(
    "--secret", envvar="ANTHYX_WEBHOOK_SECRET", help="To sign with; made and shown if left out."
)
@click.pass_obj
def listen(
    session: Session, forward_to: str, types: Sequence[str], after: str | None, secret: str | None
) -> None:
    """Forward every event to a program on this machine, signed as the server signs.

    Events are asked for, so no public address is needed. Each is sent once; end with Ctrl-C.
    """
    url = _address(forward_to)
    key = secret or "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    with session.client() as client, requests.Session() as local:
        local.trust_env = False
        click.echo(f"Forwarding to {url}")
        if secret is None:
            click.echo(f"Signing secret of this session: {key}")
        for number, event in enumerate(_follow(client, types, after), 1):
            _forward(local, url, key, event, number)


def _address(text: str) -> str:
    url = text if "://" in text else f"http://{text}"
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise click.UsageError(f"--forward-to {text}: not like localhost:3000/hook")
    return url


def _follow(client: Anthyx, types: Sequence[str], after: str | None) -> Iterator[AnyEvent]:
    """Events for ever: where the API can't be reached, on from the last one when it can."""
    place = after
    while True:
        try:
            for event in client.events.follow(after=place, types=list(types) or None):
                yield event
                place = event.id
        except (APIConnectionError, ServerError) as error:  # noqa: PERF203 - it is to go on
            click.echo(f"anthyx: {error}; trying again", err=True)
            time.sleep(_AGAIN_SECONDS)


def _forward(local: requests.Session, url: str, key: str, event: AnyEvent, number: int) -> None:
    body = event.to_json().encode()
    started_at = time.monotonic()
    try:
        answer = local.post(
            url, body, headers=_headers(key, event, body, number), timeout=_TIMEOUT,
            allow_redirects=False, stream=True,
        )  # fmt: skip
        answer.close()
        outcome = f"{answer.status_code} in {(time.monotonic() - started_at) * 1000:.0f} ms"
    except requests.RequestException as error:
        outcome = f"not delivered: {type(error).__name__}"
    click.echo(f"{time.strftime('%H:%M:%S')}  {printable(event.type)}  {event.id}  {outcome}")


def _headers(key: str, event: AnyEvent, body: bytes, number: int) -> dict[str, str]:
    signed = sign(body, key, event_id=event.id)
    return {
        "Content-Type": "application/json",
        "User-Agent": f"Anthyx-CLI/{__version__}",
        "X-Anthyx-Event": event.type,
        "X-Anthyx-Delivery": f"dlv_{uuid.uuid4().hex[:26]}",
        "X-Anthyx-Attempt": "1",
        "X-Anthyx-Sequence": str(number),
        **signed,
    }
