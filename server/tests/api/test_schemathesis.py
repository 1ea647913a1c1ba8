"""The API does what its document says, whatever schemathesis makes of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CALLS = Path(__file__).with_name("documented.py")
ROOT = CALLS.parents[3]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("calls", ["brands", "not brands"])
def test_the_api_does_what_it_documents(calls: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, "-k", calls, str(CALLS)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-20_000:]
    assert " passed" in run.stdout
