"""`/v1/workspace`."""

from __future__ import annotations

from flask import Blueprint

from anthyx_server.operations import Reply, operation
from anthyx_server.tenancy import Caller
from anthyx_server.workspaces.schemas import WorkspaceSchema, present
from anthyx_server.workspaces.service import read_workspace

blueprint = Blueprint("workspace", __name__)


@operation(blueprint, "GET", "/workspace", returns=WorkspaceSchema())
def get_workspace(caller: Caller) -> Reply:
    """Get the workspace that the key belongs to."""
    return Reply(present(read_workspace(caller.workspace_id)))
