"""What each role may do, and which brands a member may see: the one place that says so.

Help page, "Roles".
"""

from __future__ import annotations

from typing import Literal, Protocol, get_args

Role = Literal["owner", "admin", "editor", "reviewer", "client"]
Permission = Literal[
    "manage_billing",
    "manage_settings",
    "invite",
    "create",
    "edit",
    "approve",
    "comment",
    "view",
]

PERMISSIONS: dict[str, frozenset[Permission]] = {
    "owner": frozenset(get_args(Permission)),
    "admin": frozenset(get_args(Permission)) - {"manage_billing"},
    "editor": frozenset({"create", "edit", "approve", "comment", "view"}),
    "reviewer": frozenset({"approve", "comment", "view"}),
    "client": frozenset({"comment", "view"}),
}
# There is one owner, who comes with the workspace.
GIVEN_ROLES: tuple[Role, ...] = ("admin", "editor", "reviewer", "client")


class HasRole(Protocol):
    """What is judged of a member; `brand_ids` None means every brand."""

    @property
    def role(self) -> str:
        """The role's name."""

    @property
    def brand_ids(self) -> list[str] | None:
        """The brands, never an empty list."""


def may(member: HasRole, permission: Permission) -> bool:
    """True where the member's role allows it."""
    return permission in PERMISSIONS[member.role]


def may_see(member: HasRole, brand_id: str) -> bool:
    """True where the member is restricted to no brands, or to this one among others."""
    return member.brand_ids is None or brand_id in member.brand_ids


def can_be_restricted(role: str) -> bool:
    """Whoever invites people can't be restricted to brands: they could lift it themselves."""
    return "invite" not in PERMISSIONS[role]


def must_be_restricted(role: str) -> bool:
    """A client sees the portal of their brands, so there must be some."""
    return role == "client"
