"""The Python client of the Anthyx API: `from anthyx import Anthyx`.

Names are loaded on first use, so that a program that needs a part doesn't import the rest.
"""

from __future__ import annotations

import importlib

from ._homes import HOME_OF as _HOME_OF
from ._version import __version__

# As type checkers know it; importing `typing` costs more than all the rest of this.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from ._analytics_models import (
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
    from ._brand_models import Brand, BrandColor, BrandColorInput, BrandVoice, BrandVoiceInput
    from ._channel_models import Channel
    from ._clock import Clock
    from ._event_data import (
        AnalyticsEventData,
        ApiKeyEventData,
        BrandEventData,
        ChannelEventData,
        EventData,
        EventRequest,
        EventSubject,
        KeyFinding,
        LeakedApiKey,
        LeakedApiKeyEventData,
        PartialRecord,
        PostCommentEventData,
        PostEventData,
        UsageEventData,
        UsageThreshold,
        WebhookEndpointEventData,
    )
    from ._event_types import (
        AnalyticsUpdated,
        AnyEvent,
        ApiKeyCreated,
        ApiKeyExpiring,
        ApiKeyLeaked,
        ApiKeyRevoked,
        ApiKeyRotated,
        BaseEvent,
        BrandArchived,
        BrandCreated,
        BrandDeleted,
        BrandUnarchived,
        BrandUpdated,
        ChannelConnected,
        ChannelDisconnected,
        Event,
        PostApproved,
        PostChangesRequested,
        PostCommentCreated,
        PostCreated,
        PostDeleted,
        PostFailed,
        PostPartiallyPublished,
        PostPublished,
        PostScheduled,
        PostUnapproved,
        PostUpdated,
        UsageThresholdReached,
        WebhookEndpointDisabled,
        WebhookEndpointTest,
    )
    from ._json import JSON
    from ._key_models import ApiKey, IssuedApiKey
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
    from ._webhook_delivery_models import (
        WebhookAttempt,
        WebhookAttemptError,
        WebhookAttemptPhases,
        WebhookDelivery,
        WebhookDeliveryDetail,
        WebhookRecovery,
        WebhookStats,
        WebhookStatsBucket,
    )
    from ._webhook_endpoint_models import (
        IssuedWebhookEndpoint,
        WebhookEndpoint,
        WebhookFailure,
        WebhookHealth,
        WebhookSecret,
    )
    from .aio._clock import AsyncClock
    from .aio._pages import AsyncPages
    from .aio.client import AsyncAnthyx
    from .audit_log import AuditEntry, AuditTarget
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
        WebhookHeaderError,
        WebhookPayloadError,
        WebhookSignatureError,
        WebhookTimestampError,
        WebhookVerificationError,
    )
    from .event_types import EventTypeInfo, EventTypeList
    from .events import EventType
    from .leaked_keys import LeakedKeysReceipt
    from .platforms import Platform, PlatformFormat, PlatformList, PlatformMedia
    from .usage import ApiKeyUsage, Usage, UsageBucket, UsageHistory, UsageWindow
    from .workspace import Workspace, WorkspaceLimits

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
    "AnalyticsEventData",
    "AnalyticsSummary",
    "AnalyticsTimeseries",
    "AnalyticsUpdated",
    "Anthyx",
    "AnthyxError",
    "AnyEvent",
    "ApiKey",
    "ApiKeyCreated",
    "ApiKeyEventData",
    "ApiKeyExpiring",
    "ApiKeyLeaked",
    "ApiKeyRevoked",
    "ApiKeyRotated",
    "ApiKeyUsage",
    "AsyncAnthyx",
    "AsyncClock",
    "AsyncPages",
    "Attempt",
    "AuditEntry",
    "AuditTarget",
    "AuthenticationError",
    "BadRequestError",
    "BaseEvent",
    "BestTimeSlot",
    "BestTimes",
    "Brand",
    "BrandArchived",
    "BrandColor",
    "BrandColorInput",
    "BrandCreated",
    "BrandDeleted",
    "BrandEventData",
    "BrandUnarchived",
    "BrandUpdated",
    "BrandVoice",
    "BrandVoiceInput",
    "BulkOutcome",
    "BulkResult",
    "Channel",
    "ChannelConnected",
    "ChannelDisconnected",
    "ChannelEventData",
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
    "EventTypeInfo",
    "EventTypeList",
    "IssuedApiKey",
    "IssuedWebhookEndpoint",
    "KeyFinding",
    "LeakedApiKey",
    "LeakedApiKeyEventData",
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
    "PartialRecord",
    "PermissionDeniedError",
    "Platform",
    "PlatformFormat",
    "PlatformList",
    "PlatformMedia",
    "Post",
    "PostAnalytics",
    "PostApproval",
    "PostApproved",
    "PostChangesRequested",
    "PostComment",
    "PostCommentCreated",
    "PostCommentEventData",
    "PostCreated",
    "PostDeleted",
    "PostError",
    "PostEventData",
    "PostFailed",
    "PostHistoryEntry",
    "PostPartiallyPublished",
    "PostProblem",
    "PostPublished",
    "PostScheduled",
    "PostTarget",
    "PostTargetInput",
    "PostUnapproved",
    "PostUpdated",
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
    "UsageEventData",
    "UsageHistory",
    "UsageThreshold",
    "UsageThresholdReached",
    "UsageWindow",
    "ValidatedTarget",
    "ValidationError",
    "Wait",
    "WebhookAttempt",
    "WebhookAttemptError",
    "WebhookAttemptPhases",
    "WebhookDelivery",
    "WebhookDeliveryDetail",
    "WebhookEndpoint",
    "WebhookEndpointDisabled",
    "WebhookEndpointEventData",
    "WebhookEndpointTest",
    "WebhookFailure",
    "WebhookHeaderError",
    "WebhookHealth",
    "WebhookPayloadError",
    "WebhookRecovery",
    "WebhookSecret",
    "WebhookSignatureError",
    "WebhookStats",
    "WebhookStatsBucket",
    "WebhookTimestampError",
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
