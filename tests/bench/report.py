"""The committed figures: one section of docs/benchmarks.md for each kind of run."""

from __future__ import annotations

import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
_PACKAGES = ("Flask", "Flask-Limiter", "SQLAlchemy", "marshmallow", "gunicorn", "redis")
_INTRODUCTION = """# Speed

Measured by `nox -s bench`, this repository beside its peers in one interleaved run; medians over
the rounds. One gunicorn worker with 4 threads on one core; the load (16 keep-alive connections),
Redis and the database on the other. Absolutes move by a third from hour to hour: compare ratios.
"""


def section(title: str, text: str, arguments: list[str]) -> str:
    """A section of the file: the tables, and under which circumstances they came about."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    command = " ".join(["nox -s bench", *(["--", *arguments] if arguments else [])])
    circumstances = (
        f"{datetime.now(UTC):%Y-%m-%d}, {_processor()}, Python {platform.python_version()}, "
        f"{packages}; `{command}`."
    )
    return f"## {title}\n\n{text}\n\n{circumstances}\n"


def save(title: str, text: str) -> None:
    """Put a section into the file, in the place of the one with this title."""
    known = FILE.read_text(encoding="utf-8") if FILE.exists() else _INTRODUCTION
    introduction, *sections = re.split(r"^(?=## )", known, flags=re.MULTILINE)
    heads = [one.partition("\n")[0] for one in sections]
    if f"## {title}" in heads:
        sections[heads.index(f"## {title}")] = text
    else:
        sections.append(text)
    parts = [part.strip() for part in (introduction, *sections)]
    FILE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _processor() -> str:
    names = re.findall(
        r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.MULTILINE
    )
    return f"{len(names)} × {names[0]}" if names else platform.machine()
