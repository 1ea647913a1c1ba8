"""Calls a server again and again with a client; prints calls a second and CPU seconds per call.

Run by the Python that has the client; needs nothing else of this repository. Arguments: the client,
the base URL, seconds, the core to keep to.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

KEY = "anthyx_test_" + "0" * 38
_WARM_UP = 50
Call = Callable[[], object]


def _requests(url: str) -> Call:
    import requests

    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {KEY}"
    return lambda: session.get(f"{url}/brands/brand_1", timeout=30).json()


def _anthyx(url: str) -> Call:
    from anthyx import Anthyx

    client = Anthyx(KEY, base_url=url)
    return lambda: client.brands.get("brand_1")


def _stripe(url: str) -> Call:
    import stripe  # type: ignore[import-not-found]

    host = url.removesuffix("/v1")
    client: Any = stripe.StripeClient("sk_test_0", base_addresses={"api": host})
    return lambda: client.v1.customers.retrieve("cus_1")


def _openai(url: str) -> Call:
    import openai  # type: ignore[import-not-found]

    client: Any = openai.OpenAI(api_key="sk-0", base_url=url)
    return lambda: client.models.retrieve("gpt-1")


async def _httpx(url: str) -> Callable[[], Awaitable[object]]:
    import httpx

    client = httpx.AsyncClient(headers={"Authorization": f"Bearer {KEY}"}, timeout=30)

    async def call() -> object:
        return (await client.get(f"{url}/brands/brand_1")).json()

    return call


async def _anthyx_async(url: str) -> Callable[[], Awaitable[object]]:
    from anthyx import AsyncAnthyx

    client = AsyncAnthyx(KEY, base_url=url)
    return lambda: client.brands.get("brand_1")


BLOCKING = {"requests": _requests, "anthyx": _anthyx, "stripe": _stripe, "openai": _openai}
AWAITED = {"httpx": _httpx, "anthyx-async": _anthyx_async}


def _measure(call: Call, seconds: float) -> tuple[float, float]:
    for _ in range(_WARM_UP):
        call()
    count, used, began = 0, time.process_time(), time.perf_counter()
    while (now := time.perf_counter()) < began + seconds:
        call()
        count += 1
    return count / (now - began), (time.process_time() - used) / count


async def _measure_awaited(name: str, url: str, seconds: float) -> tuple[float, float]:
    call = await AWAITED[name](url)
    for _ in range(_WARM_UP):
        await call()
    count, used, began = 0, time.process_time(), time.perf_counter()
    while (now := time.perf_counter()) < began + seconds:
        await call()
        count += 1
    return count / (now - began), (time.process_time() - used) / count


def main(name: str, url: str, seconds: str, core: str) -> None:
    """Print the two numbers."""
    os.sched_setaffinity(0, {int(core)})
    if name in AWAITED:
        found = asyncio.run(_measure_awaited(name, url, float(seconds)))
    else:
        found = _measure(BLOCKING[name](url), float(seconds))
    print(*found)


if __name__ == "__main__":
    main(*sys.argv[1:])
