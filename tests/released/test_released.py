"""What a release promised still holds: its scenarios, on the SDK and the server installed here.

tox installs a released SDK beside this server, and this SDK beside a released server; in the
ordinary run both are those of this tree. `ANTHYX_RELEASE` says whose promises: the newest's by
default. Within a version of the API things are only added, so what was told may have grown.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from anthyx import Anthyx

HERE = Path(__file__).parent
RELEASES = sorted(
    (path for path in HERE.iterdir() if (path / "told.json").exists()),
    key=lambda path: [int(part) for part in path.name.split(".")],
)
RELEASE = HERE / os.environ.get("ANTHYX_RELEASE", RELEASES[-1].name)
TOLD: dict[str, list[Any]] = json.loads((RELEASE / "told.json").read_text(encoding="utf-8"))

pytestmark = [pytest.mark.enable_socket, pytest.mark.timeout(120)]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"released_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


running = load(HERE / "running.py")
scenarios = load(RELEASE / "scenarios.py")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One server for all scenarios."""
    with running.running_server(tmp_path_factory.mktemp("released") / "data") as started:
        yield started


def holds(promised: Any, found: Any) -> bool:
    """Whether all that was told before is told again, perhaps among more."""
    if isinstance(promised, dict):
        return isinstance(found, dict) and all(
            name in found and holds(value, found[name]) for name, value in promised.items()
        )
    if isinstance(promised, list):
        return (
            isinstance(found, list)
            and len(found) == len(promised)
            and all(map(holds, promised, found))
        )
    return bool(promised == found)


@pytest.mark.parametrize("name", TOLD)
def test_a_scenario_ends_as_it_did_at_the_release(server: Any, name: str) -> None:
    (scenario,) = (each for each in scenarios.SCENARIOS if each.__name__ == name)
    with Anthyx(server.new_key(), base_url=server.base_url) as client:
        found = json.loads(json.dumps(scenarios.told(scenario, client)))
    for number, (promised, seen) in enumerate(zip(TOLD[name], found, strict=True)):
        assert holds(promised, seen), (number, promised, seen)


def test_what_is_gone_would_be_seen() -> None:
    assert holds({"a": [1]}, {"a": [1], "b": 2})
    assert not holds({"a": [1], "b": 2}, {"a": [1]})
    assert not holds({"a": [1]}, {"a": [2]})
    assert not holds([1], [1, 2])
