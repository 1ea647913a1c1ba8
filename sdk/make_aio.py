"""Writes the async twins in src/anthyx/aio from the modules one level up: `nox -s aio`.

A class that calls the API (it has an `Engine`, or derives from `Pages`) becomes a class of the same
name with "Async" in front; its methods that call the API become coroutines, generators async ones.
Models, types and functions that do no I/O stay where they are and are imported from there.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "src" / "anthyx"
TARGET = SOURCE / "aio"
_FIRST, _LAST = ("_engine", "_pages"), ("client",)
_HAND_WRITTEN = {  # what twins are written by hand, and where
    "AsyncClock": "_clock",
    "AsyncCredentials": "_credentials",
    "AsyncKeySource": "_credentials",
    "AsyncTransport": "_transport",
}
_RENAMED = {
    "__enter__": "__aenter__",
    "__exit__": "__aexit__",
    "__iter__": "__aiter__",
    **{name.removeprefix("Async"): name for name in _HAND_WRITTEN},
}
_AWAITED = re.compile(
    r"self\._engine\.(run|fetch|perform|transport\.close)|self\.api_keys\.current|.*\.page"
    r"|self\.(clock\.sleep|transport\.send)|credentials\.(key|renew)"
)
_ORIGIN = "Written by `nox -s aio` from {}.py: change that."
_ALWAYS_ASYNC = {"__enter__", "__exit__"}
# What the words of a docstring say of the blocking client only.
_REWORDED = {
    "_engine": {"over a `requests.Session`, blocking": "over httpx, awaiting"},
    "_pages": {
        "one page at a time, or all items one after the other.": "one page, or all items.",
        "A list of the API. Iterating": "A list of the API. `async for`",
    },
    "client": {
        "A client of the Anthyx API, safe to share among threads and to carry over a fork.": (
            "The client for asyncio, safe to share among tasks and event loops, and over a fork."
        ),
        "the key, or a function that returns it: asked once, and again after a 401.\n": (
            "the key, or a function, which may be async, that returns it: asked once, and\n"
            "            again after a 401.\n"
        ),
        "paces the threads of this client": "paces the tasks of this client",
        "your own `requests.Session`, for its adapters, headers, proxies and CA bundle\n"
        "            (the last two are read once, here). It stays yours to close.": (
            "your own `httpx.AsyncClient`, for its transports, headers, proxies and CA\n"
            "            bundle; of one event loop and one process. It stays yours to close."
        ),
        "<Anthyx {": "<AsyncAnthyx {",
        "ConfigurationError: there is no key, or an option can't work.": (
            "ConfigurationError: there is no key, an option can't work, or httpx is not\n"
            "            installed (`pip install anthyx[async]`)."
        ),
        "requests.Session": "httpx.AsyncClient",
    },
}


@dataclass
class _Class:
    """A class to be twinned, and which of its methods await or are async generators."""

    node: ast.ClassDef
    awaiting: set[str] = field(default_factory=set[str])
    streaming: set[str] = field(default_factory=set[str])

    @property
    def methods(self) -> Iterator[ast.FunctionDef]:
        """Its own."""
        return (each for each in self.node.body if isinstance(each, ast.FunctionDef))


class _Edits:
    """Changes of a text by the places of its syntax tree, applied all at once."""

    def __init__(self, text: str) -> None:
        self._bytes = text.encode()
        self._starts = [0]
        for line in self._bytes.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._edits: list[tuple[int, int, str]] = []

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where a node begins and ends, decorators included."""
        decorators = getattr(node, "decorator_list", [])
        line = min([node.lineno, *(each.lineno for each in decorators)])
        column = 0 if decorators else node.col_offset
        end_line, end_column = node.end_lineno or 0, node.end_col_offset or 0
        return self._starts[line - 1] + column, self._starts[end_line - 1] + end_column

    def replace(self, start: int, end: int, new: str) -> None:
        """Put other text there."""
        self._edits.append((start, end, new))

    def find(self, word: str, start: int) -> int:
        """Where a word stands from there on."""
        return self._bytes.index(word.encode(), start)

    def cut(self, start: int, end: int) -> str:
        """The text of a span with its changes made."""
        text = self._bytes
        for first, last, new in sorted(self._edits, reverse=True):
            if start <= first and last <= end:
                text = text[:first] + new.encode() + text[last:]
                end += len(new.encode()) - (last - first)
        return text[start:end].decode()


class Writer:
    """Goes through the modules in the order of their imports and remembers what it has twinned."""

    def __init__(self) -> None:
        self._renamed = dict(_RENAMED)
        self._homes = dict(_HAND_WRITTEN)
        self._classes: dict[str, _Class] = {}

    def twins(self) -> dict[str, str]:
        """The text of every twin by its file's name."""
        resources = sorted(path.stem for path in SOURCE.glob("[a-z]*.py"))
        names = [*_FIRST, *(each for each in resources if each not in _LAST), *_LAST]
        texts = {name: (SOURCE / f"{name}.py").read_text("utf-8") for name in names}
        found = {name: self._register(name, ast.parse(texts[name])) for name in names}
        return {
            f"{name}.py": _formatted(self._twin(name, texts[name], found[name]))
            for name in names
            if found[name]
        }

    def _register(self, name: str, tree: ast.Module) -> list[_Class]:
        found: list[_Class] = []
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and self._calls_the_api(name, node):
                made = self._classes[node.name] = _Class(node)
                self._inherit(made)
                _mark(made)
                found.append(made)
                if not node.name.startswith("_"):
                    self._renamed[node.name] = f"Async{node.name}"
                    self._homes[f"Async{node.name}"] = name
        return found

    def _calls_the_api(self, module: str, node: ast.ClassDef) -> bool:
        bases = {name for base in node.bases for name in _names(base)}
        has_engine = any(
            isinstance(each, ast.AnnAssign) and "Engine" in _names(each.annotation)
            for each in node.body
        )
        is_first = module in (*_FIRST, *_LAST) and node.name in {"Engine", "Pages", "Anthyx"}
        return is_first or has_engine or bool(bases & self._classes.keys())

    def _inherit(self, made: _Class) -> None:
        for base in made.node.bases:
            for name in _names(base) & self._classes.keys():
                made.awaiting |= self._classes[name].awaiting
                made.streaming |= self._classes[name].streaming

    def _twin(self, module: str, text: str, classes: list[_Class]) -> str:
        for old, new in _REWORDED.get(module, {}).items():
            if old not in text:
                raise SystemExit(f"{module}.py doesn't say {old!r} any more: mend _REWORDED")
            text = text.replace(old, new)
        tree = ast.parse(text)
        wanted = {each.node.name: each for each in classes}
        edits, parts, used = _Edits(text), list[str](), set[str]()
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name in wanted:
                self._change(edits, node, wanted[node.name])
                parts.append(edits.cut(*edits.span(node)))
                used |= _names(ast.parse(parts[-1]))
        head = ast.get_docstring(tree) or ""
        lines = [
            f'"""{head.splitlines()[0]}\n\n{_ORIGIN.format(module)}\n"""',
            "# pyright: reportPrivateUsage=false",
            "from __future__ import annotations",
            *self._imports(module, tree, used, set(wanted)),
            *parts,
        ]
        return "\n\n".join(lines) + "\n"

    def _change(self, edits: _Edits, node: ast.ClassDef, made: _Class) -> None:
        if not node.name.startswith("_"):
            start = edits.find(node.name, edits.find("class ", edits.span(node)[0]))
            edits.replace(start, start + len(node.name), f"Async{node.name}")
        for each in (*node.bases, *node.body):
            if isinstance(each, ast.FunctionDef):
                self._change_method(edits, each, made)
            else:
                self._rename(edits, each)

    def _change_method(self, edits: _Edits, node: ast.FunctionDef, made: _Class) -> None:
        self._rename(edits, node)
        is_streaming = node.name in made.streaming
        start = edits.find("def ", edits.span(node)[0])
        if is_streaming or node.name in made.awaiting:
            edits.replace(start, start, "async ")
        if node.name in self._renamed:
            edits.replace(start + 4, start + 4 + len(node.name), self._renamed[node.name])
        if is_streaming and node.returns is not None:
            first = edits.find("Iterator", edits.span(node.returns)[0])
            edits.replace(first, first, "Async")
        for each in ast.walk(node):
            self._change_inside(edits, each, node, made)

    def _change_inside(
        self, edits: _Edits, node: ast.AST, method: ast.FunctionDef, made: _Class
    ) -> None:
        if isinstance(node, ast.Call) and _is_awaited(node, made):
            start, end = edits.span(node)
            is_part = any(
                isinstance(each, ast.Attribute) and each.value is node for each in ast.walk(method)
            )
            edits.replace(start, start, "(await " if is_part else "await ")
            if is_part:
                edits.replace(end, end, ")")
        elif isinstance(node, ast.For) and _is_streamed(node.iter, made):
            start, _ = edits.span(node)
            edits.replace(start, start, "async ")
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.YieldFrom):
            start, _ = edits.span(node)
            first, end = edits.span(node.value.value)
            kind = "async for" if _is_streamed(node.value.value, made) else "for"
            edits.replace(start, first, f"{kind} each in ")
            edits.replace(end, end, f":\n{' ' * (node.col_offset + 4)}yield each")

    def _rename(self, edits: _Edits, root: ast.AST) -> None:
        for node in ast.walk(root):
            if isinstance(node, ast.Name) and node.id in self._renamed:
                edits.replace(*edits.span(node), self._renamed[node.id])
            elif isinstance(node, ast.ImportFrom) and self._renamed.keys() & _imported(node):
                names = ", ".join(self._renamed.get(each.name, each.name) for each in node.names)
                edits.replace(*edits.span(node), f"from .{node.module} import {names}")

    def _imports(
        self, module: str, tree: ast.Module, used: set[str], own: set[str]
    ) -> Iterator[str]:
        """Imports of all that the twin uses, unsorted."""
        typing_only = ["import httpx"] if "httpx" in used else []
        for node in tree.body:
            if isinstance(node, ast.ImportFrom):
                yield from self._from(node, used)
            elif isinstance(node, ast.Import):
                yield from _plain(node, used)
            elif isinstance(node, ast.If):
                inner = (each for each in node.body if isinstance(each, ast.ImportFrom))
                typing_only += [line for each in inner for line in self._from(each, used)]
        defined = sorted(_defined(tree) & used - own)
        if defined:
            yield f"from anthyx.{module} import {', '.join(defined)}"
        if typing_only:
            yield "from typing import TYPE_CHECKING"
            yield "if TYPE_CHECKING:\n    " + "\n    ".join(typing_only)

    def _from(self, node: ast.ImportFrom, used: set[str]) -> Iterator[str]:
        for each in node.names:
            new = self._renamed.get(each.name, each.name)
            if node.module == "collections.abc" and f"Async{each.name}" in used:
                yield f"from collections.abc import Async{each.name}"
            if (each.asname or new) not in used:
                continue
            alias = f" as {each.asname}" if each.asname else ""
            if new in self._homes:
                yield f"from .{self._homes[new]} import {new}{alias}"
            else:
                package = "anthyx." if node.level else ""
                yield f"from {package}{node.module} import {each.name}{alias}"


def _plain(node: ast.Import, used: set[str]) -> Iterator[str]:
    for each in node.names:
        if (each.asname or each.name) in used and each.name != "requests":
            yield f"import {each.name}" + (f" as {each.asname}" if each.asname else "")


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _imported(node: ast.ImportFrom) -> set[str]:
    return {each.name for each in node.names} if node.level == 1 else set()


def _defined(tree: ast.Module) -> set[str]:
    """What a module itself gives names to."""
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {name for target in node.targets for name in _names(target)}
        elif isinstance(node, ast.AnnAssign):
            found |= _names(node.target)
    return found


def _mark(made: _Class) -> None:
    """Say which methods call the API, by themselves or through another."""
    while True:
        before = len(made.awaiting), len(made.streaming)
        for method in made.methods:
            nodes = list(ast.walk(method))
            yields = any(isinstance(each, ast.Yield | ast.YieldFrom) for each in nodes)
            if yields and any(
                (isinstance(each, ast.Call) and _is_awaited(each, made))
                or (isinstance(each, ast.Call) and _is_streamed(each, made))
                for each in nodes
            ):
                made.streaming.add(method.name)
            elif not yields and (
                method.name in _ALWAYS_ASYNC
                or any(isinstance(each, ast.Call) and _is_awaited(each, made) for each in nodes)
            ):
                made.awaiting.add(method.name)
        if before == (len(made.awaiting), len(made.streaming)):
            return


def _is_awaited(call: ast.Call, made: _Class) -> bool:
    called = ast.unparse(call.func)
    own = called.removeprefix("self.") if called.startswith("self.") else ""
    return own in made.awaiting or _AWAITED.fullmatch(called) is not None


def _is_streamed(iterated: ast.expr, made: _Class) -> bool:
    called = ast.unparse(iterated.func) if isinstance(iterated, ast.Call) else ""
    return called.startswith("self.") and called.removeprefix("self.") in made.streaming


def _formatted(text: str) -> str:
    """As ruff wants it, imports sorted."""
    place = f"--stdin-filename={TARGET / 'twin.py'}"
    for words in (["check", "--quiet", "--select=I", "--fix"], ["format", "--quiet"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", place, "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
            cwd=SOURCE,
        )
        text = done.stdout
    return text


def main() -> None:
    """Write them all."""
    for name, text in Writer().twins().items():
        (TARGET / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
