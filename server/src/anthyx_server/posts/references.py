"""What a post refers to: its brand, channels, media and assignee must be there for the caller."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from flask import current_app

from anthyx_server import brands, workspaces
from anthyx_server.channels import Channel
from anthyx_server.db import db
from anthyx_server.errors import NotFound
from anthyx_server.inputs import invalid_body
from anthyx_server.posts.content_rules import MediaFact
from anthyx_server.tenancy import Caller, owned

# Of the media among these ids that the caller may see: what the platforms' rules ask about them.
MediaLookup = Callable[[Caller, Collection[str]], Mapping[str, MediaFact]]


def no_media(_caller: Caller, _media_ids: Collection[str]) -> Mapping[str, MediaFact]:
    """The lookup until there are media: it knows none."""
    return {}


def hold_brand(caller: Caller, brand_id: str) -> str | None:
    """Keep the brand of a new post from being deleted or archived; None where there is none.

    Raises:
        BrandArchived: it is archived.
    """
    try:
        return brands.hold(caller, brand_id).id
    except NotFound:
        return None


def find_channels(caller: Caller, channel_ids: Collection[str]) -> dict[str, Channel]:
    """The channels that are still there, by id."""
    if not channel_ids:
        return {}
    query = owned(Channel, caller).where(Channel.id.in_(channel_ids))
    found = db.session.scalars(query.execution_options(populate_existing=True))
    return {channel.id: channel for channel in found}


def find_media(caller: Caller, media_ids: Collection[str]) -> Mapping[str, MediaFact]:
    """What is known of the media that are there, by id."""
    lookup: MediaLookup = current_app.extensions["anthyx_media_lookup"]
    return lookup(caller, media_ids) if media_ids else {}


def require_references(
    caller: Caller, brand_id: str | None, values: Mapping[str, Any], known: Collection[str] = ()
) -> dict[str, Channel]:
    """Check all that new values refer to; the channels of the targets, by id.

    `brand_id` None: there is no such brand. `known` are ids that the post refers to already: what
    has been deleted since may stay.

    Raises:
        ValidationFailed: something isn't there; every such thing is told.
    """
    problems: dict[str, Any] = {}
    channels: dict[str, Channel] = {}
    if brand_id is None:
        problems["brand_id"] = ["There is no such brand here."]
    else:
        wanted = [target["channel_id"] for target in values["targets"]]
        channels = find_channels(caller, wanted)
        missing = {
            index: {"channel_id": ["The brand has no such channel."]}
            for index, channel_id in enumerate(wanted)
            if channel_id not in known
            and (channel_id not in channels or channels[channel_id].brand_id != brand_id)
        }
        if missing:
            problems["targets"] = missing
    problems |= _media_problems(caller, values, known)
    assignee = values["assignee"]
    is_new = assignee is not None and assignee not in known
    if is_new and not _may_work_on(caller, assignee, brand_id):
        problems["assignee"] = ["There is no such member who may see the brand."]
    if problems:
        raise invalid_body(problems)
    return channels


def _media_problems(
    caller: Caller, values: Mapping[str, Any], known: Collection[str]
) -> dict[str, Any]:
    parts: Sequence[Mapping[str, Any]] = values["thread"] or ()
    wanted = {each for holder in (values, *parts) for each in holder["media"]} - set(known)
    found = find_media(caller, wanted)
    problems: dict[str, Any] = {}
    if missing := _missing(values["media"], wanted, found):
        problems["media"] = missing
    of_parts = {
        index: {"media": missing}
        for index, part in enumerate(parts)
        if (missing := _missing(part["media"], wanted, found))
    }
    if of_parts:
        problems["thread"] = of_parts
    return problems


def _missing(
    media_ids: Sequence[str], wanted: Collection[str], found: Mapping[str, MediaFact]
) -> dict[int, list[str]]:
    return {
        index: ["There is no such media here."]
        for index, media_id in enumerate(media_ids)
        if media_id in wanted and media_id not in found
    }


def _may_work_on(caller: Caller, member_id: str, brand_id: str | None) -> bool:
    member = workspaces.find_member(caller.workspace_id, member_id)
    if member is None:
        return False
    return brand_id is None or workspaces.may_see(member, brand_id)
