"""Publishes events as fast as it may, and rolls some of them back when all is written.

Usage: python -m tests.faults.publisher PER_SECOND WORKSPACE; the settings come from the
environment. It goes on until it is killed.
"""

from __future__ import annotations

import itertools
import sys
import time
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from anthyx_server import db, events
from anthyx_server.app import opened
from anthyx_server.config import Settings
from anthyx_server.ids import new_id
from anthyx_server.tenancy import Caller, system_caller

_ROLLBACK_EVERY = 10


class _ChangedItsMindError(Exception):
    """Stands for whatever fails after an event was published."""


def main(per_second: float, workspace_id: str) -> None:
    """Publish at most that fast, for ever."""
    caller = system_caller(workspace_id, "live")
    with opened(Settings.from_env()) as app:
        for number in itertools.count(1):
            with app.app_context():
                _try(caller, number)
            time.sleep(1 / per_second)


def _try(caller: Caller, number: int) -> None:
    brand_id = new_id("brand")
    shown = {"id": brand_id, "name": f"Brand {number}"}
    # The database is being restarted, now and then.
    with suppress(_ChangedItsMindError, SQLAlchemyError), db.transaction():
        events.publish(caller, "brand.created", ("brand", brand_id), shown)
        if number % _ROLLBACK_EVERY == 0:
            db.before_commit(_change_mind)


def _change_mind() -> None:
    """Fail when the event and its deliveries are written and only COMMIT is left."""
    raise _ChangedItsMindError


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])
