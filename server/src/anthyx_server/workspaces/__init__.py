"""Workspaces, their plans, members and roles."""

from anthyx_server.workspaces.access import (
    Fitting,
    accept_invite,
    authenticate,
    change_password,
    find_by_email,
    find_linked,
    hold_member,
    is_own_password,
    offer_reset,
    reset_password,
)
from anthyx_server.workspaces.emails import normal_email
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
    count_seats,
    find_member,
    get_member,
    invite,
    list_members,
    remove_member,
    rights_changed,
    set_role,
)
from anthyx_server.workspaces.models import Member, Workspace
from anthyx_server.workspaces.passwords import MIN_CHARACTERS
from anthyx_server.workspaces.roles import GIVEN_ROLES, PERMISSIONS, Permission, may, may_see
from anthyx_server.workspaces.schemas import WorkspaceSettingsSchema
from anthyx_server.workspaces.service import (
    change_plan,
    change_settings,
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
    "MIN_CHARACTERS",
    "PERMISSIONS",
    "Fitting",
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
    "WorkspaceSettingsSchema",
    "accept_invite",
    "authenticate",
    "change_password",
    "change_plan",
    "change_settings",
    "count_seats",
    "create_workspace",
    "find_by_email",
    "find_linked",
    "find_member",
    "get_member",
    "get_workspace",
    "hold_member",
    "invite",
    "is_own_password",
    "list_ids",
    "list_members",
    "list_workspaces",
    "lock_workspace",
    "may",
    "may_see",
    "normal_email",
    "offer_reset",
    "read_workspace",
    "remove_member",
    "remove_workspace",
    "reset_password",
    "rights_changed",
    "set_role",
]
