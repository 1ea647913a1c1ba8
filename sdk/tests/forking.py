"""A program of one thread that forks with warm connections; prints how many answers were swapped.

Run as a process of its own, because a test runner has threads. Arguments: base URL, children,
calls per process.
"""

from __future__ import annotations

import os
import sys

import requests

from anthyx import Anthyx
from sdk.tests.loopback import KEY


def _wrong(client: Anthyx, calls: int) -> int:
    """Calls that were answered with another call's echo."""
    wrong = 0
    for number in range(calls):
        mark = f"{os.getpid()}-{number}"
        wrong += client.request("GET", "/echo", query={"mark": mark}).data != {"mark": mark}
    return wrong


def _main(url: str, children: int, calls: int) -> int:
    session = requests.Session()
    shared, own = Anthyx(KEY, base_url=url, session=session), Anthyx(KEY, base_url=url)
    wrong = _wrong(shared, 1) + _wrong(own, 1)  # both now have an idle connection to inherit
    pids = []
    for _ in range(children):
        pid = os.fork()
        if pid == 0:
            found = 250  # if the child fails
            try:
                found = min(_wrong(shared, calls) + _wrong(own, calls), 249)
            finally:
                os._exit(found)
        pids.append(pid)
    wrong += _wrong(shared, calls) + _wrong(own, calls)
    return wrong + sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids)


if __name__ == "__main__":
    print(_main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))  # noqa: T201 - its answer
