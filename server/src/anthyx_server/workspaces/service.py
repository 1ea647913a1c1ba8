"""What can be done with workspaces; their limits follow from the plan."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import bcrypt
from sqlalchemy import bindparam, select

from anthyx_server import audit, clock
from anthyx_server.db import db, reader
from anthyx_server.ids import new_id
from anthyx_server.tenancy import Caller
from anthyx_server.workspaces.emails import normal_email
from anthyx_server.workspaces.errors import WorkspaceNotFoundError
from anthyx_server.workspaces.models import Member, Workspace


@dataclass(frozen=True)
class NewWorkspace:
    """A workspace and its owner's password, which is shown once."""

    workspace: Workspace
    owner: Member
    password: str = field(repr=False)


def create_workspace(name: str, plan: str, owner_email: str) -> NewWorkspace:
    """Make a workspace with its owner and a random password for them."""
    password = secrets.token_urlsafe(15)
    workspace = Workspace(id=new_id("ws"), name=name, plan=plan, created_at=clock.now())
    owner = Member(
        id=new_id("usr"),
        workspace_id=workspace.id,
        email=normal_email(owner_email),
        role="owner",
        password_hash=bcrypt.hashpw(password.encode(), bcrypt.gensalt()).decode(),
        created_at=clock.now(),
    )
    db.session.add(workspace)
    db.session.flush()
    db.session.add(owner)
    db.session.flush()
    return NewWorkspace(workspace, owner, password)


def get_workspace(workspace_id: str) -> Workspace:
    """One workspace.

    Raises:
        WorkspaceNotFoundError: there is none, or it was removed.
    """
    workspace = db.session.get(Workspace, workspace_id)
    if workspace is None or workspace.removed_at is not None:
        raise WorkspaceNotFoundError(f"there is no workspace {workspace_id}")
    return workspace


def read_workspace(workspace_id: str) -> Any:
    """What an answer shows of a workspace: a row with its id, name, plan, timezone, created_at.

    Raises:
        WorkspaceNotFoundError: there is none, or it was removed.
    """
    for row in reader().rows(_SHOWN, {"workspace_id": workspace_id}):
        return row
    raise WorkspaceNotFoundError(f"there is no workspace {workspace_id}")


_SHOWN = select(
    Workspace.id, Workspace.name, Workspace.plan, Workspace.timezone, Workspace.created_at
).where(Workspace.id == bindparam("workspace_id"), Workspace.removed_at.is_(None))


def lock_workspace(workspace_id: str) -> Workspace:
    """One workspace, its row locked until the transaction ends.

    FOR NO KEY UPDATE: rows that refer to the workspace can still be inserted meanwhile.

    Raises:
        WorkspaceNotFoundError: there is none, or it was removed.
    """
    workspace = db.session.scalar(
        select(Workspace)
        .where(Workspace.id == workspace_id, Workspace.removed_at.is_(None))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if workspace is None:
        raise WorkspaceNotFoundError(f"there is no workspace {workspace_id}")
    return workspace


def list_workspaces() -> list[Workspace]:
    """All workspaces that were not removed, oldest first."""
    query = select(Workspace).where(Workspace.removed_at.is_(None)).order_by(Workspace.id)
    return list(db.session.scalars(query))


def list_ids() -> list[str]:
    """The ids of all workspaces, oldest first, also of those that were removed."""
    return list(db.session.scalars(select(Workspace.id).order_by(Workspace.id)))


def change_settings(caller: Caller, values: dict[str, Any]) -> Workspace:
    """Give a workspace another name or time zone, as `WorkspaceSettingsSchema` loaded them.

    Raises:
        WorkspaceNotFoundError: there is none.
    """
    workspace = lock_workspace(caller.workspace_id)
    before = {name: getattr(workspace, name) for name in values}
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed:
        return workspace
    for name, value in changed.items():
        setattr(workspace, name, value)
    db.session.flush()
    previous = {name: before[name] for name in changed}
    audit.record(
        caller, "workspace.updated", "workspace", workspace.id, previous=previous, changed=changed
    )
    return workspace


def change_plan(workspace_id: str, plan: str) -> Workspace:
    """Put a workspace on another plan; what was used of its limits stays used.

    Raises:
        WorkspaceNotFoundError: there is none.
    """
    workspace = lock_workspace(workspace_id)
    workspace.plan = plan
    workspace.plan_version += 1
    db.session.flush()
    return workspace


def remove_workspace(workspace_id: str) -> Workspace:
    """Close a workspace; its data stays, its keys must be revoked in the same transaction.

    Raises:
        WorkspaceNotFoundError: there is none.
    """
    workspace = lock_workspace(workspace_id)
    workspace.removed_at = clock.now()
    db.session.flush()
    return workspace
