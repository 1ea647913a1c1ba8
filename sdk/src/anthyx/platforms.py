"""Platforms: what each of them takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ._channel_models import PlatformName
from ._engine import Engine
from ._models import Model, Resource
from ._wire import new_request

PostFormat: TypeAlias = (
    Literal["post", "thread", "carousel", "reel", "story", "document"] | str  # noqa: PYI051 - an open enum
)
MediaKind: TypeAlias = Literal["image", "video", "document"] | str  # noqa: PYI051 - an open enum
LengthUnit: TypeAlias = Literal["utf16", "x_weighted"] | str  # noqa: PYI051 - an open enum


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformMedia(Model):
    """How many files of a kind a post may have."""

    kind: MediaKind
    max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFormat(Model):
    """A format of posts; `media` are alternatives, `max_bytes` bounds each file (None: not at all).

    `min_parts` and `max_parts` are more than 1 in a thread only.
    """

    format: PostFormat
    min_parts: int
    max_parts: int
    min_media: int
    max_media: int
    media: tuple[PlatformMedia, ...]
    max_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform(Model):
    """A platform; `max_length` is of each text, in `length_unit`.

    `max_days_ahead` is how far ahead a post can be scheduled; None: as far as you like.
    """

    platform: PlatformName
    max_length: int
    length_unit: LengthUnit
    max_days_ahead: int | None
    formats: tuple[PlatformFormat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformList(Resource):
    """All platforms, in `data`; there is one page of them, which can be iterated over."""

    data: tuple[Platform, ...]
    has_more: bool
    next_cursor: str | None

    def __iter__(self) -> Iterator[Platform]:
        return iter(self.data)


@dataclass(frozen=True, slots=True)
class Platforms:
    """`client.platforms`. Its method can raise any APIError."""

    _engine: Engine

    def list(self) -> PlatformList:
        """Every platform with its limits."""
        return self._engine.fetch(PlatformList, new_request("GET", "/platforms"))
