"""Commands for workspaces."""

from __future__ import annotations

import json

import click

from anthyx_server import audit, db, keys, webhooks
from anthyx_server import workspaces as service
from anthyx_server.commands.context import application
from anthyx_server.limits import announce_plan
from anthyx_server.plans import PLANS
from anthyx_server.tenancy import system_caller


@click.group()
def workspaces() -> None:
    """Make and change workspaces."""


@workspaces.command()
@click.argument("name")
@click.option("--plan", type=click.Choice(list(PLANS)), required=True)
@click.option("--owner", required=True, metavar="EMAIL")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def create(context: click.Context, name: str, plan: str, owner: str, *, as_json: bool) -> None:
    """Make a workspace with an owner and a first API key; secrets are printed once."""
    if not name.strip() or "@" not in owner.strip("@ "):
        raise click.UsageError("NAME must not be empty and --owner must be an email address")
    with application(context), db.transaction():
        made = service.create_workspace(name.strip(), plan, owner)
        caller = system_caller(made.workspace.id, "live")
        issued = keys.issue(caller, {"name": "First key", "scopes": keys.SCOPES})
        audit.record(caller, "workspace.created", "workspace", made.workspace.id, plan=plan)
        email = made.owner.email
        document = {
            "workspace_id": made.workspace.id,
            "owner": {"email": email, "password": made.password},
            "api_key": {"id": issued.key.id, "secret": issued.token},
        }
    if as_json:
        click.echo(json.dumps(document))
        return
    click.echo(f"Workspace: {document['workspace_id']}")
    click.echo(f"Owner:     {email}, password {made.password}")
    click.echo(f"API key:   {issued.token}")
    click.echo("The password and the key are shown once.")


@workspaces.command("set-plan")
@click.argument("workspace")
@click.argument("plan", type=click.Choice(list(PLANS)))
@click.pass_context
def set_plan(context: click.Context, workspace: str, plan: str) -> None:
    """Put a workspace on another plan, from the next request on."""
    with application(context), db.transaction():
        changed = service.change_plan(workspace, plan)
        announce_plan(changed)
        caller = system_caller(workspace, "live")
        audit.record(caller, "workspace.plan_changed", "workspace", workspace, plan=plan)
    click.echo(f"{workspace} is on {plan}.")


@workspaces.command("list")
@click.pass_context
def list_all(context: click.Context) -> None:
    """List workspaces, oldest first."""
    with application(context):
        for workspace in service.list_workspaces():
            click.echo(f"{workspace.id}  {workspace.plan:8}  {workspace.name}")


@workspaces.command()
@click.argument("workspace")
@click.confirmation_option(prompt="All its keys stop working at once. Go on?")
@click.pass_context
def remove(context: click.Context, workspace: str) -> None:
    """Close a workspace: keys are revoked at once, webhooks end; its data stays."""
    with application(context), db.transaction():
        service.remove_workspace(workspace)
        revoked = keys.revoke_all(workspace)
        webhooks.turn_off_all(workspace)
        audit.record(system_caller(workspace, "live"), "workspace.removed", "workspace", workspace)
    click.echo(f"{workspace} is closed; {revoked} keys were revoked.")
