"""Runs Anthyx from a clone, with nothing but Python 3.11 or newer; sets itself up in .venv.

python3 dev.py serve [OPTION ...]    run the product (`serve --help` lists the options)
python3 dev.py test                  run all checks and tests, as CI does
python3 dev.py test ARGUMENT ...     run pytest alone with these arguments: a path, -k keys, -x
"""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = str(VENV / "bin" / "python")
LOCK = ROOT / "requirements-dev.lock"
REPORT = VENV / "tests.xml"


def main() -> None:
    """Do what the command line says."""
    if sys.version_info < (3, 11):  # noqa: UP036  (this file runs before anything is known)
        sys.exit("dev.py needs Python 3.11 or newer; this is " + sys.version.split()[0])
    command, arguments = sys.argv[1:2], sys.argv[2:]
    # Without kept bytecode every process would compile anew what it imports, for seconds.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if command == ["serve"]:
        install("serve", "-c")
        # Not a child: signals must reach the server, and it must not outlive us.
        program = str(VENV / "bin" / "anthyx-server")
        os.execv(program, [program, "serve", *arguments])  # noqa: S606
    if command == ["test"]:
        install("test", "-r")
        sys.exit(test(arguments))
    print(__doc__)
    sys.exit(command not in (["help"], ["-h"], ["--help"]))


def install(purpose: str, use_of_lock: str) -> None:
    """Bring .venv up to date, unless its stamp says that it is.

    With `-r` everything in the lock is installed, with `-c` only what both packages need of it.
    """
    python = f"{sys.version} {os.path.realpath(sys.executable)} {ROOT}"
    projects = [ROOT / "server" / "pyproject.toml", ROOT / "sdk" / "pyproject.toml"]
    content = b"".join(path.read_bytes() for path in [*projects, LOCK])
    stamp = hashlib.sha256(content + python.encode()).hexdigest()
    stamp_file, made_by = VENV / f"{purpose}.stamp", VENV / "made-by"
    if stamp_file.exists() and stamp_file.read_text(encoding="utf-8") == stamp:
        return
    print("dev.py: installing into .venv, which takes a minute the first time", flush=True)
    if not made_by.exists() or made_by.read_text(encoding="utf-8") != python:
        run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)])
        run([*find_pip(), "install", "-c", str(LOCK), "uv"])
        made_by.write_text(python, encoding="utf-8")
    packages = ["-e", f"{projects[0].parent}[postgresql]", "-e", str(projects[1].parent)]
    what = [use_of_lock, str(LOCK), *packages]
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--python", PYTHON, *what]
    if subprocess.run(uv, check=False).returncode:
        # pip may know a package index that uv doesn't: it reads pip.conf.
        run([*find_pip(), "install", *what])
    stamp_file.write_text(stamp, encoding="utf-8")


def find_pip() -> "list[str]":
    """The pip to install uv with: this Python's, else the one that it bundles."""
    if quiet([sys.executable, "-m", "pip", "--python", PYTHON, "--version"]):
        return [sys.executable, "-m", "pip", "--python", PYTHON]
    if quiet([PYTHON, "-m", "ensurepip"]):
        return [PYTHON, "-m", "pip"]
    sys.exit("dev.py: this Python has neither pip nor ensurepip: install pip for it")


def quiet(command: "list[str]") -> bool:
    """Run a command without showing what it prints; whether it succeeded."""
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run(command: "list[str]") -> None:
    """Run a command, or end where it fails."""
    code = subprocess.run(command, check=False).returncode
    if code:
        sys.exit(f"dev.py: {' '.join(command)} failed with exit code {code}")


def test(arguments: "list[str]") -> int:
    """Run the sessions that CI needs, or pytest alone; the last line says how it went."""
    REPORT.unlink(missing_ok=True)
    nox = [str(VENV / "bin" / "nox"), "-f", str(ROOT / "noxfile.py")]
    child = subprocess.Popen([*nox, "-s", "tests", "--", *arguments] if arguments else nox)

    def stop(number: int, _frame: object) -> None:
        # On SIGINT nox ends what it runs; a terminal has sent that to all of us already.
        if number != signal.SIGINT or not sys.stdin.isatty():
            child.send_signal(signal.SIGINT)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    code = child.wait()
    count = ET.parse(REPORT).getroot()[0].attrib if REPORT.exists() else {}  # noqa: S314  (ours)
    results = ", ".join(f"{count[key]} {key}" for key in ("tests", "failures", "errors") if count)
    print(f"dev.py test: {'FAILED' if code else 'passed'} ({results or 'no tests were run'})")
    return code


if __name__ == "__main__":
    main()
