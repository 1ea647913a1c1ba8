"""The client: options, resources, and the way out for what has no method yet.

Written by `nox -s aio` from client.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

from anthyx._answers import decode_document
from anthyx._base_url import DEFAULT_BASE_URL, checked_base_url
from anthyx._json import JSON
from anthyx._options import DEFAULT_TIMEOUT, Options, RateLimitMode, Timeout, Wait
from anthyx._pacing import Pacer
from anthyx._rate_limit import RateLimit
from anthyx._response import APIResponse
from anthyx._retry import Retry
from anthyx._unset import UNSET, Unset
from anthyx._wire import QueryValue, new_request, raw_path

from ._clock import AsyncClock
from ._credentials import AsyncCredentials, AsyncKeySource
from ._engine import AsyncEngine
from ._transport import AsyncTransport

if TYPE_CHECKING:
    import httpx

    from anthyx._key_models import ApiKey

    from .analytics import AsyncAnalytics
    from .audit_log import AsyncAuditLog
    from .brands import AsyncBrands
    from .channels import AsyncChannels
    from .event_types import AsyncEventTypes
    from .events import AsyncEvents
    from .keys import AsyncApiKeys
    from .leaked_keys import AsyncLeakedKeys
    from .platforms import AsyncPlatforms
    from .posts import AsyncPosts
    from .usage import AsyncUsageReports
    from .webhook_deliveries import AsyncWebhookDeliveries, AsyncWebhookRecoveries
    from .webhook_endpoints import AsyncWebhookEndpoints
    from .workspace import AsyncWorkspaceDetails


class AsyncAnthyx:
    """The client for asyncio, safe to share among tasks and event loops, and over a fork.

    Args:
        api_key: the key, or a function, which may be async, that returns it: asked once, and
            again after a 401.
            ANTHYX_API_KEY if left out.
        base_url: with its version, as https://api.useanthyx.com/v1; ANTHYX_BASE_URL if left out.
            Plain http is refused for any host but this machine.
        timeout: seconds, (connect, read) seconds, or None for no bound.
        retry: the retry policy; `Retry.NONE` to send once.
        rate_limit: "wait" paces the tasks of this client so that they meet no limit; "raise"
            raises RateLimitError at once where "wait" would wait; "ignore" sends regardless and
            leaves a 429 to the retry policy.
        on_wait: called with a `Wait` before each wait.
        session: your own `httpx.AsyncClient`, for its transports, headers, proxies and CA
            bundle; of one event loop and one process. It stays yours to close.
        clock: replaced in tests.

    Raises:
        ConfigurationError: there is no key, an option can't work, or httpx is not
            installed (`pip install anthyx[async]`).
    """

    def __init__(
        self,
        api_key: AsyncKeySource | None = None,
        *,
        base_url: str | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        retry: Retry = Retry(),  # noqa: B008 - frozen, so that sharing it is safe
        rate_limit: RateLimitMode = "wait",
        on_wait: Callable[[Wait], object] | None = None,
        session: httpx.AsyncClient | None = None,
        clock: AsyncClock = AsyncClock(),  # noqa: B008 - frozen, so that sharing it is safe
    ) -> None:
        key = api_key if api_key is not None else os.environ.get("ANTHYX_API_KEY", "")
        url = base_url or os.environ.get("ANTHYX_BASE_URL") or DEFAULT_BASE_URL
        options = Options(timeout, retry, rate_limit, on_wait)
        credentials = AsyncCredentials(key)
        transport = AsyncTransport(checked_base_url(url), session, clock.time)
        self._engine = AsyncEngine(transport, credentials, Pacer(), options, clock)

    # The resources are imported on first use: building their models takes time, and few programs
    # need all of them.

    @cached_property
    def analytics(self) -> AsyncAnalytics:
        """What was published, and what the networks report of it."""
        from .analytics import AsyncAnalytics  # noqa: PLC0415

        return AsyncAnalytics(self._engine)

    @cached_property
    def api_keys(self) -> AsyncApiKeys:
        """What programs sign in with."""
        from .keys import AsyncApiKeys  # noqa: PLC0415

        return AsyncApiKeys(self._engine)

    @cached_property
    def audit_log(self) -> AsyncAuditLog:
        """Who did what in the workspace."""
        from .audit_log import AsyncAuditLog  # noqa: PLC0415

        return AsyncAuditLog(self._engine)

    @cached_property
    def brands(self) -> AsyncBrands:
        """What posts are made for."""
        from .brands import AsyncBrands  # noqa: PLC0415

        return AsyncBrands(self._engine)

    @cached_property
    def channels(self) -> AsyncChannels:
        """The accounts that posts are published to."""
        from .channels import AsyncChannels  # noqa: PLC0415

        return AsyncChannels(self._engine)

    @cached_property
    def leaked_keys(self) -> AsyncLeakedKeys:
        """A way to report keys that were found in public."""
        from .leaked_keys import AsyncLeakedKeys  # noqa: PLC0415

        return AsyncLeakedKeys(self._engine)

    @cached_property
    def platforms(self) -> AsyncPlatforms:
        """What each platform takes."""
        from .platforms import AsyncPlatforms  # noqa: PLC0415

        return AsyncPlatforms(self._engine)

    @cached_property
    def events(self) -> AsyncEvents:
        """What happened, to look through or to follow."""
        from .events import AsyncEvents  # noqa: PLC0415

        return AsyncEvents(self._engine)

    @cached_property
    def event_types(self) -> AsyncEventTypes:
        """What each type of events means and looks like."""
        from .event_types import AsyncEventTypes  # noqa: PLC0415

        return AsyncEventTypes(self._engine)

    @cached_property
    def posts(self) -> AsyncPosts:
        """What is written, reviewed and published."""
        from .posts import AsyncPosts  # noqa: PLC0415

        return AsyncPosts(self._engine)

    @cached_property
    def usage(self) -> AsyncUsageReports:
        """What is left of the rate limits, and what was used before."""
        from .usage import AsyncUsageReports  # noqa: PLC0415

        return AsyncUsageReports(self._engine)

    @cached_property
    def webhook_deliveries(self) -> AsyncWebhookDeliveries:
        """What was sent to webhook endpoints, and what became of it."""
        from .webhook_deliveries import AsyncWebhookDeliveries  # noqa: PLC0415

        return AsyncWebhookDeliveries(self._engine)

    @cached_property
    def webhook_recoveries(self) -> AsyncWebhookRecoveries:
        """How far it has come that is sent again."""
        from .webhook_deliveries import AsyncWebhookRecoveries  # noqa: PLC0415

        return AsyncWebhookRecoveries(self._engine)

    @cached_property
    def webhook_endpoints(self) -> AsyncWebhookEndpoints:
        """Where events are sent to."""
        from .webhook_endpoints import AsyncWebhookEndpoints  # noqa: PLC0415

        return AsyncWebhookEndpoints(self._engine)

    @cached_property
    def workspace(self) -> AsyncWorkspaceDetails:
        """The workspace that the key belongs to."""
        from .workspace import AsyncWorkspaceDetails  # noqa: PLC0415

        return AsyncWorkspaceDetails(self._engine)

    @property
    def base_url(self) -> str:
        """Where requests go, without a trailing slash."""
        return self._engine.transport.base_url

    @property
    def rate_limit(self) -> RateLimit:
        """The limits as the newest answer reported them; its fields are None before the first."""
        return self._engine.pacer.latest

    async def whoami(self) -> ApiKey:
        """The key that this client uses: a first call that shows that all is well.

        Raises:
            APIError: it isn't.
        """
        return await self.api_keys.current()

    async def openapi(self) -> dict[str, JSON]:
        """The API's own description, an OpenAPI 3.1 document. Doesn't count against the limits."""
        return decode_document(
            await self._engine.run(new_request("GET", "/openapi.json", counted=False))
        )

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, QueryValue] | None = None,
        json: object = UNSET,
        headers: Mapping[str, str] | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> APIResponse:
        """Call an operation that this version has no method for, with all that the others do.

        Args:
            method: in capitals.
            path: below the base URL, as "/new-thing"; percent-encode what needs it in an id.
            query: parameters; None is left out.
            json: the body; UNSET for none.
            headers: more headers.
            if_match: act only if the record still has this ETag.
            idempotency_key: 1 to 255 visible characters; made for you on POST, PATCH and DELETE.

        Raises:
            APIError: the call failed.
            ValueError: the method, the path or a value can't be sent.
        """
        return await self._engine.run(
            new_request(
                method,
                raw_path(path),
                query=query,
                body=json,
                headers=headers,
                if_match=if_match,
                idempotency_key=idempotency_key,
            )
        )

    def with_options(
        self,
        *,
        timeout: Timeout | Unset = UNSET,
        retry: Retry | Unset = UNSET,
        rate_limit: RateLimitMode | Unset = UNSET,
        on_wait: Callable[[Wait], object] | Unset | None = UNSET,
    ) -> AsyncAnthyx:
        """The same client with other options: key, connections and pacing are shared.

        Raises:
            ConfigurationError: an option can't work.
        """
        now = self._engine.options
        options = Options(
            now.timeout if isinstance(timeout, Unset) else timeout,
            now.retry if isinstance(retry, Unset) else retry,
            now.rate_limit if isinstance(rate_limit, Unset) else rate_limit,
            now.on_wait if isinstance(on_wait, Unset) else on_wait,
        )
        other = object.__new__(type(self))
        other._engine = replace(self._engine, options=options)
        return other

    async def close(self) -> None:
        """Close the connections, also those of clients made by `with_options`."""
        await self._engine.transport.close()

    async def __aenter__(self) -> AsyncAnthyx:  # noqa: PYI034 - Self came with Python 3.11
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<AsyncAnthyx {self.base_url}>"
