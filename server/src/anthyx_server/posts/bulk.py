"""Many posts in one request: each on its own, all in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import Schema

from anthyx_server.conditional import entity_tag, require_match
from anthyx_server.db import db
from anthyx_server.errors import ApiError
from anthyx_server.inputs import invalid_body, load
from anthyx_server.posts import editing, review, schemas
from anthyx_server.tenancy import Caller

_creatable = schemas.CreatePostSchema()
_approvable = schemas.BulkApprovalSchema()


def create(caller: Caller, items: list[Any]) -> dict[str, Any]:
    """Make a post of each item; what became of each, in the order of the items."""
    outcomes = [
        _outcome(index, 201, _creatable, item, lambda values: editing.create(caller, values))
        for index, item in enumerate(items)
    ]
    return {"data": outcomes}


def approve(caller: Caller, items: list[Any]) -> dict[str, Any]:
    """Approve each post in the version that was read; what became of each, in the items' order.

    Raises:
        ValidationFailed: a post is named twice.
    """
    _require_unique(items)

    def act(values: dict[str, Any]) -> dict[str, Any]:
        post = review.lock_for_approval(caller, values["id"])
        require_match(entity_tag(values["version"]), entity_tag(post.version))
        return review.approve(caller, post)

    # Locks are taken in the order of ids: two such requests never wait for each other.
    order = sorted(range(len(items)), key=lambda index: _id_of(items[index]))
    outcomes = {index: _outcome(index, 200, _approvable, items[index], act) for index in order}
    return {"data": [outcomes[index] for index in range(len(items))]}


def _outcome(
    index: int,
    status: int,
    schema: Schema,
    item: Any,
    act: Callable[[dict[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """Do one item within a savepoint."""
    try:
        with db.session.begin_nested():
            return {"index": index, "status": status, "post": act(load(schema, item))}
    except ApiError as error:
        return {"index": index, "status": error.status, "error": error.problem()}


def _require_unique(items: list[Any]) -> None:
    seen: set[str] = set()
    problems: dict[str, Any] = {}
    for index, item in enumerate(items):
        post_id = _id_of(item)
        if post_id and post_id in seen:
            problems[str(index)] = {"id": ["This post is named twice."]}
        seen.add(post_id)
    if problems:
        raise invalid_body(problems)


def _id_of(item: Any) -> str:
    post_id = item.get("id") if isinstance(item, dict) else None
    return post_id if isinstance(post_id, str) else ""
