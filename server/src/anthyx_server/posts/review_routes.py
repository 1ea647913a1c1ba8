"""`/v1/posts/{id}/approve` and the other words of a review."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from anthyx_server.brands import BrandArchived
from anthyx_server.conditional import entity_tag, require_match
from anthyx_server.errors import InvalidState
from anthyx_server.operations import Reply, operation
from anthyx_server.posts import answers, review, schemas, service
from anthyx_server.posts.errors import ScheduledInPast, VersionRequired
from anthyx_server.posts.models import Post
from anthyx_server.tenancy import Caller

blueprint = Blueprint("post_reviews", __name__)


def _lock(caller: Caller, post_id: str) -> Post:
    post = service.lock(caller, post_id)
    require_match(request.headers.get("If-Match"), entity_tag(post.version))
    return post


def _reply(shown: dict[str, Any]) -> Reply:
    return Reply(shown, etag=entity_tag(shown["version"]))


@operation(
    blueprint,
    "POST",
    "/posts/<post_id>/approve",
    scope="posts:approve",
    body=schemas.ApprovePostSchema,
    is_body_optional=True,
    returns=answers.PostSchema(),
    is_conditional=True,
    errors=(BrandArchived, InvalidState, ScheduledInPast, VersionRequired),
)
def approve_post(caller: Caller, post_id: str, body: dict[str, Any]) -> Reply:
    """Approve a draft in the version that was read: If-Match or `version` must name it.

    A blank time becomes the best time to post. All that keeps it from being published is told at
    once.
    """
    post = review.lock_for_approval(caller, post_id)
    if_match, version = request.headers.get("If-Match"), body["version"]
    if version is None and (if_match is None or if_match.strip() == "*"):
        raise VersionRequired(
            "Say which version you have read: its ETag in If-Match, or its number in `version`."
        )
    require_match(if_match, entity_tag(post.version))
    if version is not None:
        require_match(entity_tag(version), entity_tag(post.version))
    return _reply(review.approve(caller, post))


@operation(
    blueprint,
    "POST",
    "/posts/<post_id>/unapprove",
    scope="posts:approve",
    returns=answers.PostSchema(),
    is_conditional=True,
    errors=(InvalidState,),
)
def unapprove_post(caller: Caller, post_id: str) -> Reply:
    """Make an approved post a draft again."""
    return _reply(review.unapprove(caller, _lock(caller, post_id)))


@operation(
    blueprint,
    "POST",
    "/posts/<post_id>/request-changes",
    scope="posts:approve",
    body=schemas.RequestChangesSchema,
    returns=answers.PostSchema(),
    is_conditional=True,
    errors=(InvalidState,),
)
def request_changes_to_post(caller: Caller, post_id: str, body: dict[str, Any]) -> Reply:
    """Flag a draft as needing changes; the comment is added to its comments."""
    post = _lock(caller, post_id)
    return _reply(review.request_changes(caller, post, body["comment"]))
