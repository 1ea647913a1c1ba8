"""Sends a request once over httpx, for each event loop over connections of its own."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from collections.abc import Callable
from concurrent.futures import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

from anthyx import _fork
from anthyx._response import Headers
from anthyx._version import __version__
from anthyx._wire import Failure, Reply, Request, Timeouts
from anthyx.errors import ConfigurationError

from ._connections import IDLE_SECONDS, Connections
from ._loops import PerLoop

if TYPE_CHECKING:
    import httpx

_CLOSE_SECONDS = 1.0
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_PYTHON = f"{sys.implementation.name}/{'.'.join(map(str, sys.version_info[:3]))}"


class AsyncTransport:
    """Connections and where they lead. The environment's proxy and CA bundle are read once, here.

    Without a session, httpx's own client is left out: it would follow what a redirect says, keep
    cookies, and take more time than the rest of a call.

    Args:
        base_url: checked, without a trailing slash.
        session: the caller's own, or None for connections that `close` closes.
        now: gives Unix seconds.

    Raises:
        ConfigurationError: httpx is not installed, or the proxy or CA bundle can't be used.
    """

    def __init__(
        self, base_url: str, session: httpx.AsyncClient | None, now: Callable[[], float]
    ) -> None:
        self._httpx = _httpx()
        self.base_url = base_url
        self._now = now
        self._session = session
        self._loop: asyncio.AbstractEventLoop | None = None  # the only one that may use `session`
        self._is_inherited = False
        self._host = urlsplit(base_url).hostname or ""
        self._headers = {
            "User-Agent": f"anthyx-python/{__version__} {_PYTHON} httpx/{self._httpx.__version__}",
            "Accept": "application/json",
            **({"Accept-Encoding": "gzip, deflate"} if session is None else {}),
        }
        self._settings = {} if session is not None else _environment(base_url)
        self._connections = PerLoop(lambda: Connections(self._connect))
        if session is None:
            _ = self._connect()  # so that a wrong proxy is told here
        _fork.watch(self)

    async def send(self, request: Request, key: str, timeouts: Timeouts) -> Reply | Failure:
        """Send once.

        Raises:
            ConfigurationError: the session belongs to another loop or process.
        """
        httpx = self._httpx
        if self._session is not None:
            self._check_session()
        try:
            response = await self._pass_on(self._prepared(request, key, timeouts), timeouts.total)
        except (
            httpx.HTTPError,
            httpx.InvalidURL,
            httpx.StreamError,
            OSError,
            ValueError,
            RuntimeError,
        ) as error:
            from ._failures import failure  # noqa: PLC0415 - it needs httpx

            return failure(error, self._host)
        headers = Headers(response.headers.items())
        return Reply(response.status_code, headers, response.content, self._now())

    async def close(self) -> None:
        """Close the connections of every loop, unless the session is the caller's.

        Waits for other loops, a second at most: one of them may be waiting for this one.
        """
        here, elsewhere = asyncio.get_running_loop(), []
        for loop, connections in self._connections.take_all().items():
            if loop is here:
                await connections.aclose()
            elif loop.is_running():
                closing = connections.aclose()
                try:
                    elsewhere.append(asyncio.run_coroutine_threadsafe(closing, loop))
                except RuntimeError:  # it was closed just now
                    closing.close()
        if elsewhere:
            # In a thread: an asyncio future would tell this loop of it when it may have ended.
            await asyncio.to_thread(wait, elsewhere, _CLOSE_SECONDS)

    def after_fork(self) -> None:
        """A session's connections are the parent's: on a shared one, answers get swapped."""
        self._is_inherited = True

    async def _pass_on(self, prepared: httpx.Request, seconds: float | None) -> httpx.Response:
        if self._session is None:
            return await self._connections.current().send(prepared, seconds)
        return await self._session.send(prepared, auth=None, follow_redirects=False)

    def _check_session(self) -> None:
        if self._is_inherited:
            raise ConfigurationError(
                "session= was made before a fork, and its connections are the parent's. Make a "
                "client in the child, or leave session= out."
            )
        running = asyncio.get_running_loop()
        self._loop = self._loop or running
        if self._loop is not running:
            raise ConfigurationError(
                "session= belongs to the event loop that used it first. Make a client in each "
                "loop, or leave session= out."
            )

    def _prepared(self, request: Request, key: str, timeouts: Timeouts) -> httpx.Request:
        own = {**self._headers, **request.headers, "Authorization": f"Bearer {key}"}
        fields: Any = own
        if self._session is not None:
            fields = self._session.headers.copy()
            fields.update(own)
        connect, read, total = timeouts
        bounds = {"connect": connect, "read": read, "write": read, "pool": total}
        made: httpx.Request = self._httpx.Request(
            request.method,
            self.base_url + request.target,
            headers=fields,
            content=request.body,
            extensions={"timeout": bounds},
        )
        return made

    def _connect(self) -> httpx.AsyncHTTPTransport:
        limits = self._httpx.Limits(
            max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE_SECONDS
        )
        settings = {"limits": limits, "trust_env": False, **self._settings}
        try:
            made: httpx.AsyncHTTPTransport = self._httpx.AsyncHTTPTransport(**settings)
        except (ImportError, ValueError, self._httpx.InvalidURL) as error:
            raise ConfigurationError(f"The environment's proxy can't be used: {error}") from error
        return made


def _httpx() -> Any:
    try:
        import httpx  # noqa: PLC0415 - an extra: whoever doesn't need it doesn't install it
    except ImportError as error:
        raise ConfigurationError(
            "AsyncAnthyx needs httpx, which is not installed: pip install 'anthyx[async]'"
        ) from error
    return httpx


def _environment(base_url: str) -> dict[str, Any]:
    if base_url.startswith("http:"):
        # Plain http stays on this machine: HTTP_PROXY would carry the key off it.
        return {"verify": False}
    # As `requests` reads it, so that both clients go the same way.
    proxy = select_proxy(base_url, get_environ_proxies(base_url))
    if proxy and "://" not in proxy:
        proxy = f"http://{proxy}"
    return {"verify": _tls(), "proxy": proxy or None}


def _tls() -> ssl.SSLContext:
    bundle = next(filter(None, map(os.environ.get, _BUNDLES)), None)
    if bundle is None:
        context: ssl.SSLContext = _httpx().create_ssl_context(trust_env=False)
        return context
    try:
        if Path(bundle).is_dir():
            return ssl.create_default_context(capath=bundle)
        return ssl.create_default_context(cafile=bundle)
    except OSError as error:
        raise ConfigurationError(f"The CA bundle {bundle} can't be read: {error}") from error
