"""Commands for API keys."""

from __future__ import annotations

import json
from typing import Any

import click

from anthyx_server import db
from anthyx_server import keys as service
from anthyx_server.clock import now
from anthyx_server.commands.context import application
from anthyx_server.inputs import load
from anthyx_server.keys.schemas import CreateApiKeySchema
from anthyx_server.tenancy import system_caller
from anthyx_server.workspaces import get_workspace


@click.group()
def keys() -> None:
    """Make, list and revoke API keys."""


@keys.command()
@click.option("--workspace", required=True)
@click.option("--name", required=True)
@click.option("--scope", "scopes", multiple=True, type=click.Choice(service.SCOPES))
@click.option("--ip", "networks", multiple=True, metavar="CIDR", help="Restrict to an address.")
@click.option("--mode", type=click.Choice(["live", "test"]), default="live", show_default=True)
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def create(
    context: click.Context,
    workspace: str,
    name: str,
    scopes: tuple[str, ...],
    networks: tuple[str, ...],
    mode: str,
    *,
    as_json: bool,
) -> None:
    """Make an API key; its secret is printed once."""
    body: dict[str, Any] = {"name": name}
    if scopes:
        body["scopes"] = list(scopes)
    if networks:
        body["ip_allowlist"] = list(networks)
    values = load(CreateApiKeySchema(), body)
    with application(context), db.transaction():
        get_workspace(workspace)
        issued = service.issue(system_caller(workspace, mode), values)
        document = {"id": issued.key.id, "secret": issued.token}
    click.echo(json.dumps(document) if as_json else f"{document['id']}\n{document['secret']}")


@keys.command("list")
@click.option("--workspace", required=True)
@click.pass_context
def list_all(context: click.Context, workspace: str) -> None:
    """List the keys of a workspace, of both modes."""
    with application(context):
        get_workspace(workspace)
        for key in service.list_keys(workspace):
            state = key.status(now())
            click.echo(f"{key.id}  {key.prefix}…{key.last4}  {state:8}  {key.name}")


@keys.command()
@click.argument("key_id", metavar="ID")
@click.pass_context
def revoke(context: click.Context, key_id: str) -> None:
    """Revoke a key; it has stopped working when this returns."""
    with application(context), db.transaction():
        key = service.lock_any(key_id)
        if key is None:
            raise click.UsageError(f"there is no API key {key_id}")
        service.revoke(system_caller(key.workspace_id, key.mode), [key])
    click.echo(f"{key_id} is revoked.")
