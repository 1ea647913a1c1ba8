"""The command that fills a workspace with data to look at and to measure by."""

from __future__ import annotations

import click

from anthyx_server import demo
from anthyx_server.commands.context import application
from anthyx_server.commands.progress import progress
from anthyx_server.tenancy import system_caller
from anthyx_server.workspaces import get_workspace


@click.command("demo-data")
@click.option("--workspace", required=True)
@click.option("--posts", type=click.IntRange(0, 10_000_000), default=200, show_default=True)
@click.option("--mode", type=click.Choice(["live", "test"]), default="live", show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Another one, other data.")
@click.pass_context
def demo_data(context: click.Context, workspace: str, posts: int, mode: str, seed: int) -> None:
    """Add believable brands, channels, posts and events; running it again adds more."""
    with application(context), progress() as advance:
        get_workspace(workspace)
        demo.fill(system_caller(workspace, mode), posts, seed, advance)
    click.echo(f"{workspace} has {posts:,} more posts in {mode} mode.")
