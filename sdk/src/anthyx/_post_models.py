"""What posts look like: as the API shows them, and as they are sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias, TypedDict

from ._json import JSON
from ._models import Actor, Model, Resource

PostFormat: TypeAlias = (
    Literal["post", "thread", "carousel", "reel", "story", "document"] | str  # noqa: PYI051
)
PostState: TypeAlias = (
    Literal["draft", "approved", "publishing", "published", "partially_published", "failed"] | str  # noqa: PYI051
)
PostSort: TypeAlias = Literal[
    "-created_at", "created_at", "-scheduled_at", "scheduled_at", "-updated_at", "updated_at"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostError(Model):
    """Why publishing failed."""

    code: str
    category: str
    message: str
    retryable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostTarget(Model):
    """A channel that a post is for, and what became of it there."""

    channel_id: str
    platform: str
    content_override: str | None
    state: str
    external_id: str | None
    external_url: str | None
    published_at: datetime | None
    attempts: int
    error: PostError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPart(Model):
    """One post of a thread."""

    content: str
    media: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Model):
    """The last word of a review."""

    status: str
    by: Actor | None
    at: datetime | None
    comment: str | None


class PostTargetInput(TypedDict, total=False):
    """A target to send: `channel_id`, and what is published there instead of the content."""

    channel_id: str
    content_override: str | None


class ThreadPartInput(TypedDict, total=False):
    """One post of a thread to send."""

    content: str
    media: Sequence[str]


class NewPost(TypedDict, total=False):
    """A post to make, in `bulk_create`; `brand_id` must be there."""

    brand_id: str
    content: str
    format: PostFormat
    thread: Sequence[ThreadPartInput] | None
    media: Sequence[str]
    targets: Sequence[PostTargetInput]
    campaign: str | None
    scheduled_at: datetime | None
    assignee: str | None
    notes: str
    tags: Sequence[str]
    metadata: Mapping[str, str]


class PostApproval(TypedDict):
    """A post to approve in the version that was read, in `bulk_approve`."""

    id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Post(Resource):
    """A post; `scheduled_at` None of a draft means the best time, chosen as it is approved."""

    id: str
    brand_id: str
    campaign: str | None
    content: str
    format: PostFormat
    thread: tuple[ThreadPart, ...] | None
    media: tuple[str, ...]
    targets: tuple[PostTarget, ...]
    state: PostState
    review: Review
    scheduled_at: datetime | None
    schedule_source: str | None
    author: Actor
    assignee: str | None
    notes: str
    tags: tuple[str, ...]
    metadata: dict[str, str] = field(hash=False)
    error: PostError | None
    version: int
    created_at: datetime
    updated_at: datetime
    approved_at: datetime | None
    published_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostComment(Resource):
    """A comment on a post."""

    id: str
    author: Actor
    text: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PostHistoryEntry(Resource):
    """Something that happened to a post; `changes` maps a field to its "from" and "to"."""

    id: str
    type: str
    actor: Actor
    at: datetime
    changes: dict[str, JSON] | None = field(hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostProblem(Model):
    """What stands against a post; `pointer` says where (RFC 6901)."""

    code: str
    detail: str
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidatedTarget(Model):
    """A target with all that stands against it."""

    channel_id: str
    platform: str
    problems: tuple[PostProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PostValidation(Resource):
    """The result of a dry run; `problems` are those of the post as a whole."""

    is_valid: bool
    targets: tuple[ValidatedTarget, ...]
    problems: tuple[PostProblem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkOutcome(Model):
    """What became of one item: `post` where it was done, else `error`, a problem document."""

    index: int
    status: int
    post: Post | None = None
    error: dict[str, JSON] | None = field(default=None, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult(Resource):
    """What became of each item, in the order of the items."""

    data: tuple[BulkOutcome, ...]
