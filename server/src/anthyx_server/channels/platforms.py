"""The platforms and their limits: one table, which `/platforms` shows and posts are checked by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

# "MB" on the platforms' pages is read as the smaller of its two meanings.
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Format:
    """What a platform takes of one format of a post.

    `media` maps a kind (image, video, document) to how many files of it there may be; `min_media`
    and `max_media` bound all of them together. `parts` is how many texts it has, at least and at
    most: more than one only in a thread. `max_bytes` bounds each file.
    """

    name: str
    media: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    min_media: int = 0
    parts: tuple[int, int] = (1, 1)
    max_bytes: int | None = None

    @property
    def max_media(self) -> int:
        """The most files of all kinds together: kinds are alternatives, they don't add up."""
        return max(self.media.values(), default=0)


@dataclass(frozen=True)
class Platform:
    """A platform; `unit` says what `max_length` counts: `x_weighted` or `utf16` code units.

    `max_days_ahead` is how far ahead a post can be scheduled, None where there is no limit.
    """

    name: str
    max_length: int
    formats: tuple[Format, ...]
    unit: str = "utf16"
    max_days_ahead: int | None = None

    def format(self, name: str) -> Format | None:
        """What it takes of a format; None where it has no such format."""
        return next((each for each in self.formats if each.name == name), None)


_ONE_VIDEO = {"video": 1}
_ONE_OF_EITHER = {"image": 1, "video": 1}
_CAROUSEL = Format("carousel", {"image": 10}, min_media=2)
_REEL = Format("reel", _ONE_VIDEO, min_media=1)
_STORY = Format("story", _ONE_OF_EITHER, min_media=1)
# Under 500 MB, not at most.
_TIKTOK_BYTES = 500 * MEGABYTE - 1

_ALL = (
    Platform(
        "instagram",
        2_200,
        (Format("post", _ONE_OF_EITHER, min_media=1), _CAROUSEL, _REEL, _STORY),
    ),
    Platform(
        "linkedin",
        3_000,
        (
            Format("post", {"image": 20, "video": 1}),
            Format("document", {"document": 1}, min_media=1, max_bytes=100 * MEGABYTE),
        ),
    ),
    Platform(
        "x",
        280,
        (
            Format("post", {"image": 4, "video": 1}),
            Format("thread", {"image": 4, "video": 1}, parts=(2, 25)),
        ),
        unit="x_weighted",
    ),
    Platform(
        "facebook",
        63_206,
        (Format("post", {"image": 10, "video": 1}), _CAROUSEL, _REEL, _STORY),
    ),
    Platform(
        "tiktok",
        2_200,
        (
            Format("post", _ONE_VIDEO, min_media=1, max_bytes=_TIKTOK_BYTES),
            Format("reel", _ONE_VIDEO, min_media=1, max_bytes=_TIKTOK_BYTES),
        ),
        max_days_ahead=10,
    ),
)
PLATFORMS: Mapping[str, Platform] = MappingProxyType({each.name: each for each in _ALL})
FORMATS = ("post", "thread", "carousel", "reel", "story", "document")
MEDIA_KINDS = ("image", "video", "document")
