"""The SDK's async modules are what the program that writes them makes of the others today."""

from __future__ import annotations

from sdk import make_aio


def test_the_async_modules_are_up_to_date() -> None:
    twins = make_aio.Writer().twins()
    assert {"client.py", "posts.py", "_engine.py", "_pages.py"} <= twins.keys()
    by_hand = {"__init__.py", "_clock.py", "_connections.py", "_credentials.py", "_failures.py"}
    by_hand |= {"_loops.py", "_transport.py"}
    files = {path.name for path in make_aio.TARGET.glob("*.py")}
    assert files - by_hand == twins.keys()
    stale = [
        name for name, text in twins.items() if (make_aio.TARGET / name).read_text("utf-8") != text
    ]
    assert stale == [], "run nox -s aio"
