"""The Python client of the Anthyx API: `from anthyx import Anthyx`.

Names are loaded on first use, so that a program that needs a part doesn't import the rest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from ._clock import Clock
    from ._json import JSON
    from ._models import Actor, Model, Resource
    from ._options import Wait
    from ._pages import Page, Pages
    from ._post_models import (
        BulkOutcome,
        BulkResult,
        NewPost,
        Post,
        PostApproval,
        PostComment,
        PostError,
        PostHistoryEntry,
        PostProblem,
        PostTarget,
        PostTargetInput,
        PostValidation,
        Review,
        ThreadPart,
        ThreadPartInput,
        ValidatedTarget,
    )
    from ._rate_limit import RateLimit, RateLimitWindow
    from ._response import APIResponse, ResponseInfo
    from ._retry import Retry
    from ._unset import UNSET, Unset
    from .aio._clock import AsyncClock
    from .aio._pages import AsyncPages
    from .aio.client import AsyncAnthyx
    from .analytics import (
        AnalyticsSummary,
        AnalyticsTimeseries,
        BestTimes,
        BestTimeSlot,
        Coverage,
        DateRange,
        Days,
        MetricChange,
        MetricPoint,
        Metrics,
        MetricSeries,
        PostAnalytics,
        PublishedPost,
        SummaryMetrics,
        TargetMetrics,
    )
    from .audit_log import AuditEntry, AuditTarget
    from .brands import Brand, BrandColor, BrandColorInput, BrandVoice, BrandVoiceInput
    from .channels import Channel
    from .client import Anthyx
    from .errors import (
        AnthyxError,
        APIConnectionError,
        APIError,
        APIResponseError,
        APIStatusError,
        APITimeoutError,
        Attempt,
        AuthenticationError,
        BadRequestError,
        ConfigurationError,
        ConflictError,
        ErrorDetail,
        NotFoundError,
        PermissionDeniedError,
        PreconditionFailedError,
        RateLimitError,
        ServerError,
        ValidationError,
        WebhookVerificationError,
    )
    from .events import Event, EventData, EventRequest, EventSubject, EventType
    from .keys import ApiKey, IssuedApiKey
    from .leaked_keys import LeakedKeysReceipt
    from .platforms import Platform, PlatformFormat, PlatformList, PlatformMedia
    from .usage import ApiKeyUsage, Usage, UsageBucket, UsageHistory, UsageWindow
    from .workspace import Workspace, WorkspaceLimits

_HOMES = {
    "_clock": "Clock",
    "_json": "JSON",
    "_models": "Actor Model Resource",
    "_options": "Wait",
    "_pages": "Page Pages",
    "_post_models": (
        "BulkOutcome BulkResult NewPost Post PostApproval PostComment PostError PostHistoryEntry "
        "PostProblem PostTarget PostTargetInput PostValidation Review ThreadPart ThreadPartInput "
        "ValidatedTarget"
    ),
    "_rate_limit": "RateLimit RateLimitWindow",
    "_response": "APIResponse ResponseInfo",
    "_retry": "Retry",
    "_unset": "UNSET Unset",
    "aio._clock": "AsyncClock",
    "aio._pages": "AsyncPages",
    "aio.client": "AsyncAnthyx",
    "audit_log": "AuditEntry AuditTarget",
    "analytics": (
        "AnalyticsSummary AnalyticsTimeseries BestTimeSlot BestTimes Coverage DateRange Days "
        "MetricChange MetricPoint MetricSeries Metrics PostAnalytics PublishedPost "
        "SummaryMetrics TargetMetrics"
    ),
    "brands": "Brand BrandColor BrandColorInput BrandVoice BrandVoiceInput",
    "channels": "Channel",
    "client": "Anthyx",
    "errors": (
        "AnthyxError APIConnectionError APIError APIResponseError APIStatusError "
        "APITimeoutError Attempt AuthenticationError BadRequestError ConfigurationError "
        "ConflictError ErrorDetail NotFoundError PermissionDeniedError "
        "PreconditionFailedError RateLimitError ServerError ValidationError "
        "WebhookVerificationError"
    ),
    "events": "Event EventData EventRequest EventSubject EventType",
    "keys": "ApiKey IssuedApiKey",
    "leaked_keys": "LeakedKeysReceipt",
    "platforms": "Platform PlatformFormat PlatformList PlatformMedia",
    "usage": "ApiKeyUsage Usage UsageBucket UsageHistory UsageWindow",
    "workspace": "Workspace WorkspaceLimits",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = [
    "JSON",
    "UNSET",
    "APIConnectionError",
    "APIError",
    "APIResponse",
    "APIResponseError",
    "APIStatusError",
    "APITimeoutError",
    "Actor",
    "AnalyticsSummary",
    "AnalyticsTimeseries",
    "Anthyx",
    "AnthyxError",
    "ApiKey",
    "ApiKeyUsage",
    "AsyncAnthyx",
    "AsyncClock",
    "AsyncPages",
    "Attempt",
    "AuditEntry",
    "AuditTarget",
    "AuthenticationError",
    "BadRequestError",
    "BestTimeSlot",
    "BestTimes",
    "Brand",
    "BrandColor",
    "BrandColorInput",
    "BrandVoice",
    "BrandVoiceInput",
    "BulkOutcome",
    "BulkResult",
    "Channel",
    "Clock",
    "ConfigurationError",
    "ConflictError",
    "Coverage",
    "DateRange",
    "Days",
    "ErrorDetail",
    "Event",
    "EventData",
    "EventRequest",
    "EventSubject",
    "EventType",
    "IssuedApiKey",
    "LeakedKeysReceipt",
    "MetricChange",
    "MetricPoint",
    "MetricSeries",
    "Metrics",
    "Model",
    "NewPost",
    "NotFoundError",
    "Page",
    "Pages",
    "PermissionDeniedError",
    "Platform",
    "PlatformFormat",
    "PlatformList",
    "PlatformMedia",
    "Post",
    "PostAnalytics",
    "PostApproval",
    "PostComment",
    "PostError",
    "PostHistoryEntry",
    "PostProblem",
    "PostTarget",
    "PostTargetInput",
    "PostValidation",
    "PreconditionFailedError",
    "PublishedPost",
    "RateLimit",
    "RateLimitError",
    "RateLimitWindow",
    "Resource",
    "ResponseInfo",
    "Retry",
    "Review",
    "ServerError",
    "SummaryMetrics",
    "TargetMetrics",
    "ThreadPart",
    "ThreadPartInput",
    "Unset",
    "Usage",
    "UsageBucket",
    "UsageHistory",
    "UsageWindow",
    "ValidatedTarget",
    "ValidationError",
    "Wait",
    "WebhookVerificationError",
    "Workspace",
    "WorkspaceLimits",
    "__version__",
]


def __getattr__(name: str) -> object:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(f".{home}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
