"""Commands for the audit log."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from anthyx_server import audit as service
from anthyx_server import workspaces
from anthyx_server.commands.context import application

# Fewer entries than these are verified before a bar could be read.
_MANY = 10_000


@click.group()
def audit() -> None:
    """Look after the audit log."""


@audit.command()
@click.option("--workspace", help="Only this one.")
@click.option("--json", "as_json", is_flag=True)
@click.pass_context
def verify(context: click.Context, workspace: str | None, *, as_json: bool) -> None:
    """Verify the hash chains; exits with 1 where an entry is wrong, and says which and how."""
    with application(context):
        known = workspaces.list_ids()
        if workspace is not None and workspace not in known:
            raise workspaces.WorkspaceNotFoundError(f"there is no workspace {workspace}")
        verdicts = _verify_all(known if workspace is None else [workspace])
    if as_json:
        click.echo(json.dumps([asdict(verdict) for verdict in verdicts]))
    else:
        for verdict in verdicts:
            click.echo(_describe(verdict))
    if any(verdict.wrong for verdict in verdicts):
        raise SystemExit(1)


def _verify_all(workspace_ids: list[str]) -> list[service.Verdict]:
    total = sum(service.count_entries(each) for each in workspace_ids)
    with click.progressbar(
        length=total, label="Verifying", file=sys.stderr, hidden=total < _MANY
    ) as bar:
        return [service.verify(each, bar.update) for each in workspace_ids]


def _describe(verdict: service.Verdict) -> str:
    start = f"{verdict.workspace_id}  {verdict.entries:8} entries"
    if verdict.wrong is None:
        return f"{start}  head {verdict.head_number} {verdict.head_hash}"
    name = f" ({verdict.wrong.id})" if verdict.wrong.id else ""
    return f"{start}  WRONG: {verdict.wrong.detail}{name}"
