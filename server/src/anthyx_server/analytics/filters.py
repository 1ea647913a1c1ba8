"""Filters of analytics as conditions on channels, posts and their targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from anthyx_server import brands
from anthyx_server.channels import Channel
from anthyx_server.db import db, is_sqlite
from anthyx_server.errors import NotFound
from anthyx_server.posts import Post, PostTarget
from anthyx_server.tenancy import Caller, owned


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for, within what the caller's key may see; None asks for all."""

    caller: Caller
    brand_id: str | None
    channel_id: str | None
    platform: str | None

    def channels(self, *columns: Any) -> sa.Select[Any]:
        """Select the channels that match."""
        query = owned(Channel, self.caller, *columns)
        query = query.where(*self.of_brands(Channel.brand_id))
        if self.channel_id is not None:
            query = query.where(Channel.id == self.channel_id)
        if self.platform is not None:
            query = query.where(Channel.platform == self.platform)
        return query

    def posts(self) -> Iterator[sa.ColumnElement[bool]]:
        """What holds for a post that was published on a channel that matches."""
        yield from self.of_brands(Post.brand_id)
        if self.channel_id is not None or self.platform is not None:
            yield sa.exists().where(*self.targets())

    def targets(self) -> Iterator[sa.ColumnElement[bool]]:
        """What holds for a target of the post at hand that was published and matches.

        Who owns it follows from the post. PostgreSQL is told, so that where it reads many targets
        it reads no others; SQLite isn't: it would look for all targets of the owner.
        """
        yield PostTarget.post_id == Post.id
        if not is_sqlite(db.engine):
            yield PostTarget.workspace_id == Post.workspace_id
            yield PostTarget.mode == Post.mode
        yield PostTarget.published_at.is_not(None)
        if self.channel_id is not None:
            yield PostTarget.channel_id == self.channel_id
        if self.platform is not None:
            yield PostTarget.platform == self.platform

    def of_brands(self, brand_id: InstrumentedAttribute[str]) -> Iterator[sa.ColumnElement[bool]]:
        """What holds for the brand of something that matches."""
        if self.brand_id is not None:
            yield brand_id == self.brand_id
        elif self.caller.brand_ids is not None:
            yield brand_id.in_(sorted(self.caller.brand_ids))


def read_filters(caller: Caller, query: dict[str, Any]) -> Filters:
    """The filters of a query.

    Raises:
        NotFound: they name a brand or a channel that the caller may not see.
    """
    filters = Filters(caller, query["brand_id"], query["channel_id"], query["platform"])
    if filters.brand_id is not None:
        _require_brand(caller, filters.brand_id)
    if filters.channel_id is not None:
        _require_channel(caller, filters.channel_id)
    return filters


def _require_brand(caller: Caller, brand_id: str) -> None:
    is_allowed = caller.brand_ids is None or brand_id in caller.brand_ids
    if not is_allowed or not brands.existing_ids(caller, [brand_id]):
        raise NotFound(f"There is no brand {brand_id[:64]} here.")


def _require_channel(caller: Caller, channel_id: str) -> None:
    """A channel that was deleted is still known by what was published on it."""
    of_it = Filters(caller, None, channel_id, None)
    if db.session.scalar(of_it.channels(Channel.id)) is not None:
        return
    known = owned(PostTarget, caller, PostTarget.post_id).where(*of_it.targets())
    known = known.where(Post.workspace_id == caller.workspace_id, Post.mode == caller.mode)
    if db.session.scalar(known.where(*of_it.of_brands(Post.brand_id)).limit(1)) is None:
        raise NotFound(f"There is no channel {channel_id[:64]} here.")
