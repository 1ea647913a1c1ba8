"""Posts as rows: found, locked, counted, and what stands beside each of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import Select

from anthyx_server import clock
from anthyx_server.db import db
from anthyx_server.posts.models import Post, PostTag, PostTarget
from anthyx_server.posts.views import present
from anthyx_server.tenancy import Caller, locked, one, owned


def visible(caller: Caller, *columns: Any) -> Select[Any]:
    """Select the posts that the caller's key may see."""
    query = owned(Post, caller, *columns)
    return query if caller.brand_ids is None else query.where(Post.brand_id.in_(caller.brand_ids))


def count_in_brand(caller: Caller, brand_id: str) -> tuple[str, int]:
    """What a brand with posts is not empty of."""
    query = owned(Post, caller, sa.func.count()).where(Post.brand_id == brand_id)
    count = db.session.scalar(query) or 0
    return ("post" if count == 1 else "posts"), count


def find(caller: Caller, post_id: str) -> Post:
    """One post.

    Raises:
        NotFound: there is none that the caller may see.
    """
    return one(Post, visible(caller).where(Post.id == post_id), "post", post_id)


def lock(caller: Caller, post_id: str) -> Post:
    """One post, its row locked until the transaction ends, so that versions never collide.

    Raises:
        NotFound: there is none that the caller may see.
    """
    query = visible(caller).where(Post.id == post_id)
    return one(Post, locked(query), "post", post_id)


def targets_of(post: Post) -> list[PostTarget]:
    """The targets of a post, in their order."""
    query = sa.select(PostTarget).where(PostTarget.post_id == post.id)
    ordered = query.order_by(PostTarget.position)
    return list(db.session.scalars(ordered.execution_options(populate_existing=True)))


def shown(post: Post) -> dict[str, Any]:
    """A post as the API shows it."""
    return present(post, targets_of(post))


def bump(post: Post) -> dict[str, Any]:
    """Make a change of a locked post a new version, and flush it; the post as it is shown then."""
    post.version += 1
    post.updated_at = clock.now()
    targets = targets_of(post)
    for target in targets:
        target.post_updated_at = post.updated_at
        target.post_scheduled_at = post.scheduled_at
    if post.tags:
        change = sa.update(PostTag).where(PostTag.post_id == post.id)
        db.session.execute(
            change.values(post_updated_at=post.updated_at, post_scheduled_at=post.scheduled_at)
        )
    db.session.flush()
    return present(post, targets)


def hold(caller: Caller, post_id: str) -> Post:
    """One post, which is not deleted until the transaction ends.

    Raises:
        NotFound: there is none that the caller may see.
    """
    query = visible(caller).where(Post.id == post_id)
    return one(Post, query.with_for_update(read=True, key_share=True), "post", post_id)
