"""What a platform takes: everything that is wrong with a post's content for it, all at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from anthyx_server.channels import PLATFORMS, Format, Platform
from anthyx_server.posts.x_length import REFUSED, weighted_length


@dataclass(frozen=True)
class MediaFact:
    """What is known of a file: `kind` is image, video or document (a PDF), sizes are in bytes.

    `duration_seconds` is a video's; `is_ready` False while it is being uploaded or looked at.
    """

    kind: str
    size_bytes: int
    duration_seconds: float | None
    is_ready: bool


@dataclass(frozen=True)
class Content:
    """What is to be published on one platform.

    In a thread `thread` holds its posts from the first to the last, and `text` is left alone; in
    any other format `text` is all, and `thread` must be empty.
    """

    format: str
    text: str
    thread: tuple[str, ...]
    media: tuple[MediaFact, ...]


class ContentProblem(NamedTuple):
    """One thing that is wrong: a stable code, a sentence, and where (a JSON pointer)."""

    code: str
    detail: str
    pointer: str


def text_length(text: str, platform: str) -> int:
    """How long a text is as a platform counts: X by weight, others in UTF-16 code units.

    Raises:
        KeyError: there is no such platform.
    """
    if PLATFORMS[platform].unit == "x_weighted":
        return weighted_length(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def problems(content: Content, platform: str) -> list[ContentProblem]:
    """Everything that keeps a content from being published on a platform; empty where nothing does.

    Raises:
        KeyError: there is no such platform.
    """
    limits = PLATFORMS[platform]
    wanted = limits.format(content.format)
    if wanted is None:
        formats = ", ".join(each.name for each in limits.formats)
        detail = f"{platform} takes no {content.format}; it takes {formats}."
        # Limits of lengths are the same in every format; those of media are not.
        refused = ContentProblem("format_not_supported", detail, "/format")
        return [refused, *_texts(content, limits)]
    return [
        *_parts(content, limits, wanted),
        *_texts(content, limits),
        *_media(content, limits, wanted),
    ]


def _parts(content: Content, limits: Platform, wanted: Format) -> Iterator[ContentProblem]:
    least, most = wanted.parts
    if most == 1:
        if content.thread:
            detail = f"Only a thread has several posts; this is a {wanted.name}."
            yield ContentProblem("thread_not_allowed", detail, "/thread")
        if not content.text.strip() and not content.media:
            yield ContentProblem("content_missing", "There is neither text nor media.", "/content")
        return
    if not least <= len(content.thread) <= most:
        detail = (
            f"A thread on {limits.name} has {least} to {most} posts, not {len(content.thread)}."
        )
        yield ContentProblem("thread_length", detail, "/thread")
    for index, part in enumerate(content.thread):
        if not part.strip():
            yield ContentProblem("content_missing", "This post is empty.", f"/thread/{index}")


def _texts(content: Content, limits: Platform) -> Iterator[ContentProblem]:
    texts = [(f"/thread/{index}", part) for index, part in enumerate(content.thread)]
    if content.format != "thread":
        texts.insert(0, ("/content", content.text))
    for pointer, text in texts:
        if limits.unit == "x_weighted" and REFUSED & set(text):
            detail = "X takes neither U+FEFF nor U+FFFE nor U+FFFF: remove it, it can't be seen."
            yield ContentProblem("character_refused", detail, pointer)
        length = text_length(text, limits.name)
        if length > limits.max_length:
            unit = "characters as X counts them" if limits.unit == "x_weighted" else "characters"
            detail = (
                f"{limits.name} takes at most {limits.max_length:,} {unit}; this has {length:,}."
            )
            yield ContentProblem("text_too_long", detail, pointer)


def _media(content: Content, limits: Platform, wanted: Format) -> Iterator[ContentProblem]:
    yield from _media_counts(content, limits, wanted)
    for index, each in enumerate(content.media):
        pointer = f"/media/{index}"
        if each.kind not in wanted.media:
            detail = f"A {wanted.name} on {limits.name} takes no {each.kind}."
            yield ContentProblem("media_kind", detail, pointer)
        if not each.is_ready:
            yield ContentProblem("media_not_ready", "It is not uploaded yet.", pointer)
        if wanted.max_bytes is not None and each.size_bytes > wanted.max_bytes:
            detail = (
                f"{limits.name} takes at most {wanted.max_bytes:,} bytes, not {each.size_bytes:,}."
            )
            yield ContentProblem("media_too_large", detail, pointer)


def _media_counts(content: Content, limits: Platform, wanted: Format) -> Iterator[ContentProblem]:
    kinds = {each.kind for each in content.media}
    count = len(content.media)
    if count < wanted.min_media:
        detail = f"A {wanted.name} on {limits.name} needs {_described(wanted)}."
        yield ContentProblem("media_missing", detail, "/media")
    if len(kinds & wanted.media.keys()) > 1:
        detail = f"A {wanted.name} on {limits.name} takes one kind of media: {_described(wanted)}."
        yield ContentProblem("media_mixed", detail, "/media")
        return
    most = max((wanted.media[kind] for kind in kinds & wanted.media.keys()), default=count)
    if count > most:
        detail = f"A {wanted.name} on {limits.name} takes {_described(wanted)}; there are {count}."
        yield ContentProblem("media_too_many", detail, "/media")


def _described(wanted: Format) -> str:
    """How much media a format takes, in words: "2 to 10 images", "1 image or 1 video"."""
    return " or ".join(_amount(wanted.min_media, most, kind) for kind, most in wanted.media.items())


def _amount(least: int, most: int, kind: str) -> str:
    words = kind if most == 1 else f"{kind}s"
    if least == most:
        return f"exactly {most} {words}"
    return f"{least} to {most} {words}" if least > 1 else f"at most {most} {words}"
