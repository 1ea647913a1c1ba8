"""Things that are done in one place only: the environment, the time, the commit."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import anthyx_server

SOURCE = Path(anthyx_server.__path__[0])
ENVIRONMENT = {("os", "environ"), ("os", "getenv"), ("os", "environb")}
TIME = {
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "monotonic"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
}


def attributes(path: Path) -> Iterator[tuple[str, str]]:
    """Every `a.b` of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)


def users(wanted: set[tuple[str, str]]) -> set[str]:
    return {
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if wanted & set(attributes(path))
    }


def test_only_the_settings_read_the_environment() -> None:
    assert users(ENVIRONMENT) == {"config.py"}


def test_the_time_comes_from_the_clock() -> None:
    """And into ids, which say when they were made."""
    assert users(TIME) == {"clock.py", "ids.py"}


def test_there_is_one_commit() -> None:
    assert users({("session", "commit")}) == {"db.py"}
    edges = {"operations.py", "dashboard/guard.py"}
    assert users({("db", "commit")}) == edges, "services flush, the edge commits"
