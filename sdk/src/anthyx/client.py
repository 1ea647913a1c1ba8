"""The client: options, resources, and the way out for what has no method yet."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

import requests

from ._answers import decode_document
from ._base_url import DEFAULT_BASE_URL, checked_base_url
from ._clock import Clock
from ._credentials import Credentials, KeySource
from ._engine import Engine
from ._json import JSON
from ._options import DEFAULT_TIMEOUT, Options, RateLimitMode, Timeout, Wait
from ._pacing import Pacer
from ._rate_limit import RateLimit
from ._response import APIResponse
from ._retry import Retry
from ._transport import Transport
from ._unset import UNSET, Unset
from ._wire import QueryValue, new_request, raw_path

if TYPE_CHECKING:
    from ._key_models import ApiKey
    from .analytics import Analytics
    from .audit_log import AuditLog
    from .brands import Brands
    from .channels import Channels
    from .event_types import EventTypes
    from .events import Events
    from .keys import ApiKeys
    from .leaked_keys import LeakedKeys
    from .platforms import Platforms
    from .posts import Posts
    from .usage import UsageReports
    from .webhook_deliveries import WebhookDeliveries, WebhookRecoveries
    from .webhook_endpoints import WebhookEndpoints
    from .workspace import WorkspaceDetails


class Anthyx:
    """A client of the Anthyx API, safe to share among threads and to carry over a fork.

    Args:
        api_key: the key, or a function that returns it: asked once, and again after a 401.
            ANTHYX_API_KEY if left out.
        base_url: with its version, as https://api.useanthyx.com/v1; ANTHYX_BASE_URL if left out.
            Plain http is refused for any host but this machine.
        timeout: seconds, (connect, read) seconds, or None for no bound.
        retry: the retry policy; `Retry.NONE` to send once.
        rate_limit: "wait" paces the threads of this client so that they meet no limit; "raise"
            raises RateLimitError at once where "wait" would wait; "ignore" sends regardless and
            leaves a 429 to the retry policy.
        on_wait: called with a `Wait` before each wait.
        session: your own `requests.Session`, for its adapters, headers, proxies and CA bundle
            (the last two are read once, here). It stays yours to close.
        clock: replaced in tests.

    Raises:
        ConfigurationError: there is no key, or an option can't work.
    """

    def __init__(
        self,
        api_key: KeySource | None = None,
        *,
        base_url: str | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        retry: Retry = Retry(),  # noqa: B008 - frozen, so that sharing it is safe
        rate_limit: RateLimitMode = "wait",
        on_wait: Callable[[Wait], object] | None = None,
        session: requests.Session | None = None,
        clock: Clock = Clock(),  # noqa: B008 - frozen, so that sharing it is safe
    ) -> None:
        key = api_key if api_key is not None else os.environ.get("ANTHYX_API_KEY", "")
        url = base_url or os.environ.get("ANTHYX_BASE_URL") or DEFAULT_BASE_URL
        options = Options(timeout, retry, rate_limit, on_wait)
        credentials = Credentials(key)
        transport = Transport(checked_base_url(url), session, clock.time)
        self._engine = Engine(transport, credentials, Pacer(), options, clock)

    # The resources are imported on first use: building their models takes time, and few programs
    # need all of them.

    @cached_property
    def analytics(self) -> Analytics:
        """What was published, and what the networks report of it."""
        from .analytics import Analytics  # noqa: PLC0415

        return Analytics(self._engine)

    @cached_property
    def api_keys(self) -> ApiKeys:
        """What programs sign in with."""
        from .keys import ApiKeys  # noqa: PLC0415

        return ApiKeys(self._engine)

    @cached_property
    def audit_log(self) -> AuditLog:
        """Who did what in the workspace."""
        from .audit_log import AuditLog  # noqa: PLC0415

        return AuditLog(self._engine)

    @cached_property
    def brands(self) -> Brands:
        """What posts are made for."""
        from .brands import Brands  # noqa: PLC0415

        return Brands(self._engine)

    @cached_property
    def channels(self) -> Channels:
        """The accounts that posts are published to."""
        from .channels import Channels  # noqa: PLC0415

        return Channels(self._engine)

    @cached_property
    def leaked_keys(self) -> LeakedKeys:
        """A way to report keys that were found in public."""
        from .leaked_keys import LeakedKeys  # noqa: PLC0415

        return LeakedKeys(self._engine)

    @cached_property
    def platforms(self) -> Platforms:
        """What each platform takes."""
        from .platforms import Platforms  # noqa: PLC0415

        return Platforms(self._engine)

    @cached_property
    def events(self) -> Events:
        """What happened, to look through or to follow."""
        from .events import Events  # noqa: PLC0415

        return Events(self._engine)

    @cached_property
    def event_types(self) -> EventTypes:
        """What each type of events means and looks like."""
        from .event_types import EventTypes  # noqa: PLC0415

        return EventTypes(self._engine)

    @cached_property
    def posts(self) -> Posts:
        """What is written, reviewed and published."""
        from .posts import Posts  # noqa: PLC0415

        return Posts(self._engine)

    @cached_property
    def usage(self) -> UsageReports:
        """What is left of the rate limits, and what was used before."""
        from .usage import UsageReports  # noqa: PLC0415

        return UsageReports(self._engine)

    @cached_property
    def webhook_deliveries(self) -> WebhookDeliveries:
        """What was sent to webhook endpoints, and what became of it."""
        from .webhook_deliveries import WebhookDeliveries  # noqa: PLC0415

        return WebhookDeliveries(self._engine)

    @cached_property
    def webhook_recoveries(self) -> WebhookRecoveries:
        """How far it has come that is sent again."""
        from .webhook_deliveries import WebhookRecoveries  # noqa: PLC0415

        return WebhookRecoveries(self._engine)

    @cached_property
    def webhook_endpoints(self) -> WebhookEndpoints:
        """Where events are sent to."""
        from .webhook_endpoints import WebhookEndpoints  # noqa: PLC0415

        return WebhookEndpoints(self._engine)

    @cached_property
    def workspace(self) -> WorkspaceDetails:
        """The workspace that the key belongs to."""
        from .workspace import WorkspaceDetails  # noqa: PLC0415

        return WorkspaceDetails(self._engine)

    @property
    def base_url(self) -> str:
        """Where requests go, without a trailing slash."""
        return self._engine.transport.base_url

    @property
    def rate_limit(self) -> RateLimit:
        """The limits as the newest answer reported them; its fields are None before the first."""
        return self._engine.pacer.latest

    def whoami(self) -> ApiKey:
        """The key that this client uses: a first call that shows that all is well.

        Raises:
            APIError: it isn't.
        """
        return self.api_keys.current()

    def openapi(self) -> dict[str, JSON]:
        """The API's own description, an OpenAPI 3.1 document. Doesn't count against the limits."""
        return decode_document(self._engine.run(new_request("GET", "/openapi.json", counted=False)))

    def request(
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
        return self._engine.run(
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
    ) -> Anthyx:
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

    def close(self) -> None:
        """Close the connections, also those of clients made by `with_options`."""
        self._engine.transport.close()

    def __enter__(self) -> Anthyx:  # noqa: PYI034 - Self came with Python 3.11
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Anthyx {self.base_url}>"
