"""What is uploaded of the SDK: a wheel and a source archive, built once from a copy."""

from __future__ import annotations

import email.message
import email.parser
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import anthyx

ROOT = Path(__file__).parents[2]
SDK = ROOT / "sdk"
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*", "dist", "build")

pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True)
class Built:
    """Both files."""

    wheel: Path
    sdist: Path

    def in_wheel(self) -> set[str]:
        with zipfile.ZipFile(self.wheel) as archive:
            return set(archive.namelist())

    def read(self, ending: str) -> str:
        """The one file of the wheel that ends so."""
        (name,) = [each for each in self.in_wheel() if each.endswith(ending)]
        with zipfile.ZipFile(self.wheel) as archive:
            return archive.read(name).decode()

    def metadata(self) -> email.message.Message:
        return email.parser.Parser().parsestr(self.read(".dist-info/METADATA"))


def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Built without an index, by the hatchling that the lock has: what a release does."""
    folder = tmp_path_factory.mktemp("packaging")
    source, target = folder / "sdk", folder / "dist"
    shutil.copytree(SDK, source, ignore=LEFT_OUT)
    done = run(sys.executable, "-m", "hatchling", "build", "-d", target, cwd=source)
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,), (sdist,) = target.glob("*.whl"), target.glob("*.tar.gz")
    return Built(wheel, sdist)


def test_the_index_would_take_both(built: Built) -> None:
    command = (sys.executable, "-W", "ignore", "-m", "twine", "check", "--strict")
    done = run(*command, built.wheel, built.sdist, cwd=built.wheel.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("PASSED") == 2


def test_the_wheel_holds_what_it_should(built: Built) -> None:
    done = run(sys.executable, "-m", "check_wheel_contents", built.wheel, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    sources = {
        str(path.relative_to(SDK / "src"))
        for path in (SDK / "src").rglob("*")
        if path.suffix == ".py" or path.name in {"py.typed", "contract.json"}
    }
    packed = {name for name in built.in_wheel() if ".dist-info/" not in name}
    assert packed == sources


def test_the_source_archive_can_be_tested_and_built_from(built: Built) -> None:
    with tarfile.open(built.sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"} <= names
    assert {str(path.relative_to(SDK)) for path in (SDK / "tests").glob("*.py")} <= names
    assert not {name for name in names if "__pycache__" in name}


def test_the_metadata_is_what_the_project_says(built: Built) -> None:
    metadata = built.metadata()
    assert (metadata["Name"], metadata["Version"]) == ("anthyx", anthyx.__version__)
    assert (metadata["Requires-Python"], metadata["License-Expression"]) == (">=3.10", "MIT")
    assert metadata["License-File"] == "LICENSE"
    assert {"Typing :: Typed", "Programming Language :: Python :: 3.13"} <= set(
        metadata.get_all("Classifier", [])
    )
    # Whatever an extra brings, who installs the package alone gets one more.
    required = [each for each in metadata.get_all("Requires-Dist", []) if "extra ==" not in each]
    assert [re.match(r"\w+", each)[0] for each in required] == ["requests"]  # type: ignore[index]
    links = dict(each.split(", ") for each in metadata.get_all("Project-URL", []))
    assert all(url.startswith("https://") for url in links.values())


def test_the_readme_is_the_description_and_renders_anywhere(built: Built) -> None:
    metadata = built.metadata()
    assert metadata["Description-Content-Type"] == "text/markdown"
    description = str(metadata.get_payload())
    assert description == (SDK / "README.md").read_text(encoding="utf-8")
    # On the index there is no repository around it, and HTML is shown as text or dropped.
    links = re.findall(r"\]\(([^)]+)\)", description)
    assert [link for link in links if not link.startswith("https://")] == []
    prose = re.sub(r"^```.*?^```$|`[^`\n]+`", "", description, flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"<[a-zA-Z/!]", prose) == []
    assert description.count("\n```") % 2 == 0


def test_the_changelog_has_the_version(built: Built) -> None:
    changelog = (SDK / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## {built.metadata()['Version']} " in changelog
    assert "Permission is hereby granted" in built.read(".dist-info/licenses/LICENSE")
