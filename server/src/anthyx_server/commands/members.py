"""Commands for members."""

from __future__ import annotations

import json

import click

from anthyx_server import audit, dashboard, db, keys
from anthyx_server import workspaces as service
from anthyx_server.clock import rfc3339
from anthyx_server.commands.context import application
from anthyx_server.tenancy import system_caller

_workspace = click.option("--workspace", required=True)
_brands = click.option(
    "--brand", "brands", multiple=True, metavar="ID", help="Restrict to a brand."
)
_as_json = click.option("--json", "as_json", is_flag=True)


@click.group()
def members() -> None:
    """Invite, change and remove the people of a workspace."""


@members.command()
@_workspace
@click.option("--email", required=True)
@click.option("--role", type=click.Choice(service.GIVEN_ROLES), required=True)
@_brands
@_as_json
@click.pass_context
def invite(
    context: click.Context,
    workspace: str,
    email: str,
    role: str,
    brands: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """Invite somebody: the link that is printed holds once, for 72 hours."""
    with application(context) as settings:
        with db.transaction():
            caller = system_caller(workspace, "live")
            invited = service.invite(caller, email, role, brands or None)
            member_id, link = invited.member.id, invited.link
        _tell_link({"member_id": member_id}, settings.public_url, link, as_json=as_json)


@members.command("reset-password")
@click.argument("member", metavar="EMAIL")
@_workspace
@_as_json
@click.pass_context
def reset_password(context: click.Context, member: str, workspace: str, *, as_json: bool) -> None:
    """Print a link to set a new password; it holds once, for 24 hours."""
    with application(context) as settings:
        with db.transaction():
            link = service.offer_reset(system_caller(workspace, "live"), member)
        _tell_link({}, settings.public_url, link, as_json=as_json)


def _tell_link(
    document: dict[str, str], public_url: str, link: service.NewLink, *, as_json: bool
) -> None:
    document |= {"link": public_url + link.path, "expires_at": rfc3339(link.expires_at)}
    if as_json:
        click.echo(json.dumps(document))
        return
    click.echo(f"{document['link']}\nIt holds once, until {document['expires_at']}.")


@members.command("list")
@_workspace
@click.pass_context
def list_members(context: click.Context, workspace: str) -> None:
    """List the members of a workspace: role, state, address, brands."""
    with application(context):
        service.get_workspace(workspace)
        for member in service.list_members(workspace):
            brands = "all brands" if member.brand_ids is None else ",".join(member.brand_ids)
            line = f"{member.id}  {member.role:8}  {member.state:7}  {member.email}  {brands}"
            click.echo(line)


@members.command("set-role")
@click.argument("member", metavar="EMAIL")
@click.argument("role", type=click.Choice(service.GIVEN_ROLES))
@_workspace
@_brands
@click.option("--all-brands", is_flag=True, help="Lift the restriction to brands.")
@click.pass_context
def set_role(
    context: click.Context,
    member: str,
    role: str,
    workspace: str,
    brands: tuple[str, ...],
    *,
    all_brands: bool,
) -> None:
    """Give a member another role; brands stay as they are unless they are named."""
    if brands and all_brands:
        raise click.UsageError("--brand and --all-brands exclude each other")
    with application(context), db.transaction():
        service.lock_workspace(workspace)
        kept = service.get_member(workspace, member).brand_ids
        wanted = None if all_brands else brands or kept
        service.set_role(system_caller(workspace, "live"), member, role, wanted)
    click.echo(f"{member} is {role}.")


@members.command()
@click.argument("member", metavar="EMAIL")
@_workspace
@click.confirmation_option(prompt="The member loses access at once. Go on?")
@click.pass_context
def remove(context: click.Context, member: str, workspace: str) -> None:
    """Remove a member; lists the API keys that they made, which go on working."""
    with application(context), db.transaction():
        removed = service.remove_member(system_caller(workspace, "live"), member)
        made = [
            f"{key.id}  {key.prefix}…{key.last4}  {key.name}"
            for key in keys.list_made_by(workspace, removed.id)
        ]
    click.echo(f"{member} is removed.")
    if made:
        click.echo("\n".join(["The API keys that they made go on working:", *made]))


@members.command("turn-off-second-factor")
@click.argument("member", metavar="EMAIL")
@_workspace
@click.confirmation_option(prompt="Are you sure who asks for it? Go on?")
@click.pass_context
def turn_off_second_factor(context: click.Context, member: str, workspace: str) -> None:
    """Let a member who lost phone and recovery codes in with the password alone."""
    with application(context), db.transaction():
        found = service.get_member(workspace, member)
        if not dashboard.turn_off(found.id):
            raise service.MemberError(f"{found.email} has no second factor")
        caller = system_caller(workspace, "live")
        audit.record(caller, "member.second_factor_turned_off", "member", found.id)
    click.echo(f"{member} signs in with the password alone.")
