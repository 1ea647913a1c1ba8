"""Several processes that send requests at the same time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

PROCESSES = 8
HAMMER = Path(__file__).with_name("hammer.py")


def hammer(
    port: int, tokens: list[str], *, count: int = 20, source: str = "127.0.0.1"
) -> Counter[int]:
    """Let 8 processes send `count` requests each, with the tokens in turn; answers per status."""
    return hammer_all([[str(port), str(count), source, *tokens]] * PROCESSES)


def hammer_all(commands: list[list[str]]) -> Counter[int]:
    """Run one process per command, all of them at once; answers per status."""
    started = [
        subprocess.Popen(
            [sys.executable, "-I", "-S", str(HAMMER), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    total: Counter[int] = Counter()
    for process in started:
        output = process.communicate(timeout=60)[0]
        total.update({int(status): count for status, count in json.loads(output).items()})
    return total
