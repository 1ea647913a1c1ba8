"""What each platform takes and what it doesn't, with every problem at once."""

from __future__ import annotations

from typing import Any

import pytest

from anthyx_server.channels import FORMATS, MEDIA_KINDS, PLATFORMS
from anthyx_server.posts.content_rules import Content, MediaFact, problems, text_length

IMAGE = MediaFact("image", 1_000, None, is_ready=True)
UNREADY = MediaFact("image", 1_000, None, is_ready=False)
VIDEO = MediaFact("video", 1_000, 30.0, is_ready=True)
PDF = MediaFact("document", 1_000, None, is_ready=True)
CAT = "🐱"


def content(format: str = "post", text: str = "Hello", **changes: Any) -> Content:
    return Content(format, text, changes.get("thread", ()), tuple(changes.get("media", ())))


def sized(kind: str, size: int) -> MediaFact:
    return MediaFact(kind, size, None, is_ready=True)


FITS: list[tuple[str, Content]] = [
    ("x", content(text="a" * 280)),
    ("x", content(text=CAT * 140)),
    ("x", content(text="a" * 256 + " https://example.com/" + "b" * 500)),
    ("x", content(text="", media=[IMAGE] * 4)),
    ("x", content(media=[VIDEO])),
    ("x", content("thread", "", thread=("a" * 280, "b"))),
    ("x", content("thread", "x" * 9_999, thread=("a",) * 25, media=[IMAGE] * 4)),
    ("linkedin", content(text="a" * 3_000)),
    ("linkedin", content(text="\ufeffHello")),
    ("linkedin", content(text=CAT * 1_500)),
    ("linkedin", content("document", "", media=[sized("document", 100_000_000)])),
    ("linkedin", content(media=[IMAGE] * 20)),
    ("instagram", content(text="", media=[IMAGE])),
    ("instagram", content(text="a" * 2_200, media=[IMAGE])),
    ("instagram", content("carousel", media=[IMAGE] * 2)),
    ("instagram", content("carousel", media=[IMAGE] * 10)),
    ("instagram", content("reel", media=[VIDEO])),
    ("instagram", content("story", "", media=[IMAGE])),
    ("instagram", content("story", "", media=[VIDEO])),
    ("facebook", content(text="a" * 63_206)),
    ("facebook", content("carousel", media=[IMAGE] * 3)),
    ("tiktok", content(media=[sized("video", 499_999_999)])),
    ("tiktok", content("reel", "a" * 2_200, media=[VIDEO])),
]


@pytest.mark.parametrize(("platform", "given"), FITS)
def test_what_fits_has_no_problem(platform: str, given: Content) -> None:
    assert problems(given, platform) == []


DOES_NOT: list[tuple[str, Content, set[tuple[str, str]]]] = [
    ("x", content(text="a" * 281), {("text_too_long", "/content")}),
    ("x", content(text=CAT * 141), {("text_too_long", "/content")}),
    ("x", content(text="\ufeffHello"), {("character_refused", "/content")}),
    ("x", content("thread", thread=("a", "b\uffff")), {("character_refused", "/thread/1")}),
    ("x", content(text=""), {("content_missing", "/content")}),
    ("x", content(text=" \n\u2003"), {("content_missing", "/content")}),
    ("x", content(media=[IMAGE] * 5), {("media_too_many", "/media")}),
    ("x", content(media=[VIDEO] * 2), {("media_too_many", "/media")}),
    ("x", content(media=[IMAGE, VIDEO]), {("media_mixed", "/media")}),
    ("x", content(media=[PDF]), {("media_kind", "/media/0")}),
    ("x", content(thread=("a", "b")), {("thread_not_allowed", "/thread")}),
    ("x", content("thread", thread=("a",)), {("thread_length", "/thread")}),
    ("x", content("thread", thread=()), {("thread_length", "/thread")}),
    ("x", content("thread", thread=("a",) * 26), {("thread_length", "/thread")}),
    (
        "x",
        content("thread", thread=("a" * 281, " ", "c", CAT * 141)),
        {
            ("text_too_long", "/thread/0"),
            ("content_missing", "/thread/1"),
            ("text_too_long", "/thread/3"),
        },
    ),
    ("linkedin", content(text="a" * 3_001), {("text_too_long", "/content")}),
    ("linkedin", content(text=CAT * 1_501), {("text_too_long", "/content")}),
    ("linkedin", content("document"), {("media_missing", "/media")}),
    ("linkedin", content("document", media=[PDF, PDF]), {("media_too_many", "/media")}),
    (
        "linkedin",
        content("document", media=[IMAGE, IMAGE]),
        {("media_kind", "/media/0"), ("media_kind", "/media/1")},
    ),
    (
        "linkedin",
        content("document", media=[sized("document", 100_000_001)]),
        {("media_too_large", "/media/0")},
    ),
    ("linkedin", content("carousel", media=[IMAGE] * 2), {("format_not_supported", "/format")}),
    ("instagram", content(), {("media_missing", "/media")}),
    (
        "instagram",
        content(text=""),
        {("media_missing", "/media"), ("content_missing", "/content")},
    ),
    ("instagram", content(media=[IMAGE] * 2), {("media_too_many", "/media")}),
    ("instagram", content(text="a" * 2_201, media=[IMAGE]), {("text_too_long", "/content")}),
    ("instagram", content("carousel", media=[IMAGE]), {("media_missing", "/media")}),
    ("instagram", content("carousel", media=[IMAGE] * 11), {("media_too_many", "/media")}),
    ("instagram", content("carousel", media=[IMAGE, UNREADY]), {("media_not_ready", "/media/1")}),
    ("instagram", content("carousel", media=[IMAGE, IMAGE, VIDEO]), {("media_kind", "/media/2")}),
    ("instagram", content("reel", media=[IMAGE]), {("media_kind", "/media/0")}),
    ("instagram", content("story", media=[IMAGE, VIDEO]), {("media_mixed", "/media")}),
    ("instagram", content("thread", thread=("a", "b")), {("format_not_supported", "/format")}),
    ("facebook", content(text="a" * 63_207), {("text_too_long", "/content")}),
    ("facebook", content("document", media=[PDF]), {("format_not_supported", "/format")}),
    ("tiktok", content(), {("media_missing", "/media")}),
    ("tiktok", content(media=[VIDEO, VIDEO]), {("media_too_many", "/media")}),
    ("tiktok", content(media=[sized("video", 500_000_000)]), {("media_too_large", "/media/0")}),
    (
        "tiktok",
        content(text="a" * 2_201, media=[MediaFact("image", 10**12, None, is_ready=False)]),
        {
            ("text_too_long", "/content"),
            ("media_kind", "/media/0"),
            ("media_not_ready", "/media/0"),
            ("media_too_large", "/media/0"),
        },
    ),
    (
        "tiktok",
        content("story", "a" * 2_201),
        {("format_not_supported", "/format"), ("text_too_long", "/content")},
    ),
]


@pytest.mark.parametrize(("platform", "given", "expected"), DOES_NOT)
def test_all_that_does_not_fit_is_told(
    platform: str, given: Content, expected: set[tuple[str, str]]
) -> None:
    found = problems(given, platform)
    assert {(each.code, each.pointer) for each in found} == expected
    assert len(found) == len(expected), "each is told once"
    assert all(each.detail.endswith(".") for each in found)


def test_the_sentences_say_what_fits() -> None:
    (few,) = problems(content("carousel", media=[IMAGE]), "instagram")
    assert few.detail == "A carousel on instagram needs 2 to 10 images."
    (many,) = problems(content(media=[IMAGE] * 5), "x")
    assert many.detail == "A post on x takes at most 4 images or at most 1 video; there are 5."
    (long,) = problems(content(text="a" * 281), "x")
    assert long.detail == "x takes at most 280 characters as X counts them; this has 281."


def test_the_table_is_in_the_contracts_words() -> None:
    for platform in PLATFORMS.values():
        names = [each.name for each in platform.formats]
        assert set(names) <= set(FORMATS)
        assert len(set(names)) == len(names)
        for each in platform.formats:
            assert set(each.media) <= set(MEDIA_KINDS)
            assert each.min_media <= each.max_media


def test_others_than_x_count_utf16() -> None:
    assert text_length(CAT, "linkedin") == text_length("e\u0301", "tiktok") == 2
    assert text_length("https://example.com", "facebook") == 19
    assert text_length("\ud83d", "instagram") == 1
    with pytest.raises(KeyError):
        text_length("a", "myspace")
