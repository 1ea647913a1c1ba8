"""What each role may do, word for word as the help page has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import pytest

from anthyx_server import workspaces
from anthyx_server.workspaces.roles import (
    Permission,
    Role,
    can_be_restricted,
    must_be_restricted,
)

EVERYTHING = set(get_args(Permission))
HELP_PAGE = {
    "owner": EVERYTHING,  # everything, one per workspace
    "admin": EVERYTHING - {"manage_billing"},  # everything but billing and ownership
    "editor": {"create", "edit", "approve", "comment", "view"},  # no settings, no invites
    "reviewer": {"approve", "comment", "view"},  # approves/rejects, otherwise read-only
    "client": {"comment", "view"},  # portal of their brands
}


@dataclass
class Somebody:
    """A member, as far as they are judged."""

    role: str
    brand_ids: list[str] | None = None


@pytest.mark.parametrize("role", HELP_PAGE)
def test_a_role_may_do_so_much_and_no_more(role: str) -> None:
    permissions: tuple[Permission, ...] = get_args(Permission)
    allowed = {each for each in permissions if workspaces.may(Somebody(role), each)}
    assert allowed == HELP_PAGE[role]


def test_every_role_is_in_the_table() -> None:
    assert set(get_args(Role)) == workspaces.PERMISSIONS.keys() == HELP_PAGE.keys()
    assert set(workspaces.GIVEN_ROLES) == set(get_args(Role)) - {"owner"}


def test_brands_restrict_what_is_seen() -> None:
    assert workspaces.may_see(Somebody("editor"), "brand_1")
    restricted = Somebody("editor", ["brand_1", "brand_2"])
    assert workspaces.may_see(restricted, "brand_2")
    assert not workspaces.may_see(restricted, "brand_3")


def test_who_invites_can_not_be_restricted_and_a_client_must_be() -> None:
    assert [role for role in HELP_PAGE if not can_be_restricted(role)] == ["owner", "admin"]
    assert [role for role in HELP_PAGE if must_be_restricted(role)] == ["client"]
