"""The command that counts what stands on each pepper and encryption key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from anthyx_server import audit, channels, dashboard, keys, notices, webhooks
from anthyx_server.commands.context import application
from anthyx_server.secrets_file import NamedSecret


@click.command()
@click.pass_context
def peppers(context: click.Context) -> None:
    """Count the keys per pepper, and per encryption key all that is sealed with it.

    One that counts none may be dropped.
    """
    with application(context) as settings:
        made = keys.count_by_pepper()
        sealed = channels.count_by_encryption_key()
        signing = webhooks.count_by_encryption_key()
        factors = dashboard.count_by_encryption_key()
        mails = notices.count_by_encryption_key()
        chained = audit.count_by_encryption_key()
    _print("pepper", settings.key_peppers, made)
    _print("encryption key, channels", settings.encryption_keys, sealed)
    _print("encryption key, webhook endpoints", settings.encryption_keys, signing)
    _print("encryption key, second factors", settings.encryption_keys, factors)
    _print("encryption key, waiting mails", settings.encryption_keys, mails)
    _print("encryption key, audit log", settings.encryption_keys, chained)


def _print(kind: str, secrets: Sequence[NamedSecret], counts: Mapping[str, int]) -> None:
    configured = [secret.id for secret in secrets]
    for index, name in enumerate(dict.fromkeys([*configured, *sorted(counts)])):
        note = "current" if index == 0 else "older" if name in configured else "MISSING"
        click.echo(f"{kind} {name:16}  {counts.get(name, 0):8}  {note}")
