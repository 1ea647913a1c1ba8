"""`/v1/posts`: what is written."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from anthyx_server.brands import BrandArchived
from anthyx_server.conditional import entity_tag, require_match
from anthyx_server.errors import InvalidState, NotFound
from anthyx_server.merge_patch import patched
from anthyx_server.operations import Reply, operation
from anthyx_server.pagination import PageQuerySchema
from anthyx_server.posts import (
    answers,
    bulk,
    comments,
    editing,
    listing,
    patches,
    rehearsal,
    schemas,
    service,
)
from anthyx_server.posts.errors import PostReadOnly, ScheduledInPast
from anthyx_server.tenancy import Caller

blueprint = Blueprint("posts", __name__)

MAX_BULK = 100
_writable = schemas.WritablePostSchema()


def _reply(shown: dict[str, Any], status: int = 200) -> Reply:
    location = f"/v1/posts/{shown['id']}" if status == 201 else None
    return Reply(shown, status, etag=entity_tag(shown["version"]), location=location)


@operation(
    blueprint,
    "GET",
    "/posts",
    scope="posts:read",
    query=schemas.ListPostsQuerySchema,
    returns=answers.PostSchema(),
    is_list=True,
    errors=(NotFound,),
)
def list_posts(caller: Caller, query: dict[str, Any]) -> Reply:
    """List posts, newest first unless sort says otherwise.

    Filters add up. Ranges include their start and exclude their end. A brand that isn't there for
    the key is 404.
    """
    return Reply(listing.list_page(caller, query))


@operation(
    blueprint,
    "POST",
    "/posts",
    scope="posts:write",
    body=schemas.CreatePostSchema,
    returns=answers.PostSchema(),
    status=201,
    errors=(BrandArchived,),
)
def create_post(caller: Caller, body: dict[str, Any]) -> Reply:
    """Create a post: a draft for channels of one brand."""
    return _reply(editing.create(caller, body), 201)


@operation(
    blueprint,
    "POST",
    "/posts/validate",
    scope="posts:write",
    body=schemas.CreatePostSchema,
    returns=answers.PostValidationSchema(),
    errors=(BrandArchived,),
)
def validate_post(caller: Caller, body: dict[str, Any]) -> Reply:
    """Check a post without storing it.

    Tells all that would keep it from being approved, of the post and of each of its targets.
    """
    return Reply(rehearsal.rehearse(caller, body))


@operation(
    blueprint,
    "POST",
    "/posts/bulk",
    scope="posts:write",
    body=schemas.CreatePostSchema,
    most_items=MAX_BULK,
    returns=answers.BulkResultSchema(),
)
def bulk_create_posts(caller: Caller, body: list[Any]) -> Reply:
    """Create up to 100 posts, each on its own.

    One that is refused keeps no other from being made.
    """
    return Reply(bulk.create(caller, body))


@operation(
    blueprint,
    "POST",
    "/posts/bulk-approve",
    scope="posts:approve",
    body=schemas.BulkApprovalSchema,
    most_items=MAX_BULK,
    returns=answers.BulkResultSchema(),
)
def bulk_approve_posts(caller: Caller, body: list[Any]) -> Reply:
    """Approve up to 100 posts, each on its own and in the version that was read."""
    return Reply(bulk.approve(caller, body))


@operation(
    blueprint,
    "GET",
    "/posts/<post_id>",
    scope="posts:read",
    returns=answers.PostSchema(),
    is_conditional=True,
)
def get_post(caller: Caller, post_id: str) -> Reply:
    """Get a post."""
    return _reply(service.shown(service.find(caller, post_id)))


@operation(
    blueprint,
    "PATCH",
    "/posts/<post_id>",
    scope="posts:write",
    body=schemas.WritablePostSchema,
    returns=answers.PostSchema(),
    is_conditional=True,
    errors=(InvalidState, PostReadOnly, ScheduledInPast),
)
def update_post(caller: Caller, post_id: str, body: dict[str, Any]) -> Reply:
    """Change a post by a JSON merge patch (RFC 7396).

    Objects merge, arrays replace, null clears. Another content, format, thread, media or target
    makes an approved post a draft again. Of a published post only the notes can change.
    """
    post = service.lock(caller, post_id)
    shown = service.shown(post)
    patch = patches.without_unchanged(body, shown)
    current = {**shown, "targets": editing.writable_targets(shown)}
    values = patched(_writable, current, entity_tag(post.version), patch)
    return _reply(editing.update(caller, post, values))


@operation(
    blueprint,
    "DELETE",
    "/posts/<post_id>",
    scope="posts:write",
    status=204,
    is_conditional=True,
    errors=(InvalidState, PostReadOnly),
)
def delete_post(caller: Caller, post_id: str) -> Reply:
    """Delete a post for good, with its comments and its history."""
    post = service.lock(caller, post_id)
    require_match(request.headers.get("If-Match"), entity_tag(post.version))
    editing.delete(caller, post)
    return Reply(None, 204)


@operation(
    blueprint,
    "GET",
    "/posts/<post_id>/comments",
    scope="posts:read",
    query=PageQuerySchema,
    returns=answers.CommentSchema(),
    is_list=True,
)
def list_comments(caller: Caller, post_id: str, query: dict[str, Any]) -> Reply:
    """List the comments on a post, newest first."""
    return Reply(comments.list_comments(caller, service.find(caller, post_id), query))


@operation(
    blueprint,
    "POST",
    "/posts/<post_id>/comments",
    scope="posts:write",
    body=schemas.CreateCommentSchema,
    returns=answers.CommentSchema(),
    status=201,
)
def create_comment(caller: Caller, post_id: str, body: dict[str, Any]) -> Reply:
    """Comment on a post, whatever its state; that changes neither its state nor its version."""
    shown = comments.add(caller, service.hold(caller, post_id), body["text"])
    return Reply(shown, 201, location=f"/v1/posts/{post_id}/comments")


@operation(
    blueprint,
    "GET",
    "/posts/<post_id>/history",
    scope="posts:read",
    query=PageQuerySchema,
    returns=answers.HistoryEntrySchema(),
    is_list=True,
)
def list_history(caller: Caller, post_id: str, query: dict[str, Any]) -> Reply:
    """List what happened to a post, newest first."""
    return Reply(comments.list_history(caller, service.find(caller, post_id), query))
