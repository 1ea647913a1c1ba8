"""The table of platforms in the documentation is the one in the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from anthyx_server.channels import PLATFORMS, Format, Platform

PAGE = Path(__file__).parents[2] / "docs" / "content" / "channels.md"


def rows() -> Iterator[str]:
    for platform in PLATFORMS.values():
        for each in platform.formats:
            yield row(platform, each)


def row(platform: Platform, each: Format) -> str:
    kinds = " or ".join(f"{kind} {most}" for kind, most in each.media.items())
    size = "any" if each.max_bytes is None else f"{each.max_bytes:,}"
    cells = [
        platform.name,
        each.name,
        between(*each.parts).removeprefix("exactly "),
        f"{platform.max_length:,}",
        f"{between(each.min_media, each.max_media)}: {kinds}",
        size,
    ]
    return f"| {' | '.join(cells)} |"


def between(least: int, most: int) -> str:
    return f"exactly {most}" if least == most else f"{least} to {most}"


def test_the_table_of_platforms_is_as_the_code_has_it() -> None:
    names = "|".join(PLATFORMS)
    written = re.findall(rf"^\| (?:{names}) \|.*\|$", PAGE.read_text(), re.MULTILINE)
    assert written == list(rows())


def test_the_sentences_hold() -> None:
    page = " ".join(PAGE.read_text().split())
    ahead = {each.name: each.max_days_ahead for each in PLATFORMS.values() if each.max_days_ahead}
    assert ahead == {"tiktok": 10}
    assert "TikTok can be scheduled at most 10 days ahead, the others as far as you like" in page
    weighted = [each.name for each in PLATFORMS.values() if each.unit == "x_weighted"]
    assert weighted == ["x"]
