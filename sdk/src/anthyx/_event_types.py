"""Events, a class for each type; one that this version doesn't know is a plain `Event`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from ._event_data import (
    AnalyticsEventData,
    ApiKeyEventData,
    BrandEventData,
    ChannelEventData,
    EventData,
    EventRequest,
    EventSubject,
    LeakedApiKeyEventData,
    PostCommentEventData,
    PostEventData,
    UsageEventData,
    WebhookEndpointEventData,
)
from ._models import Actor, LazyResource

if TYPE_CHECKING:
    # To a type checker each type is a frozen dataclass of its own. In fact they differ in their
    # annotations only: making them one by one would cost every program 20 ms.
    from dataclasses import dataclass as _event_type

    _Newer: TypeAlias = Literal["a type that this version doesn't know"]
    """In fact any text. Only a literal lets `event.type == "post.published"` tell a class."""
else:
    _Class = TypeVar("_Class")

    def _event_type(**_options: bool) -> Callable[[_Class], _Class]:
        return lambda cls: cls

    _Newer = str


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseEvent(LazyResource):
    """What every event says of itself, whatever its type."""

    id: str
    type: str
    api_version: str
    created_at: datetime
    workspace_id: str
    brand_id: str | None
    mode: Literal["live", "test"] | str  # noqa: PYI051 - an open enum
    actor: Actor
    request: EventRequest | None
    subject: EventSubject
    data: object


@_event_type(frozen=True, kw_only=True)
class Event(BaseEvent):
    """Something of a type that this version doesn't know; its record is JSON.

    To type checkers its `type` is a text that no other event has; in fact it is what came.
    """

    __slots__ = ()
    type: _Newer
    data: EventData


@_event_type(frozen=True, kw_only=True)
class PostCreated(BaseEvent):
    """A post was created."""

    __slots__ = ()
    type: Literal["post.created"]
    data: PostEventData


@_event_type(frozen=True, kw_only=True)
class PostUpdated(BaseEvent):
    """Fields of a post changed."""

    __slots__ = ()
    type: Literal["post.updated"]
    data: PostEventData


@_event_type(frozen=True, kw_only=True)
class PostDeleted(BaseEvent):
    """A post was deleted."""

    __slots__ = ()
    type: Literal["post.deleted"]
    data: PostEventData


@_event_type(frozen=True, kw_only=True)
class PostApproved(BaseEvent):
    """A post was approved."""

    __slots__ = ()
    type: Literal["post.approved"]
    data: PostEventData


@_event_type(frozen=True, kw_only=True)
class PostUnapproved(BaseEvent):
    """A post went back to draft."""

    __slots__ = ()
    type: Literal["post.unapproved"]
    data: PostEventData


@_event_type(frozen=True, kw_only=True)
class PostChangesRequested(BaseEvent):
    """A reviewer asked for changes of a post."""

    __slots__ = ()
    type: Literal["post.changes_requested"]
    data: PostEventData


@_event_type(frozen=True, kw_only=True)
class PostScheduled(BaseEvent):
    """An approved post got its time, or another one."""

    __slots__ = ()
    type: Literal["post.scheduled"]
    data: PostEventData


@_event_type(frozen=True, kw_only=True)
class PostPublished(BaseEvent):
    """A post was published on all of its targets."""

    __slots__ = ()
    type: Literal["post.published"]
    data: PostEventData


@_event_type(frozen=True, kw_only=True)
class PostPartiallyPublished(BaseEvent):
    """A post was published on some of its targets."""

    __slots__ = ()
    type: Literal["post.partially_published"]
    data: PostEventData


@_event_type(frozen=True, kw_only=True)
class PostFailed(BaseEvent):
    """A post was published on none of its targets."""

    __slots__ = ()
    type: Literal["post.failed"]
    data: PostEventData


@_event_type(frozen=True, kw_only=True)
class PostCommentCreated(BaseEvent):
    """Somebody commented on a post."""

    __slots__ = ()
    type: Literal["post.comment.created"]
    data: PostCommentEventData


@_event_type(frozen=True, kw_only=True)
class BrandCreated(BaseEvent):
    """A brand was created."""

    __slots__ = ()
    type: Literal["brand.created"]
    data: BrandEventData


@_event_type(frozen=True, kw_only=True)
class BrandUpdated(BaseEvent):
    """Fields of a brand changed."""

    __slots__ = ()
    type: Literal["brand.updated"]
    data: BrandEventData


@_event_type(frozen=True, kw_only=True)
class BrandArchived(BaseEvent):
    """A brand was archived."""

    __slots__ = ()
    type: Literal["brand.archived"]
    data: BrandEventData


@_event_type(frozen=True, kw_only=True)
class BrandUnarchived(BaseEvent):
    """A brand was taken out of the archive."""

    __slots__ = ()
    type: Literal["brand.unarchived"]
    data: BrandEventData


@_event_type(frozen=True, kw_only=True)
class BrandDeleted(BaseEvent):
    """A brand was deleted."""

    __slots__ = ()
    type: Literal["brand.deleted"]
    data: BrandEventData


@_event_type(frozen=True, kw_only=True)
class ChannelConnected(BaseEvent):
    """A channel was connected."""

    __slots__ = ()
    type: Literal["channel.connected"]
    data: ChannelEventData


@_event_type(frozen=True, kw_only=True)
class ChannelDisconnected(BaseEvent):
    """A channel was disconnected."""

    __slots__ = ()
    type: Literal["channel.disconnected"]
    data: ChannelEventData


@_event_type(frozen=True, kw_only=True)
class AnalyticsUpdated(BaseEvent):
    """There are new metrics of a post."""

    __slots__ = ()
    type: Literal["analytics.updated"]
    data: AnalyticsEventData


@_event_type(frozen=True, kw_only=True)
class ApiKeyCreated(BaseEvent):
    """An API key was made."""

    __slots__ = ()
    type: Literal["api_key.created"]
    data: ApiKeyEventData


@_event_type(frozen=True, kw_only=True)
class ApiKeyRotated(BaseEvent):
    """An API key got a successor."""

    __slots__ = ()
    type: Literal["api_key.rotated"]
    data: ApiKeyEventData


@_event_type(frozen=True, kw_only=True)
class ApiKeyRevoked(BaseEvent):
    """An API key was revoked."""

    __slots__ = ()
    type: Literal["api_key.revoked"]
    data: ApiKeyEventData


@_event_type(frozen=True, kw_only=True)
class ApiKeyLeaked(BaseEvent):
    """An API key was found in public, and revoked."""

    __slots__ = ()
    type: Literal["api_key.leaked"]
    data: LeakedApiKeyEventData


@_event_type(frozen=True, kw_only=True)
class ApiKeyExpiring(BaseEvent):
    """An API key ends in 7 days, or in 1."""

    __slots__ = ()
    type: Literal["api_key.expiring"]
    data: ApiKeyEventData


@_event_type(frozen=True, kw_only=True)
class UsageThresholdReached(BaseEvent):
    """80 % or 100 % of a key's day are used."""

    __slots__ = ()
    type: Literal["usage.threshold_reached"]
    data: UsageEventData


@_event_type(frozen=True, kw_only=True)
class WebhookEndpointDisabled(BaseEvent):
    """A webhook endpoint was turned off automatically."""

    __slots__ = ()
    type: Literal["webhook_endpoint.disabled"]
    data: WebhookEndpointEventData


@_event_type(frozen=True, kw_only=True)
class WebhookEndpointTest(BaseEvent):
    """A test of a webhook endpoint was asked for."""

    __slots__ = ()
    type: Literal["webhook_endpoint.test"]
    data: WebhookEndpointEventData


AnyEvent: TypeAlias = (
    PostCreated
    | PostUpdated
    | PostDeleted
    | PostApproved
    | PostUnapproved
    | PostChangesRequested
    | PostScheduled
    | PostPublished
    | PostPartiallyPublished
    | PostFailed
    | PostCommentCreated
    | BrandCreated
    | BrandUpdated
    | BrandArchived
    | BrandUnarchived
    | BrandDeleted
    | ChannelConnected
    | ChannelDisconnected
    | AnalyticsUpdated
    | ApiKeyCreated
    | ApiKeyRotated
    | ApiKeyRevoked
    | ApiKeyLeaked
    | ApiKeyExpiring
    | UsageThresholdReached
    | WebhookEndpointDisabled
    | WebhookEndpointTest
    | Event
)
"""Every event: `match` tells the class, as `event.type == "post.published"` does."""
