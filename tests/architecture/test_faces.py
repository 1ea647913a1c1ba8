"""A capability is used through its face alone: `from anthyx_server import keys`, nothing deeper."""

from __future__ import annotations

import importlib
from pathlib import Path

import grimp

import anthyx_server

PACKAGE = "anthyx_server"
NO_CAPABILITIES = {"backup", "checks", "commands", "demo", "migrations"}


def capabilities() -> set[str]:
    folders = (path for path in Path(anthyx_server.__path__[0]).iterdir() if path.is_dir())
    return {path.name for path in folders if (path / "__init__.py").exists()} - NO_CAPABILITIES


def reaches_inside(importer: str, imported: str, known: set[str]) -> bool:
    origin, target = importer.split("."), imported.split(".")
    crosses = origin[1:2] != target[1:2] and {*origin[1:2]} <= known and {*target[1:2]} <= known
    return crosses and len(target) > 2


def is_offered(module: str) -> bool:
    """Whether a capability's face names this module of its own, as a bundle of functions."""
    capability, _, name = module.rpartition(".")
    return name in getattr(importlib.import_module(capability), "__all__", ())


def test_capabilities_import_each_other_through_their_faces() -> None:
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    known = capabilities()
    assert {"keys", "limits", "workspaces"} <= known
    inside = [
        f"{importer} imports {imported}"
        for importer in sorted(graph.modules)
        for imported in sorted(graph.find_modules_directly_imported_by(importer))
        if reaches_inside(importer, imported, known) and not is_offered(imported)
    ]
    assert inside == []


def test_a_reach_inside_would_be_seen() -> None:
    known = {"keys", "limits"}
    assert reaches_inside(f"{PACKAGE}.limits.gate", f"{PACKAGE}.keys.models", known)
    assert not reaches_inside(f"{PACKAGE}.limits.gate", f"{PACKAGE}.keys", known)
    assert not reaches_inside(f"{PACKAGE}.keys.service", f"{PACKAGE}.keys.models", known)
    assert not reaches_inside(f"{PACKAGE}.app", f"{PACKAGE}.keys.routes", known)
    assert is_offered(f"{PACKAGE}.dashboard.forms")
    assert not is_offered(f"{PACKAGE}.keys.models")
