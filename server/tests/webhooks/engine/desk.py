"""The engine's parts, worked by hand, and whole pumps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from flask import Flask

from anthyx_server import clock
from anthyx_server.webhooks.engine.claims import Claims
from anthyx_server.webhooks.engine.pump import Pump
from anthyx_server.webhooks.engine.results import Results
from anthyx_server.webhooks.engine.sweeper import Sweeper
from anthyx_server.webhooks.engine.work import Claimed, Finished


@contextmanager
def pumping(app: Flask) -> Iterator[Pump]:
    """A pump that delivers until the block ends."""
    pump = Pump(app)
    pump.start()
    try:
        yield pump
    finally:
        pump.stop()


@dataclass
class Desk:
    """The parts of a pump, worked by hand."""

    engine: sa.Engine
    claims: Claims
    results: Results
    sweeper: Sweeper

    def claim(self, most: int = 500) -> list[Claimed]:
        """Look, and claim what is found."""
        return self.claims.claim(self.claims.find(), most).claimed

    def succeed(self, claimed: Sequence[Claimed]) -> None:
        """Record a success of each."""
        self.results.record([over(each) for each in claimed])


def over(claimed: Claimed, status_code: int = 204, **values: Any) -> Finished:
    """An attempt that is over."""
    error = None if status_code < 300 else "http_status"
    finished = Finished(claimed, "http://receiver.example/", clock.now(), 3)
    return replace(finished, **{"status_code": status_code, "error_code": error, **values})
