"""Whether a post could be published: what its channels and their platforms have against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from anthyx_server.channels import Channel
from anthyx_server.posts import content_rules, schedule
from anthyx_server.posts.content_rules import Content, MediaFact
from anthyx_server.posts.references import find_channels, find_media
from anthyx_server.tenancy import Caller


@dataclass(frozen=True)
class Judged:
    """A target, and all that stands against it; pointers are those of the post."""

    channel_id: str
    platform: str
    problems: schedule.Entries


def judge(
    caller: Caller, values: Mapping[str, Any], platforms: Mapping[str, str]
) -> tuple[schedule.Entries, list[Judged]]:
    """All problems of a post as it is given: of the whole, and of each of its targets.

    `platforms` maps the channels that the post names to their platforms, also those that have
    been deleted since.
    """
    targets: Sequence[Mapping[str, Any]] = values["targets"]
    channels = find_channels(caller, [target["channel_id"] for target in targets])
    media = find_media(caller, values["media"])
    judged = []
    for target in targets:
        channel_id = target["channel_id"]
        platform = platforms[channel_id]
        content = _content(values, target["content_override"], media)
        found = [
            {"code": each.code, "detail": each.detail, "pointer": each.pointer}
            for each in content_rules.problems(content, platform)
        ]
        if values["format"] == "thread" and target["content_override"] is not None:
            detail = "A thread is published as it is: no other text can stand in for it."
            found.append(_of_target("override_not_allowed", detail))
        judged.append(Judged(channel_id, platform, _channel_problems(channels, channel_id) + found))
    whole = [
        {"code": "media_missing", "detail": "It has been deleted.", "pointer": f"/media/{index}"}
        for index, media_id in enumerate(values["media"])
        if media_id not in media
    ]
    if not targets:
        detail = "Name at least one channel to publish to."
        whole.append({"code": "no_targets", "detail": detail, "pointer": "/targets"})
    return whole, judged


def _content(
    values: Mapping[str, Any], override: str | None, media: Mapping[str, MediaFact]
) -> Content:
    return Content(
        format=values["format"],
        text=values["content"] if override is None else override,
        thread=tuple(part["content"] for part in values["thread"] or ()),
        media=tuple(media[each] for each in values["media"] if each in media),
    )


def _channel_problems(channels: Mapping[str, Channel], channel_id: str) -> schedule.Entries:
    channel = channels.get(channel_id)
    if channel is None:
        return [_of_target("channel_deleted", "The channel has been deleted.")]
    if channel.status != "connected":
        detail = f"The channel is {channel.status}, not connected."
        return [_of_target("channel_not_connected", detail)]
    return []


def _of_target(code: str, detail: str) -> dict[str, str]:
    return {"code": code, "detail": detail, "pointer": "/targets"}


def as_entries(whole: schedule.Entries, judged: Sequence[Judged]) -> schedule.Entries:
    """All problems in one list, each of a target's at that target."""
    return whole + [
        {**problem, "pointer": f"/targets/{index}"}
        for index, target in enumerate(judged)
        for problem in target.problems
    ]
