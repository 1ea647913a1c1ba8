"""The reference pages name everything there is: error codes, settings, commands, plans."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import click

import anthyx_server
from anthyx_server import events
from anthyx_server.cli import cli
from anthyx_server.errors import ApiError
from anthyx_server.events.catalogue import TYPES
from anthyx_server.plans import PLANS

ROOT = Path(__file__).parents[2]
CONTENT = ROOT / "docs" / "content"
SERVER = ROOT / "server/src/anthyx_server"
READERS = {"text", "secret", "whole", "flag", "choice", "networks", "address"}


def _error_classes(base: type[ApiError] = ApiError) -> Iterator[type[ApiError]]:
    for cls in base.__subclasses__():
        yield cls
        yield from _error_classes(cls)


def _documented_codes() -> dict[str, int]:
    rows = re.findall(
        r"^\| `(\w+)` \| (\d{3}) \|", (CONTENT / "errors.md").read_text(), re.MULTILINE
    )
    return {code: int(status) for code, status in rows}


def test_every_error_code_is_documented_with_its_status() -> None:
    for module in pkgutil.walk_packages(anthyx_server.__path__, "anthyx_server."):
        if ".migrations" not in module.name and not module.name.endswith("leash"):
            importlib.import_module(module.name)
    raised = {cls.code: cls.status for cls in _error_classes() if "code" in vars(cls)}
    assert _documented_codes() == raised


def _settings() -> set[str]:
    sources = [SERVER / f"{name}.py" for name in ("config", "mail_settings", "webhook_settings")]
    names = set()
    for node in (node for path in sources for node in ast.walk(ast.parse(path.read_text()))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[0] if node.args else None
            if node.func.attr in READERS and isinstance(first, ast.Constant):
                names.add("ANTHYX_" + str(first.value))
    return names | {"ANTHYX_SECRET_KEY", "ANTHYX_KEY_PEPPERS", "ANTHYX_ENCRYPTION_KEYS"}


def test_every_setting_is_documented() -> None:
    rows = re.findall(
        r"^\| `(ANTHYX_\w+)` \|", (CONTENT / "operating.md").read_text(), re.MULTILINE
    )
    assert set(rows) == _settings()


def _commands(command: click.Command, path: str = "") -> Iterator[str]:
    inner: dict[str, click.Command] = getattr(command, "commands", {})
    if not inner:
        yield path.strip()
    for name, sub in inner.items():
        yield from _commands(sub, f"{path} {name}")


def test_every_command_is_documented() -> None:
    page = (CONTENT / "operating.md").read_text()
    rows = re.findall(r"^\| `anthyx-server ([a-z-]+(?: [a-z][a-z-]+)?)\b", page, re.MULTILINE)
    assert sorted(rows) == sorted(_commands(cli))


def test_every_type_of_event_is_documented() -> None:
    page = (CONTENT / "events.md").read_text()
    rows = re.findall(r"^\| (`.*`) \|", page, re.MULTILINE)
    assert [name for row in rows for name in re.findall(r"`(\S+)`", row)] == list(TYPES)


def test_the_page_of_all_events_is_fresh() -> None:
    page = (CONTENT / "integrations.md").read_text(encoding="utf-8")
    assert page == events.guide_page(), "run: nox -s guide"
    assert re.findall(r"^### `(\S+)`$", page, re.MULTILINE) == list(TYPES)


def test_the_plan_table_is_documented() -> None:
    page = (CONTENT / "limits.md").read_text()
    for plan in PLANS.values():
        day = "unlimited" if plan.requests_per_day is None else f"{plan.requests_per_day:,}"
        keys = "unlimited" if plan.api_keys is None else str(plan.api_keys)
        row = f"| {plan.name.capitalize()} | {plan.requests_per_minute:,} | {day} | {keys} |"
        assert row in page


def test_every_link_between_our_pages_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
