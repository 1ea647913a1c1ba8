"""Pyright, strict, on what customers write; mypy reads the same files with all the others."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import anthyx

HERE = Path(__file__).parent
SDK = Path(anthyx.__file__).parents[1]
PYRIGHT = (sys.executable, "-m", "pyright", "--pythonpath", sys.executable)
STRICT = {"typeCheckingMode": "strict", "reportUnnecessaryTypeIgnoreComment": True}

# It may have to fetch itself from npm first.
pytestmark = pytest.mark.timeout(180)


def pyright(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    # An editable installation is no package with types to pyright; a path is.
    return subprocess.run(
        [*PYRIGHT, *options],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(SDK)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_customers_write(tmp_path: Path) -> None:
    """In a folder of their own: pyright would take the whole repository into account."""
    samples = [path for path in HERE.glob("*.py") if not path.name.startswith("test_")]
    assert len(samples) >= 2
    for path in samples:
        shutil.copy(path, tmp_path)
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(STRICT), encoding="utf-8")
    done = pyright(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_that_customers_see_has_a_type(tmp_path: Path) -> None:
    done = pyright(tmp_path, "--ignoreexternal", "--outputjson", "--verifytypes", "anthyx")
    report = json.loads(done.stdout)
    unknown = [
        symbol["name"]
        for symbol in report["typeCompleteness"]["symbols"]
        if symbol["isExported"] and not symbol["isTypeKnown"]
    ]
    assert unknown == []
    assert report["typeCompleteness"]["completenessScore"] == 1
