"""Which module each name of the package is in: it is imported when the name is first used."""

from __future__ import annotations

HOMES = {
    "_brand_models": "Brand BrandColor BrandColorInput BrandVoice BrandVoiceInput",
    "_channel_models": "Channel",
    "_clock": "Clock",
    "_event_data": (
        "AnalyticsEventData ApiKeyEventData BrandEventData ChannelEventData EventData "
        "EventRequest EventSubject KeyFinding LeakedApiKey LeakedApiKeyEventData PartialRecord "
        "PostCommentEventData PostEventData UsageEventData UsageThreshold WebhookEndpointEventData"
    ),
    "_event_types": (
        "AnalyticsUpdated AnyEvent ApiKeyCreated ApiKeyExpiring ApiKeyLeaked ApiKeyRevoked "
        "ApiKeyRotated BaseEvent BrandArchived BrandCreated BrandDeleted BrandUnarchived "
        "BrandUpdated ChannelConnected ChannelDisconnected Event PostApproved "
        "PostChangesRequested PostCommentCreated PostCreated PostDeleted PostFailed "
        "PostPartiallyPublished PostPublished PostScheduled PostUnapproved PostUpdated "
        "UsageThresholdReached WebhookEndpointDisabled WebhookEndpointTest"
    ),
    "_json": "JSON",
    "_key_models": "ApiKey IssuedApiKey",
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
    "_webhook_delivery_models": (
        "WebhookAttempt WebhookAttemptError WebhookAttemptPhases WebhookDelivery "
        "WebhookDeliveryDetail WebhookRecovery WebhookStats WebhookStatsBucket"
    ),
    "_webhook_endpoint_models": (
        "IssuedWebhookEndpoint WebhookEndpoint WebhookFailure WebhookHealth WebhookSecret"
    ),
    "aio._clock": "AsyncClock",
    "aio._pages": "AsyncPages",
    "aio.client": "AsyncAnthyx",
    "audit_log": "AuditEntry AuditTarget",
    "_analytics_models": (
        "AnalyticsSummary AnalyticsTimeseries BestTimeSlot BestTimes Coverage DateRange Days "
        "MetricChange MetricPoint MetricSeries Metrics PostAnalytics PublishedPost "
        "SummaryMetrics TargetMetrics"
    ),
    "client": "Anthyx",
    "errors": (
        "AnthyxError APIConnectionError APIError APIResponseError APIStatusError "
        "APITimeoutError Attempt AuthenticationError BadRequestError ConfigurationError "
        "ConflictError ErrorDetail NotFoundError PermissionDeniedError "
        "PreconditionFailedError RateLimitError ServerError ValidationError "
        "WebhookHeaderError WebhookPayloadError WebhookSignatureError WebhookTimestampError "
        "WebhookVerificationError"
    ),
    "event_types": "EventTypeInfo EventTypeList",
    "events": "EventType",
    "leaked_keys": "LeakedKeysReceipt",
    "platforms": "Platform PlatformFormat PlatformList PlatformMedia",
    "usage": "ApiKeyUsage Usage UsageBucket UsageHistory UsageWindow",
    "workspace": "Workspace WorkspaceLimits",
}
HOME_OF = {name: module for module, names in HOMES.items() for name in names.split()}
