"""The examples of the pages do what the pages say: each is run, page by page, on a live server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.conftest import Running

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "sdk" / "README.md", *sorted(ROOT.glob("docs/content/*.md"))]
# Where the pages say that the API is.
ADDRESSES = ("http://127.0.0.1:8080", "https://api.useanthyx.com")
# What is tried by tests of its own, or can't be tried from within a test.
NOT_HERE = {
    "python3 dev.py serve",
    "python3 dev.py test",
    "pip install anthyx",
    "export ANTHYX_API_KEY=anthyx_live_…",
}


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    text = page.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(page: Path) -> list[str]:
    """The commands that a page's console blocks show, each with the lines that continue it."""
    joined = "".join(blocks(page, "console")).replace("\\\n", " ")
    return [line[2:].strip() for line in joined.splitlines() if line.startswith("$ ")]


def here(text: str, running: Running) -> str:
    """An example, sent to the server of the test."""
    for shown, real in {**dict.fromkeys(ADDRESSES, running.url), **running.ids}.items():
        text = text.replace(shown, real)
    return text


def environment(running: Running) -> dict[str, str]:
    known = {"ANTHYX_API_KEY": running.token, "ANTHYX_BASE_URL": f"{running.url}/v1"}
    known["ANTHYX_TEST_API_KEY"] = running.test_token
    # The packages' own programs, as whoever installed them has them.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | known | {"PATH": path}


WITH_PYTHON = [page for page in PAGES if blocks(page, "python")]
WITH_COMMANDS = [page for page in PAGES if commands(page)]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_both_readmes_have_examples() -> None:
    assert {"README.md", "sdk/README.md"} <= {name(page) for page in WITH_PYTHON}
    assert "README.md" in {name(page) for page in WITH_COMMANDS}


@pytest.mark.enable_socket
@pytest.mark.parametrize("page", WITH_PYTHON, ids=name)
def test_a_page_s_python_runs_from_top_to_bottom(page: Path, running: Running) -> None:
    program = here("\n".join(blocks(page, "python")), running)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env=environment(running),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert running.token not in done.stdout + done.stderr


@pytest.mark.enable_socket
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name)
def test_a_page_s_commands_succeed(page: Path, running: Running) -> None:
    for command in commands(page):
        if command in NOT_HERE or command.startswith("anthyx-server "):
            continue
        words = ["bash", "-c", here(command, running).replace("curl ", "curl -sS --fail ", 1)]
        done = subprocess.run(
            words, env=environment(running), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}: {done.stderr}"
