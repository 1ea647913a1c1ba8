"""Writing many posts at once as rows, past the session and without events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from anthyx_server.db import db
from anthyx_server.posts.models import (
    FACET_SORT_COLUMNS,
    Post,
    PostTag,
    PostTarget,
    new_search_number,
)
from anthyx_server.posts.words import words_of

Columns = Mapping[str, Any]


def insert_rows(posts: Sequence[Columns], targets: Sequence[Columns]) -> None:
    """Write posts and their targets, given by column, in the open transaction.

    What they are found and listed by follows from them and is written too.
    """
    times = {
        post["id"]: {f"post_{name}": post[name] for name in FACET_SORT_COLUMNS} for post in posts
    }
    tags = [
        {**_owner(post), "post_id": post["id"], "tag": tag, **times[post["id"]]}
        for post in posts
        for tag in post["tags"]
    ]
    _insert(Post.__table__, [{**post, **_found_by(post)} for post in posts])
    _insert(PostTarget.__table__, [{**each, **times[each["post_id"]]} for each in targets])
    _insert(PostTag.__table__, tags)


def _owner(post: Columns) -> dict[str, Any]:
    return {"workspace_id": post["workspace_id"], "mode": post["mode"]}


def _found_by(post: Columns) -> dict[str, Any]:
    texts = [post["content"], *(part["content"] for part in post["thread"] or ())]
    words = words_of(post["workspace_id"], post["mode"], texts)
    return {"words": words, "search_number": new_search_number()}


def _insert(table: sa.FromClause, rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.connection().execute(sa.insert(table), rows)  # type: ignore[arg-type]
