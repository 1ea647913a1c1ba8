"""Workspaces, their plans, members and roles."""

from anthyx_server.workspaces.errors import (
    LinkInvalidError,
    MemberError,
    MemberNotFoundError,
    PasswordRefusedError,
    SeatsTakenError,
    WorkspaceNotFoundError,
)
from anthyx_server.workspaces.links import NewLink
from anthyx_server.workspaces.members import (
    Invited,
    accept_invite,
    authenticate,
    find_member,
    get_member,
    invite,
    list_members,
    offer_reset,
    remove_member,
    reset_password,
    set_role,
)
from anthyx_server.workspaces.models import Member, Workspace
from anthyx_server.workspaces.roles import GIVEN_ROLES, PERMISSIONS, Permission, may, may_see
from anthyx_server.workspaces.service import (
    change_plan,
    create_workspace,
    get_workspace,
    list_ids,
    list_workspaces,
    lock_workspace,
    read_workspace,
    remove_workspace,
)

__all__ = [
    "GIVEN_ROLES",
    "PERMISSIONS",
    "Invited",
    "LinkInvalidError",
    "Member",
    "MemberError",
    "MemberNotFoundError",
    "NewLink",
    "PasswordRefusedError",
    "Permission",
    "SeatsTakenError",
    "Workspace",
    "WorkspaceNotFoundError",
    "accept_invite",
    "authenticate",
    "change_plan",
    "create_workspace",
    "find_member",
    "get_member",
    "get_workspace",
    "invite",
    "list_ids",
    "list_members",
    "list_workspaces",
    "lock_workspace",
    "may",
    "may_see",
    "offer_reset",
    "read_workspace",
    "remove_member",
    "remove_workspace",
    "reset_password",
    "set_role",
]
