"""A bar for what takes long, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from anthyx_server.clock import monotonic

# What is over by then needs no bar.
_PATIENCE_SECONDS = 1.0


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A function to call with what is being done, how much of it is done and how much there is."""
    shown: dict[str, Any] = {}
    started_at = monotonic()
    is_terminal = sys.stderr.isatty()

    def advance(label: str, done: int, total: int) -> None:
        if not is_terminal or monotonic() - started_at < _PATIENCE_SECONDS:
            return
        bar = shown.get(label)
        if bar is None:
            finish()
            bar = shown[label] = click.progressbar(
                length=max(total, 1), label=f"{label:10}", file=sys.stderr
            )
            bar.__enter__()
        bar.update(done - bar.pos)

    def finish() -> None:
        for bar in shown.values():
            bar.__exit__(None, None, None)
        shown.clear()

    try:
        yield advance
    finally:
        finish()
