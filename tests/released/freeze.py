"""Freezes a release: both wheels, the scenarios of its time and what they told.

Usage: python -m tests.released.freeze VERSION WHEELS; `nox -s release` runs it.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from anthyx import Anthyx
from tests.crossing import scenarios
from tests.released.running import running_server

HERE = Path(__file__).parent


def freeze(version: str, wheels: Path) -> None:
    """Write a release's folder anew."""
    folder = HERE / version
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for wheel in wheels.glob(f"*-{version}-*.whl"):
        shutil.copy(wheel, folder)
    shutil.copy(scenarios.__file__, folder / "scenarios.py")
    told = {}
    with (
        tempfile.TemporaryDirectory() as directory,
        running_server(Path(directory) / "data") as server,
    ):
        for scenario in scenarios.SCENARIOS:
            with Anthyx(server.new_key(), base_url=server.base_url) as client:
                told[scenario.__name__] = scenarios.told(scenario, client)
    text = json.dumps(told, indent=1, ensure_ascii=False)
    (folder / "told.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    freeze(sys.argv[1], Path(sys.argv[2]))
