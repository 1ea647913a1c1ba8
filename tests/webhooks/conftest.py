"""Node with the packages of tests/webhooks/node."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import npm

SOURCES = Path(__file__).parent / "node"

Judge = Callable[[list[dict[str, Any]]], list[dict[str, bool]]]


@pytest.fixture(scope="session")
def judge(pytestconfig: pytest.Config) -> Judge:
    """Asks the npm packages about deliveries: whether each of them accepts it."""
    cache = pytestconfig.cache
    assert cache is not None
    folder = npm.install(cache, SOURCES)

    def ask(cases: list[dict[str, Any]]) -> list[dict[str, bool]]:
        done = npm.run(npm.NODE, "verify.mjs", cwd=folder, given=json.dumps(cases))
        assert done.returncode == 0, done.stderr
        answers: list[dict[str, bool]] = json.loads(done.stdout)
        return answers

    return ask
