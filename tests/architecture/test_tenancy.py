"""What a workspace owns is selected through `tenancy.owned`, but where a reason is given here."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import anthyx_server
from anthyx_server.db import OwnedByWorkspace

SOURCE = Path(anthyx_server.__path__[0])
SCOPED = {"owned", "owned_by_tenant", "visible"}
STATEMENTS = {"select", "update", "delete", "insert", "exists", "upsert", "text", "Statement"}
OF_SESSION = {"query", "get", "get_one", "merge", "select_from", "join", "outerjoin"}
MODULES = {"sa", "sqlalchemy", "sqlite", "postgresql", "pg"}

# function -> why it looks beyond one workspace and mode, or how it is scoped otherwise
EXEMPT = {
    "channels.service:count_by_encryption_key": "the operator's count over all workspaces",
    "audit.service:_chain": "inserts what `record` took from the caller",
    "audit.verification:_batches": "the chain of one workspace, of both modes",
    "audit.verification:_count_by_key": "the operator's count over all workspaces",
    "audit.verification:_ends": "the chain of one workspace, of both modes",
    "events.jobs:_forget_batch": "a job for all workspaces",
    "events.numbering:<module>": "the feed of the event's own workspace and mode",
    "events.storing:<module>": "the event itself",
    "events.queries:_merged_on_postgresql": "columns of a subquery that is scoped",
    "events.queries:_merged_on_sqlite": "positions of a subquery that is scoped",
    "idempotency:forget_old_records": "a job for all workspaces",
    "keys.guard:guard_commit": "the caller's own key, by its id",
    "keys.guard:look_again": "the caller's own key, by its id",
    "keys.jobs:announce_expiring_keys": "a job for all workspaces",
    "keys.leaked:_in_force": "whoever holds a token may revoke it: found by its digest",
    "keys.lookup:count_by_pepper": "the operator's count over all workspaces",
    "keys.lookup:count_in_force": "the plan's cap counts the workspace's keys of both modes",
    "keys.lookup:find_in_either_mode": "a member sees their workspace's keys of both modes",
    "keys.lookup:list_keys": "the operator's list of one workspace, of both modes",
    "keys.lookup:lock_any": "the operator revokes by id",
    "keys.records:<module>": "authentication: the digest of the token says whose key it is",
    "keys.service:revoke_all": "a closed workspace loses its keys of both modes",
    "keys.standing:lock_keys": "ids that `find` has scoped, and the caller's own",
    "limits.history:_upsert": "a job for all workspaces",
    "limits.history:_upsert_statement": "a job for all workspaces",
    "limits.jobs:<module>": "jobs for all workspaces",
    "limits.jobs:forget_usage_notices": "a job for all workspaces",
    "limits.thresholds:_days": "a job for all workspaces",
    "limits.thresholds:_mark": "a job for all workspaces",
    "posts.editing:_apply": "the tags of a post that `lock` has scoped",
    "posts.search:<module>": "words are numbers that are the workspace's own, and nothing is read",
    "posts.service:bump": "the tags of a post that `lock` has scoped",
    "posts.service:targets_of": "the targets of a post that was selected in its scope",
    "webhooks.engine.requests:_load_targets": "the engine delivers for all workspaces",
    "webhooks.deliveries.log:_with_latest_attempts": "deliveries that were selected in their scope",
    "webhooks.deliveries.queries:by_sequence_query": "columns of subqueries that are scoped",
    "webhooks.deliveries.queries:page_query": "columns of subqueries that are scoped",
    "webhooks.deliveries.recoveries:_count_at_commit": "the recovery that was just added",
    "webhooks.deliveries.recovering:_next": "a job for all workspaces",
    "webhooks.deliveries.recovering:_queue": "a job for all workspaces",
    "webhooks.deliveries.recovering:step": "a job for all workspaces",
    "webhooks.deliveries.recovering:unfinished": "a job for all workspaces",
    "webhooks.deliveries.retention:_deliveries": "a job for all workspaces",
    "webhooks.deliveries.retention:_hours": "a job for all workspaces",
    "webhooks.deliveries.retention:_recoveries": "a job for all workspaces",
    "webhooks.deliveries.rollup:_store": "a job for all workspaces",
    "webhooks.fan_out:<module>": "endpoints of the event's own workspace and mode",
    "posts.streams:_base": "the posts of rows that `owned_by_tenant` has selected",
    "webhooks.endpoints.jobs:forget_deleted_endpoints": "a job for all workspaces",
    "webhooks.endpoints.lookup:count_all": "the plan's cap counts endpoints of both modes",
    "webhooks.endpoints.lookup:count_by_encryption_key": "the operator's count over all workspaces",
    "webhooks.endpoints.jobs:tell_failing_endpoints": "a job for all workspaces",
}


def tenant_models(base: type[Any] = OwnedByWorkspace) -> Iterator[type[Any]]:
    for model in base.__subclasses__():
        yield model
        yield from tenant_models(model)


@pytest.fixture(scope="module")
def owned_names() -> set[str]:
    for module in pkgutil.walk_packages(anthyx_server.__path__, "anthyx_server."):
        if ".migrations" not in module.name and not module.name.endswith("leash"):
            importlib.import_module(module.name)
    found = {model.__name__ for model in tenant_models()}
    tables = {model.__tablename__ for model in tenant_models()}
    return found | tables


def called(call: ast.Call) -> str:
    """`select` for select(…) and sa.select(…); `.get` for a method."""
    if isinstance(call.func, ast.Name):
        return call.func.id
    if isinstance(call.func, ast.Attribute):
        is_module = isinstance(call.func.value, ast.Name) and call.func.value.id in MODULES
        return call.func.attr if is_module else "." + call.func.attr
    return ""


def is_scoped(node: ast.AST) -> bool:
    """True for a chain of calls that starts with `owned` or what stands on it."""
    while isinstance(node, ast.Call | ast.Attribute):
        if isinstance(node, ast.Call) and called(node).lstrip(".") in SCOPED:
            return True
        node = node.func if isinstance(node, ast.Call) else node.value
    return False


def mentions(node: ast.AST, names: set[str]) -> bool:
    """True where a name, or a table's name in a text, stands outside of a scoped chain."""
    if is_scoped(node):
        return False
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return bool(names & set(node.value.split()))
    return any(mentions(child, names) for child in ast.iter_child_nodes(node))


def with_what_holds_them(tree: ast.AST, names: set[str]) -> set[str]:
    """The names, and those of variables that hold columns of these tables."""
    found = set(names)
    while True:
        holding = {
            target.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and mentions(node.value, found)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        if holding <= found:
            return found
        found |= holding


def is_unscoped(call: ast.Call, names: set[str], held: set[str]) -> bool:
    name = called(call)
    if name in STATEMENTS:
        return any(mentions(argument, held) for argument in call.args)
    if name.startswith(".") and name[1:] in OF_SESSION and not is_scoped(call):
        return any(isinstance(each, ast.Name) and each.id in names for each in call.args[:1])
    return False


def unscoped(tree: ast.Module, names: set[str]) -> Iterator[str]:
    """The outermost functions that select one of these tables by themselves."""
    held = with_what_holds_them(tree, names)
    for node in tree.body:
        bodies = node.body if isinstance(node, ast.ClassDef) else [node]
        for body in bodies:
            where = getattr(body, "name", "<module>")
            for call in ast.walk(body):
                if isinstance(call, ast.Call) and is_unscoped(call, names, held):
                    yield where


def in_package(names: set[str]) -> set[str]:
    found = set()
    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" in path.parts:
            continue
        module = ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {
            alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("anthyx_server")
            for alias in node.names
            if alias.name.isupper() and alias.name in COLUMNS
        }
        found |= {f"{module}:{where}" for where in unscoped(tree, names | imported)}
    return found


# Tuples of columns that other modules select.
COLUMNS = {"JUDGED", "SHOWN_COLUMNS"}


def test_tenant_tables_are_selected_through_their_scope(owned_names: set[str]) -> None:
    assert {"ApiKey", "Brand", "Event", "audit_entries"} <= owned_names
    found = in_package(owned_names)
    assert found - EXEMPT.keys() == set(), "select through tenancy.owned, or give a reason"
    assert EXEMPT.keys() - found == set(), "no longer needed"


@pytest.mark.parametrize(
    "code",
    [
        "def f(): return select(Brand)",
        "def f(): return sa.select(sa.func.count()).select_from(Brand)",
        "def f(): return select(Workspace.id, Brand.name)",
        "def f(): return sa.update(Brand).values(name='x')",
        "def f(): return sa.delete(Brand)",
        "def f(): return db.session.get(Brand, brand_id)",
        "def f(): return db.session.query(Brand).all()",
        "def f(): return select(Workspace).join(Brand, Brand.workspace_id == Workspace.id)",
        "def f(): return sa.text('SELECT * FROM brands WHERE id = 1')",
        "def f():\n    columns = (Brand.id, Brand.name)\n    return select(*columns)",
        "COLUMNS = (Brand.id,)\ndef f(): return select(*COLUMNS)",
        "class A:\n    def f(self): return select(Brand)",
    ],
)
def test_a_select_of_ones_own_is_noticed(code: str) -> None:
    assert set(unscoped(ast.parse(code), {"Brand", "brands"})) == {"f"}


@pytest.mark.parametrize(
    "code",
    [
        "def f(): return owned(Brand, caller, Brand.id).where(Brand.id == brand_id)",
        "def f(): return select(owned(Brand, caller).where(Brand.slug == slug).exists())",
        "def f():\n    taken = owned(Brand, caller)\n    return select(taken.exists())",
        "def f(): return select(Workspace).where(Workspace.id == caller.workspace_id)",
        "def f(brand: Brand): db.session.delete(brand)",
        "def f(): return visible(caller).where(Brand.id == brand_id).with_for_update()",
    ],
)
def test_a_scoped_one_is_not(code: str) -> None:
    assert set(unscoped(ast.parse(code), {"Brand", "brands"})) == set()
