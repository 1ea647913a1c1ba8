"""Every way in which a key loses its rights, each returning once its answer is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from anthyx_server.config import Settings
from server.tests.keys.operating import operate
from tests.support.apps import Account


@dataclass(frozen=True)
class World:
    """Who can take rights away: another key of the workspace, and who has the settings."""

    admin: Account
    settings: Settings


Way = Callable[[World, Account], None]


def delete(world: World, key: Account) -> None:
    """By another key."""
    assert world.admin.delete(f"/api-keys/{key.key_id}").status_code == 204


def delete_itself(_world: World, key: Account) -> None:
    """By itself."""
    assert key.delete("/api-keys/current").status_code == 204


def rotate(world: World, key: Account) -> None:
    """Replaced without overlap."""
    path = f"/api-keys/{key.key_id}/rotate"
    assert world.admin.post(path, json={"overlap_seconds": 0}).status_code == 201


def report_leaked(world: World, key: Account) -> None:
    """By whoever found its token."""
    client = world.admin.app.test_client()
    answer = client.post("/v1/leaked-keys", json={"tokens": [key.token]})
    assert answer.status_code == 202


def revoke_by_command(world: World, key: Account) -> None:
    """By the operator."""
    done = operate(world.settings, "keys", "revoke", key.key_id)
    assert done.output == f"{key.key_id} is revoked.\n"


def remove_workspace(world: World, key: Account) -> None:
    """With its whole workspace."""
    done = operate(world.settings, "workspaces", "remove", "--yes", key.workspace_id)
    assert "is closed" in done.output


def narrow_scopes(world: World, key: Account) -> None:
    """Of writing and reading brands."""
    body = {"scopes": ["posts:read"]}
    assert world.admin.patch(f"/api-keys/{key.key_id}", json=body).status_code == 200


def narrow_allowlist(world: World, key: Account) -> None:
    """To addresses that the tests don't call from."""
    body = {"ip_allowlist": ["192.0.2.0/24"]}
    assert world.admin.patch(f"/api-keys/{key.key_id}", json=body).status_code == 200


REVOKING: dict[Way, tuple[int, str]] = {
    delete: (401, "api_key_revoked"),
    delete_itself: (401, "api_key_revoked"),
    rotate: (401, "api_key_revoked"),
    report_leaked: (401, "api_key_revoked"),
    revoke_by_command: (401, "api_key_revoked"),
    remove_workspace: (401, "api_key_revoked"),
    narrow_scopes: (403, "insufficient_scope"),
    narrow_allowlist: (403, "ip_not_allowed"),
}
