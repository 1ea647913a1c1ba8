"""The operator's commands, run in the process of the test."""

from __future__ import annotations

from anthyx_server.config import Settings
from tests.support.apps import environment
from tests.support.program import Outcome, run_here


def operate(settings: Settings, *words: str) -> Outcome:
    """Run `anthyx-server` with these words, which must succeed."""
    variables = environment(settings)
    own = {name: value for name, value in variables.items() if name.startswith("ANTHYX_")}
    done = run_here(words, own)
    assert done.exit_code == 0, done
    return done
