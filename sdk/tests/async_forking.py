"""A program that forks with warm async connections; prints how many answers were swapped.

Run as a process of its own, because a test runner has threads. Arguments: base URL, children,
calls per process.
"""

from __future__ import annotations

import asyncio
import os
import sys

import httpx

from anthyx import AsyncAnthyx, ConfigurationError
from sdk.tests.loopback import KEY


async def _wrong(client: AsyncAnthyx, calls: int) -> int:
    """Calls that were answered with another call's echo."""
    wrong = 0
    for number in range(calls):
        mark = f"{os.getpid()}-{number}"
        wrong += (await client.request("GET", "/echo", query={"mark": mark})).data != {"mark": mark}
    return wrong


async def _refused(client: AsyncAnthyx) -> bool:
    """Whether the client says that its session belongs to another process."""
    try:
        await client.request("GET", "/echo", query={"mark": "never sent"})
    except ConfigurationError as error:
        return "fork" in str(error)
    return False


async def _child(own: AsyncAnthyx, shared: AsyncAnthyx, calls: int) -> int:
    wrong = await _wrong(own, calls) + (not await _refused(shared))
    await own.close()
    return wrong


def _main(url: str, children: int, calls: int) -> int:
    loop = asyncio.new_event_loop()
    session = httpx.AsyncClient()
    own, shared = AsyncAnthyx(KEY, base_url=url), AsyncAnthyx(KEY, base_url=url, session=session)
    wrong = loop.run_until_complete(_wrong(own, 1)) + loop.run_until_complete(_wrong(shared, 1))
    pids = []
    for _ in range(children):
        pid = os.fork()
        if pid == 0:
            found = 250  # if the child fails
            try:
                found = min(asyncio.run(_child(own, shared, calls)), 249)
            finally:
                os._exit(found)
        pids.append(pid)
    wrong += loop.run_until_complete(_wrong(own, calls))
    wrong += loop.run_until_complete(_wrong(shared, calls))
    wrong += sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids)
    loop.run_until_complete(own.close())
    loop.run_until_complete(session.aclose())
    loop.close()
    return wrong


if __name__ == "__main__":
    print(_main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))  # noqa: T201 - its answer
