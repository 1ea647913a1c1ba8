"""All that the page of a post shows, as the services tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask import request

from anthyx_server import brands
from anthyx_server.channels import PLATFORMS, Channel
from anthyx_server.posts import comments, review, service
from anthyx_server.posts.content_rules import text_length
from anthyx_server.posts.references import find_channels
from anthyx_server.posts.schedule import Entries
from anthyx_server.tenancy import Caller
from anthyx_server.workspaces import find_member

_PER_PAGE = 20


class Length(NamedTuple):
    """How long a text is as a platform counts, and how long it may be there."""

    platform: str
    used: int
    most: int


class Part(NamedTuple):
    """A text as it is published, with its length on each platform that gets it."""

    content: str
    media: Sequence[str]
    lengths: list[Length]


class Version(NamedTuple):
    """What some targets get: one text, or those of a thread."""

    targets: list[dict[str, Any]]
    parts: list[Part]


class Look(NamedTuple):
    """A post with everything beside it; `problems` are what keeps a draft from being approved."""

    post: dict[str, Any]
    versions: list[Version]
    problems: Entries
    brand_name: str
    channels: Mapping[str, Channel]
    assignee: str | None
    comments: dict[str, Any]
    history: dict[str, Any]


def look_at(caller: Caller, post_id: str) -> Look:
    """A post that the caller may see.

    Raises:
        NotFound: there is none.
        InvalidCursor: a list beside it does not go on there.
    """
    post = service.find(caller, post_id)
    shown = service.shown(post)
    is_draft = post.state == "draft"
    member = find_member(caller.workspace_id, post.assignee) if post.assignee else None
    return Look(
        shown,
        _versions(shown),
        review.find_problems(caller, post, shown) if is_draft else [],
        brands.find(caller, post.brand_id).name,
        find_channels(caller, [target["channel_id"] for target in shown["targets"]]),
        member.email if member is not None else post.assignee,
        comments.list_comments(caller, post, _place("comments")),
        comments.list_history(caller, post, _place("history")),
    )


def _place(name: str) -> dict[str, Any]:
    """Where one of the lists beside a post goes on; the name keeps their cursors apart."""
    return {"limit": _PER_PAGE, "cursor": request.args.get(name) or None, "list": name}


def _versions(shown: dict[str, Any]) -> list[Version]:
    """What is published: targets that get the same stand together, in their order."""
    found: dict[str | None, list[dict[str, Any]]] = {}
    for target in shown["targets"]:
        found.setdefault(target["content_override"], []).append(target)
    return [
        Version(targets, _parts(shown, override, [target["platform"] for target in targets]))
        for override, targets in (found or {None: []}).items()
    ]


def _parts(shown: dict[str, Any], override: str | None, platforms: Sequence[str]) -> list[Part]:
    if shown["format"] == "thread":
        return [
            Part(part["content"], part["media"], _lengths(part["content"], platforms))
            for part in shown["thread"] or ()
        ]
    text = shown["content"] if override is None else override
    return [Part(text, shown["media"], _lengths(text, platforms))]


def _lengths(text: str, platforms: Sequence[str]) -> list[Length]:
    return [
        Length(name, text_length(text, name), PLATFORMS[name].max_length)
        for name in dict.fromkeys(platforms)
    ]
