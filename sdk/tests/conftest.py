"""Fixtures of the client's tests: a server on this machine, a virtual clock, a client of both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from anthyx import Anthyx
from sdk.tests.blocking import Connect, Loop
from sdk.tests.loopback import KEY, Loopback, VirtualTime, running


@pytest.fixture
def server() -> Iterator[Loopback]:
    """A server that answers as it is told; needs `pytest.mark.enable_socket`."""
    with running() as loopback:
        yield loopback


@pytest.fixture
def virtual() -> VirtualTime:
    """Time that only moves when the client sleeps."""
    return VirtualTime()


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Connect]:
    """Makes clients of one kind or the other, which are called alike."""
    if request.param == "sync":
        yield Anthyx
        return
    loop = Loop()
    yield loop.connect
    loop.close()


@pytest.fixture
def client(connect: Connect, server: Loopback, virtual: VirtualTime) -> Iterator[Anthyx]:
    """A client of the server in virtual time."""
    with connect(KEY, base_url=server.url, clock=virtual.clock) as anthyx:
        yield anthyx


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's own settings out."""
    for name in ("ANTHYX_API_KEY", "ANTHYX_BASE_URL", "HTTP_PROXY", "http_proxy", "NETRC"):
        monkeypatch.delenv(name, raising=False)
