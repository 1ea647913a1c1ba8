"""Very many keys cost a request no more than few: in steps of the database, which are counted.

The full measure, a million keys, is `python -m server.tests.limits.many_keys`.
"""

from __future__ import annotations

from server.tests.limits import many_keys
from server.tests.limits.test_history import both_databases
from tests.support.apps import Account

COUNT = 20_000


@both_databases
def test_beside_many_keys_a_request_takes_the_steps_that_it_takes_beside_few(
    account: Account,
) -> None:
    requests = many_keys.Requests(account)
    few = requests.cost()
    many_keys.fill(account, COUNT)
    many = requests.cost()
    # On PostgreSQL a page more for each level that an index has grown by; a scan of the table
    # would be 800 pages, or 100,000 of SQLite's instructions.
    for name, steps in many.items():
        assert sum(steps) <= sum(few[name]) + 8, (name, few[name], steps)
