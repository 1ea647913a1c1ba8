"""Processes that write events to one feed, for the tests.

Usage: python many_writers.py WORKSPACE PROCESSES TRANSACTIONS

Each transaction has up to four events, stays open for a random while, and may be rolled back,
whole or to a savepoint. The ids of what was committed are printed, one line per transaction.
"""

from __future__ import annotations

import os
import random
import sys
import time

from anthyx_server import db, events
from anthyx_server.app import opened
from anthyx_server.config import Settings
from anthyx_server.tenancy import Caller, system_caller


class _UndoneError(Exception):
    """The transaction is to be rolled back."""


def main() -> None:
    """Fork the writers and wait for them."""
    workspace_id, processes, transactions = sys.argv[1:]
    children = []
    for number in range(int(processes)):
        child = os.fork()
        if not child:
            _write(system_caller(workspace_id, "live"), int(transactions), number)
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0


def _write(caller: Caller, transactions: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    with opened(Settings.from_env()):
        for _ in range(transactions):
            kept: list[str] = []
            try:
                with db.transaction():
                    kept = _publish(caller, chance)
            except _UndoneError:
                continue
            # One write, so that lines of several processes don't mix.
            os.write(1, f"{' '.join(kept)}\n".encode())


def _publish(caller: Caller, chance: random.Random) -> list[str]:
    kept = []
    for _ in range(chance.randint(1, 4)):
        kept.append(events.publish(caller, "post.created", ("post", "post_1"), {}).id)
        db.db.session.flush()
        if chance.random() < 0.2:
            with db.db.session.begin_nested() as savepoint:
                events.publish(caller, "post.failed", ("post", "post_1"), {})
                savepoint.rollback()
    time.sleep(chance.random() * 0.02)
    if chance.random() < 0.2:
        raise _UndoneError
    return kept


if __name__ == "__main__":
    main()
