"""The developer's tasks, run in the one .venv that dev.py keeps; `nox` alone runs what CI needs."""

import os
import shutil
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent
LOCK = "requirements-dev.lock"
OPENAPI = "docs/openapi.json"
GUIDE = "docs/content/integrations.md"
CONTRACT = "sdk/src/anthyx/testing/contract.json"
REPORT = ROOT / ".venv" / "tests.xml"
ARCHITECTURE = "tests/architecture"

nox.options.default_venv_backend = "none"
nox.options.sessions = ["lint", "types", "architecture", "matrix", "tests"]
nox.options.error_on_external_run = False


def run(
    session: nox.Session, program: str, *arguments: str, env: dict[str, str] | None = None
) -> None:
    """Run a program of the environment that nox itself runs in."""
    session.run(str(BIN / program), *arguments, env=env)


@nox.session
def lint(session: nox.Session) -> None:
    """Style: ruff's rules and its format."""
    run(session, "ruff", "check", ".")
    run(session, "ruff", "format", "--check", ".")


@nox.session(default=False)
def fix(session: nox.Session) -> None:
    """Mend what `lint` can mend by itself."""
    run(session, "ruff", "check", "--fix", ".")
    run(session, "ruff", "format", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Types: mypy, strict; the SDK once more as the oldest Python reads it."""
    run(session, "mypy")
    run(session, "mypy", "--python-version=3.10", "sdk/src")


@nox.session
def architecture(session: nox.Session) -> None:
    """Shape: which rung imports which, and how long files and functions are."""
    run(session, "lint-imports")
    run(session, "pytest", "-q", ARCHITECTURE)


@nox.session
def tests(session: nox.Session) -> None:
    """All tests on this Python; arguments after `--` go to pytest instead."""
    arguments = session.posargs or ["-n3", f"--ignore={ARCHITECTURE}"]
    run(session, "pytest", f"--junit-xml={REPORT}", *arguments, env=temporary_files())


def temporary_files() -> dict[str, str]:
    """Where to put them: in memory, if it has room; two of three tests make a database."""
    memory = Path("/dev/shm")  # noqa: S108  (who makes names there makes them unguessable)
    if "TMPDIR" in os.environ or not os.access(memory, os.W_OK | os.X_OK):
        return {}
    room = os.statvfs(memory)
    can_run = not room.f_flag & os.ST_NOEXEC  # PostgreSQL may be run from there
    has_room = room.f_bavail * room.f_frsize >= 4 * 1024**3
    return {"TMPDIR": str(memory)} if can_run and has_room else {}


@nox.session
def matrix(session: nox.Session) -> None:
    """The built packages on every Python of this machine; arguments after `--` go to tox."""
    arguments = ["run-parallel", "--parallel=4", "--parallel-no-spinner", *session.posargs]
    run(session, "tox", *arguments, env=every_python(session))


def every_python(session: nox.Session) -> dict[str, str]:
    """What makes pyenv, where there is one, show all of its versions and not the chosen one."""
    if shutil.which("pyenv") is None:
        return {}
    versions = session.run("pyenv", "versions", "--bare", silent=True)
    return {"PYENV_VERSION": ":".join(str(versions).split())}


@nox.session(default=False)
def openapi(session: nox.Session) -> None:
    """Write the committed API description anew; a test fails when it is out of date."""
    with (ROOT / OPENAPI).open("w", encoding="utf-8") as file:
        session.run(str(BIN / "anthyx-server"), "openapi", stdout=file)
    run(session, "python", "sdk/make_contract.py", OPENAPI, CONTRACT)


@nox.session(default=False)
def aio(session: nox.Session) -> None:
    """Write the SDK's async modules anew; a test fails when they are out of date."""
    run(session, "python", "sdk/make_aio.py")


@nox.session(default=False)
def guide(session: nox.Session) -> None:
    """Write the committed page of events anew; a test fails when it is out of date."""
    with (ROOT / GUIDE).open("w", encoding="utf-8") as file:
        session.run(str(BIN / "anthyx-server"), "event-guide", stdout=file)


@nox.session(default=False)
def serve(session: nox.Session) -> None:
    """Run the product; better by `dev.py serve`, which signals reach directly."""
    run(session, "anthyx-server", "serve", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Print the tables of speed, this repository beside its peers."""
    run(session, "python", "-m", "tests.bench", *session.posargs)


@nox.session(default=False)
def faults(session: nox.Session) -> None:
    """Kill and cut off whatever webhooks need, at random, and show that no event is lost."""
    run(session, "python", "-m", "tests.faults", *session.posargs)


@nox.session(default=False)
def screenshots(session: nox.Session) -> None:
    """Take the pictures of all pages anew, for the documentation and to look at."""
    run(session, "pytest", "-q", "tests/pages/screenshots.py", *session.posargs)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Pin anew what .venv consists of, for every Python that the server supports."""
    run(
        session, "uv", "pip", "compile", "--universal", "--python-version=3.11", "--upgrade",
        "--no-emit-index-url", "--no-emit-find-links", "--custom-compile-command=nox -s lock",
        "--extra=postgresql", "--extra=async", "--group=dev", f"--output-file={LOCK}",
        "server/pyproject.toml", "sdk/pyproject.toml", *session.posargs,
    )  # fmt: skip


@nox.session(default=False)
def wheels(session: nox.Session) -> None:
    """Build both packages into dist/."""
    for package in ("server", "sdk"):
        run(session, "uv", "build", "--out-dir=dist", package)


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Freeze the version at hand as a release: its wheels, and what they told each other."""
    wheels(session)
    version = (ROOT / "sdk/src/anthyx/_version.py").read_text().split('"')[-2]
    run(session, "python", "-m", "tests.released.freeze", version, "dist")
