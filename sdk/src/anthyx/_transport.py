"""Sends a request once over a `requests.Session`; never retries, never follows a redirect."""

from __future__ import annotations

import sys
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import Any, cast
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.structures import CaseInsensitiveDict

from . import _fork
from ._base_url import is_loopback
from ._failures import failure
from ._response import Headers
from ._version import __version__
from ._wire import Failure, Reply, Request, Timeouts

_POOL_SIZE = 64  # requests' own 10 would make more than 10 threads reconnect all the time
_PYTHON = f"{sys.implementation.name}/{'.'.join(map(str, sys.version_info[:3]))}"
_HEADERS = {
    "User-Agent": f"anthyx-python/{__version__} {_PYTHON} requests/{requests.__version__}",
    "Accept": "application/json",
}
# Pools that a forked child has left behind. Closing one could wait for a lock that was held
# by a thread of the parent, which the child doesn't have.
_abandoned: list[object] = []


class BearerAuth(AuthBase):
    """Sets the key; because there is an `auth`, requests doesn't look for one in ~/.netrc."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the key in the Authorization header."""
        r.headers["Authorization"] = f"Bearer {self._key}"
        return r


class Transport:
    """A session and where it sends to. The environment's proxies and CA bundle are read once, here.

    Args:
        base_url: checked, without a trailing slash.
        session: the caller's own, or None for one that `close` closes.
        now: gives Unix seconds.
    """

    def __init__(
        self, base_url: str, session: requests.Session | None, now: Callable[[], float]
    ) -> None:
        self.base_url = base_url
        self._now = now
        self._owned = session is None
        self._session = session or _new_session()
        self._headers = {**self._session.headers, **_HEADERS}
        self._host = urlsplit(base_url).hostname or ""
        self._settings = _environment(self._session, base_url)
        _fork.watch(self)

    def send(self, request: Request, key: str, timeouts: Timeouts) -> Reply | Failure:
        """Send once."""
        prepared = self._prepared(request, key)
        bounds = cast("tuple[float, float]", timeouts[:2])  # or None, which the types leave out
        try:
            if self._owned:
                # Past our session, which has no cookies, hooks or redirects to look after.
                adapter = self._session.get_adapter(self.base_url)
                response = adapter.send(prepared, timeout=bounds, **self._settings)
            else:
                response = self._session.send(
                    prepared, timeout=bounds, allow_redirects=False, **self._settings
                )
            body = response.content
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            OSError,
            ValueError,
        ) as error:
            return failure(error, self._host)
        headers = Headers(response.headers.items())
        return Reply(response.status_code, headers, body, self._now())

    def close(self) -> None:
        """Close the connections, unless the session is the caller's."""
        if self._owned:
            self._session.close()

    def after_fork(self) -> None:
        """Leave the parent's connections to the parent: on a shared one, answers get swapped."""
        for adapter in self._session.adapters.values():
            if isinstance(adapter, HTTPAdapter):
                _abandoned.append((adapter.poolmanager, adapter.proxy_manager))
                state = cast(Any, adapter)  # how an adapter is pickled: all but its connections
                state.__setstate__(state.__getstate__())

    def _prepared(self, request: Request, key: str) -> requests.PreparedRequest:
        # By hand: requests' own preparing costs more than the rest of a call on this side.
        prepared = requests.PreparedRequest()
        prepared.method = request.method
        prepared.url = self.base_url + request.target
        prepared.body = request.body
        if self._owned:
            # A plain dictionary will do: the names in it have one spelling.
            own: Any = {**self._headers, **request.headers, "Authorization": f"Bearer {key}"}
            prepared.headers = own
            return prepared
        of_session: dict[str, Any] = dict(self._session.headers)
        prepared.headers = CaseInsensitiveDict(
            {name: value for name, value in of_session.items() if value is not None}
        )
        prepared.headers.update(_HEADERS)
        prepared.headers.update(request.headers)
        own_hooks = self._session.hooks.get("response", [])
        prepared.hooks = {"response": [*own_hooks, _stay]}
        return BearerAuth(key)(prepared)


def _stay(response: requests.Response, **_: object) -> None:
    """Hide where a redirect leads: requests prepares to follow it even when it is told not to."""
    if response.is_redirect:
        del response.headers["Location"]


def _new_session() -> requests.Session:
    session = requests.Session()
    session.mount("https://", HTTPAdapter(pool_maxsize=_POOL_SIZE))
    session.mount("http://", HTTPAdapter(pool_maxsize=_POOL_SIZE))
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _environment(session: requests.Session, base_url: str) -> dict[str, Any]:
    parts = urlsplit(base_url)
    if parts.scheme == "http" and is_loopback(parts.hostname or ""):
        # Plain http stays on this machine: HTTP_PROXY would carry the key off it.
        own = {"proxies": session.proxies, "verify": session.verify, "cert": session.cert}
        return {**own, "stream": False}
    found = session.merge_environment_settings(
        base_url, {}, stream=False, verify=session.verify, cert=None
    )
    return {**found}
