"""Workspaces, their plans and members."""

from anthyx_server.workspaces.models import Member, Workspace
from anthyx_server.workspaces.service import (
    WorkspaceNotFoundError,
    change_plan,
    create_workspace,
    get_workspace,
    list_members,
    list_workspaces,
    lock_workspace,
    read_workspace,
    remove_workspace,
)

__all__ = [
    "Member",
    "Workspace",
    "WorkspaceNotFoundError",
    "change_plan",
    "create_workspace",
    "get_workspace",
    "list_members",
    "list_workspaces",
    "lock_workspace",
    "read_workspace",
    "remove_workspace",
]
