"""What events carry: the record as the API showed it then, and the old values of what changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from ._analytics_models import PostAnalytics
from ._brand_models import Brand
from ._channel_models import Channel
from ._json import JSON
from ._key_models import ApiKey
from ._models import Model
from ._post_models import Post, PostComment
from ._webhook_endpoint_models import WebhookEndpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRequest(Model):
    """The request that made an event happen."""

    id: str
    idempotency_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSubject(Model):
    """What an event is about: `type` is like "post"."""

    type: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialRecord(Model):
    """A record in an event that is not whole: all that came of it is in `extra`.

    Where the event would be over 256 KiB that is its type and id, and `truncated` is true. Where
    it is false, the record has another shape than this version knows. `event.subject` says
    which record it is.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageThreshold(Model):
    """How much of a key's day is used; a key and its successors share one."""

    key_id: str
    family_id: str
    window: str
    threshold_percent: int
    limit: int
    used: int
    resets_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFinding(Model):
    """Where a leaked key was found: unverified text, never a link to follow."""

    url: str | None
    source: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakedApiKey(ApiKey):
    """A key that was revoked because somebody found it."""

    found: KeyFinding


@dataclass(frozen=True, slots=True, kw_only=True)
class EventData(Model):
    """The record as JSON; `previous` has the old values of the fields that changed.

    Where that would be over 256 KiB, `object` has type and id alone and `truncated` is true.
    """

    object: dict[str, JSON] = field(hash=False)
    previous: dict[str, JSON] | None = field(hash=False)
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostEventData(Model):
    """A post, with the old values of the fields that changed in `previous`."""

    object: Post | PartialRecord
    previous: dict[str, JSON] | None = field(hash=False)
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCommentEventData(Model):
    """A comment; the post is the event's subject."""

    object: PostComment | PartialRecord
    previous: dict[str, JSON] | None = field(hash=False)
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandEventData(Model):
    """A brand, with the old values of the fields that changed in `previous`."""

    object: Brand | PartialRecord
    previous: dict[str, JSON] | None = field(hash=False)
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEventData(Model):
    """A channel, with the old values of the fields that changed in `previous`."""

    object: Channel | PartialRecord
    previous: dict[str, JSON] | None = field(hash=False)
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsEventData(Model):
    """The newest metrics of a post."""

    object: PostAnalytics | PartialRecord
    previous: dict[str, JSON] | None = field(hash=False)
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyEventData(Model):
    """An API key, never with its secret."""

    object: ApiKey | PartialRecord
    previous: dict[str, JSON] | None = field(hash=False)
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakedApiKeyEventData(Model):
    """An API key that somebody found, and where."""

    object: LeakedApiKey | PartialRecord
    previous: dict[str, JSON] | None = field(hash=False)
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEventData(Model):
    """How much of a day is used."""

    object: UsageThreshold | PartialRecord
    previous: dict[str, JSON] | None = field(hash=False)
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointEventData(Model):
    """A webhook endpoint, in an event."""

    object: WebhookEndpoint | PartialRecord
    previous: dict[str, JSON] | None = field(hash=False)
    truncated: bool
