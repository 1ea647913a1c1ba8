"""The walk forgets nothing: every table is seeded, every operation asked as it would succeed."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import anthyx_server
from anthyx_server.db import Base, OwnedByWorkspace
from anthyx_server.operations import Operation, operation_of
from tests.isolation.seeds import BODIES, PATH_IDS, SEEDERS
from tests.isolation.world import (
    HOME_MARK,
    OPERATIONS,
    World,
    models,
    path_ids,
    rows_of,
    seed,
    send,
)

# What a workspace owns regardless of mode, what is the workspace, and what is of none.
WITHOUT_MODE = {
    "audit_heads",
    "familiar_origins",
    "mails",
    "member_links",
    "members",
    "notices",
    "page_sessions",
    "second_factors",
    "sent_forms",
    "wanted_resets",
    "webhook_hosts",
    "webhook_marks",
    "workspaces",
}


def test_every_table_has_a_seeder() -> None:
    for module in pkgutil.walk_packages(anthyx_server.__path__, "anthyx_server."):
        if ".migrations" not in module.name and not module.name.endswith("leash"):
            importlib.import_module(module.name)
    missing = {model.__name__ for model in models()} - {model.__name__ for model in SEEDERS}
    assert not missing, f"tests/isolation/seeds.py needs a seeder for {', '.join(sorted(missing))}"


def test_every_table_belongs_to_a_workspace_and_mode() -> None:
    tables = {mapper.local_table for mapper in Base.registry.mappers
              if issubclass(mapper.class_, OwnedByWorkspace)}  # fmt: skip
    others = {table.name for table in Base.metadata.tables.values() if table not in tables}
    assert others == WITHOUT_MODE, "a table that tenants share must derive from OwnedByWorkspace"


def test_every_id_in_a_path_is_known() -> None:
    names = {name for operation in OPERATIONS for name in path_ids(operation)}
    missing = names - PATH_IDS.keys()
    assert not missing, f"PATH_IDS in tests/isolation/seeds.py lacks {', '.join(sorted(missing))}"


def test_every_body_has_an_example() -> None:
    wanted = {each.id for each in OPERATIONS if each.body is not None and not each.is_public}
    missing = wanted - BODIES.keys()
    assert not missing, f"BODIES in tests/isolation/seeds.py lacks {', '.join(sorted(missing))}"


def test_every_route_is_an_operation_that_is_walked(world: World) -> None:
    rules = world.app.url_map.iter_rules()
    routes = {rule.endpoint for rule in rules if rule.rule.startswith("/v1")}
    found = {endpoint for endpoint in routes if operation_of(endpoint) in OPERATIONS}
    assert routes - found == {"openapi.get_openapi"}
    assert len(found) == len(OPERATIONS)


def test_every_tenant_has_rows_in_every_table(world: World) -> None:
    for account in (world.home, world.elsewhere, world.test_mode):
        assert all(rows_of(account, model) for model in SEEDERS)


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if not each.is_public], ids=lambda each: each.id
)
def test_the_walk_would_succeed_with_own_ids(world: World, operation: Operation) -> None:
    owner = world.home.with_key()
    answer = send(owner, operation, seed(owner, HOME_MARK))
    is_done = answer.status_code in {200, 201, 202, 204}
    assert is_done or answer.get_json()["code"] == "invalid_state", answer.get_data(as_text=True)
