"""Runs `anthyx-server` for tests: in this process, which is quick, or in one of its own."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from unittest import mock

from click.testing import CliRunner

from anthyx_server.cli import main

_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """How a run ended and what it wrote."""

    exit_code: int
    output: str
    errors: str

    @property
    def refusal(self) -> str:
        """The one line of a run that was refused, without the program's name."""
        assert self.exit_code == 2, self
        assert self.output == "", self
        assert self.errors.startswith("anthyx-server: "), self
        assert self.errors.endswith("\n"), self
        assert self.errors.count("\n") == 1, self
        return self.errors.removeprefix("anthyx-server: ").removesuffix("\n")


def run_here(
    arguments: tuple[str, ...], environ: Mapping[str, str], answer: str | None = None
) -> Outcome:
    """Run a command in this process, with these `ANTHYX_*` variables alone.

    `answer` is what a person types when asked.
    """
    unset = {name: None for name in os.environ if name.startswith("ANTHYX_")}
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    umask = os.umask(0o077)
    argv = ["anthyx-server", *arguments]
    try:
        with (
            CliRunner(env=unset | dict(environ)).isolation(answer) as (output, errors, _),
            mock.patch.object(sys, "argv", argv),
        ):
            exit_code = _exit_code()
            sys.stdout.flush()
            sys.stderr.flush()
            return Outcome(exit_code, output.getvalue().decode(), errors.getvalue().decode())
    finally:
        os.umask(umask)
        root.handlers[:] = handlers
        root.setLevel(level)


def run_apart(arguments: tuple[str, ...], environ: Mapping[str, str]) -> Outcome:
    """Run a command in a process of its own, with these `ANTHYX_*` variables alone."""
    done = subprocess.run(
        [sys.executable, "-m", "anthyx_server.cli", *arguments],
        env=clean_environment() | dict(environ),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def clean_environment() -> dict[str, str]:
    """The variables of this process, less the settings of Anthyx."""
    return {name: text for name, text in os.environ.items() if not name.startswith("ANTHYX_")}


def _exit_code() -> int:
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0
