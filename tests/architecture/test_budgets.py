"""Size and shape of every file: what grows past these numbers is split by what it knows."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("server", "sdk", "tests", "docs")
FILES = sorted(
    path.relative_to(ROOT)
    for paths in (ROOT.glob("*.py"), *((ROOT / folder).rglob("*.py") for folder in FOLDERS))
    for path in paths
)
FILE_LINES = 400
FUNCTION_LINES = 50
DRAWERS = {"utils", "util", "helpers", "common", "misc", "manager"}


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_the_files_are_found() -> None:
    assert Path("server/src/anthyx_server/app.py") in FILES
    assert Path("sdk/src/anthyx/__init__.py") in FILES


def test_no_file_is_too_long() -> None:
    lengths = {
        str(path): len((ROOT / path).read_text(encoding="utf-8").splitlines())
        for path in FILES
        if "migrations" not in path.parts
    }
    assert {path: length for path, length in lengths.items() if length > FILE_LINES} == {}


def test_no_function_is_too_long() -> None:
    lengths = {
        f"{path}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in FILES
        if "migrations" not in path.parts
        for node in functions(ROOT / path)
    }
    assert {name: length for name, length in lengths.items() if length > FUNCTION_LINES} == {}


def test_every_file_opens_with_what_it_is_for() -> None:
    silent = [
        str(path)
        for path in FILES
        if ast.get_docstring(ast.parse((ROOT / path).read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


def test_there_are_no_drawers() -> None:
    assert [str(path) for path in FILES if DRAWERS & {path.stem, *path.parts}] == []


def test_no_test_is_skipped() -> None:
    marks = tuple("pytest." + word for word in ("mark.skip", "mark.xfail", "skip(", "importorskip"))
    skipping = [
        f"{path}: {mark}"
        for path in FILES
        for mark in marks
        if mark in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert skipping == []
