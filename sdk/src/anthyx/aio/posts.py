"""Posts: drafts, their review, and what became of them.

Written by `nox -s aio` from posts.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from anthyx._pages import PageRequest
from anthyx._post_models import (
    BulkResult,
    NewPost,
    Post,
    PostApproval,
    PostComment,
    PostFormat,
    PostHistoryEntry,
    PostSort,
    PostState,
    PostTargetInput,
    PostValidation,
    ThreadPart,
    ThreadPartInput,
)
from anthyx._response import ResponseInfo
from anthyx._unset import UNSET, Unset
from anthyx._wire import new_request, path_to

from ._engine import AsyncEngine
from ._pages import AsyncPages


@dataclass(frozen=True, slots=True)
class AsyncPosts:
    """`client.posts`. Each method can raise any APIError; a post is given by id or as a Post."""

    _engine: AsyncEngine

    def list(
        self,
        *,
        brand_id: str | None = None,
        state: PostState | None = None,
        platform: str | None = None,
        channel_id: str | None = None,
        campaign: str | None = None,
        assignee: str | None = None,
        review_status: str | None = None,
        tag: str | None = None,
        q: str | None = None,
        scheduled_after: datetime | None = None,
        scheduled_before: datetime | None = None,
        published_after: datetime | None = None,
        published_before: datetime | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        updated_since: datetime | None = None,
        sort: PostSort | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPages[Post]:
        """The posts, newest first unless `sort` says otherwise; filters add up.

        Args are the filters of the API, then:
            sort: a time, with "-" for descending; posts without that time come last.
            limit: at most so many posts; None for all.
            page_size: how many to fetch per request, 1 to 100.
            cursor: `next_cursor` of an earlier page, to go on from there.

        Ranges (aware times) hold their start and not their end. `q` are words that all stand in
        the text.
        """
        query = {
            "brand_id": brand_id, "state": state, "platform": platform, "channel_id": channel_id,
            "campaign": campaign, "assignee": assignee, "review_status": review_status, "tag": tag,
            "q": q, "scheduled_after": scheduled_after, "scheduled_before": scheduled_before,
            "published_after": published_after, "published_before": published_before,
            "created_after": created_after, "created_before": created_before,
            "updated_since": updated_since, "sort": sort,
        }  # fmt: skip
        return AsyncPages(
            self._engine, Post, PageRequest("/posts", query, limit, page_size, cursor)
        )

    async def get(self, post: str | Post) -> Post:
        """One post."""
        return await self._engine.fetch(Post, new_request("GET", path_to("posts", post)))

    async def create(
        self,
        *,
        brand_id: str,
        content: str | Unset = UNSET,
        format: PostFormat | Unset = UNSET,
        thread: Sequence[ThreadPart | ThreadPartInput] | Unset | None = UNSET,
        media: Sequence[str] | Unset = UNSET,
        targets: Sequence[PostTargetInput] | Unset = UNSET,
        campaign: str | Unset | None = UNSET,
        scheduled_at: datetime | Unset | None = UNSET,
        assignee: str | Unset | None = UNSET,
        notes: str | Unset = UNSET,
        tags: Sequence[str] | Unset = UNSET,
        metadata: Mapping[str, str] | Unset = UNSET,
        idempotency_key: str | None = None,
    ) -> Post:
        """Make a draft.

        Args:
            brand_id: whose post it is.
            content: its text.
            format: "post" if left out.
            thread: the posts of a thread, first to last.
            media: ids of media.
            targets: the channels to publish to.
            campaign: a name that posts share.
            scheduled_at: an aware time; None for the best time.
            assignee: a member's id.
            notes: for your team.
            tags: up to 50.
            metadata: up to 20 pairs of your own.
            idempotency_key: 1 to 255 visible characters; made for you if left out.
        """
        body = {
            "brand_id": brand_id,
            "content": content,
            "format": format,
            "thread": thread,
            "media": media,
            "targets": targets,
            "campaign": campaign,
            "scheduled_at": scheduled_at,
            "assignee": assignee,
            "notes": notes,
            "tags": tags,
            "metadata": metadata,
        }
        request = new_request("POST", "/posts", body=body, idempotency_key=idempotency_key)
        return await self._engine.fetch(Post, request)

    async def update(
        self,
        post: str | Post,
        *,
        content: str | Unset | None = UNSET,
        format: PostFormat | Unset | None = UNSET,
        thread: Sequence[ThreadPart | ThreadPartInput] | Unset | None = UNSET,
        media: Sequence[str] | Unset | None = UNSET,
        targets: Sequence[PostTargetInput] | Unset | None = UNSET,
        campaign: str | Unset | None = UNSET,
        scheduled_at: datetime | Unset | None = UNSET,
        assignee: str | Unset | None = UNSET,
        notes: str | Unset | None = UNSET,
        tags: Sequence[str] | Unset | None = UNSET,
        metadata: Mapping[str, str | None] | Unset | None = UNSET,
        if_match: str | Post | None = None,
        idempotency_key: str | None = None,
    ) -> Post:
        """Change what is given: None clears a field, what is left out stays.

        Another content, format, thread, media or target makes an approved post a draft again.
        With `if_match` (an ETag, or a Post from anything but a list) a post that has changed since
        is left alone and PreconditionFailedError raised.
        """
        body = {
            "content": content,
            "format": format,
            "thread": thread,
            "media": media,
            "targets": targets,
            "campaign": campaign,
            "scheduled_at": scheduled_at,
            "assignee": assignee,
            "notes": notes,
            "tags": tags,
            "metadata": metadata,
        }
        request = new_request(
            "PATCH",
            path_to("posts", post),
            body=body,
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        return await self._engine.fetch(Post, request)

    async def delete(
        self,
        post: str | Post,
        *,
        if_match: str | Post | None = None,
        idempotency_key: str | None = None,
    ) -> ResponseInfo:
        """Delete a post; ConflictError once it is published."""
        path = path_to("posts", post)
        return await self._engine.perform(
            new_request("DELETE", path, if_match=if_match, idempotency_key=idempotency_key)
        )

    async def approve(
        self,
        post: str | Post,
        *,
        version: int | None = None,
        if_match: str | Post | None = None,
        idempotency_key: str | None = None,
    ) -> Post:
        """Approve a draft in the version that was read; a blank time becomes the best time.

        A Post brings its version. Of an id, say it with `version` or `if_match`. A post that has
        changed since is left alone and PreconditionFailedError raised.

        Raises:
            ValueError: nothing says which version was read.
        """
        if version is None and if_match is None:
            if isinstance(post, str):
                raise ValueError("say which version was read: pass the Post, version= or if_match=")
            version = post.version
        body = {} if version is None else {"version": version}
        return await self._act(post, "approve", body, if_match, idempotency_key)

    async def unapprove(
        self,
        post: str | Post,
        *,
        if_match: str | Post | None = None,
        idempotency_key: str | None = None,
    ) -> Post:
        """Make an approved post a draft again."""
        return await self._act(post, "unapprove", None, if_match, idempotency_key)

    async def request_changes(
        self,
        post: str | Post,
        *,
        comment: str,
        if_match: str | Post | None = None,
        idempotency_key: str | None = None,
    ) -> Post:
        """Flag a draft as needing changes; the comment is added to its comments."""
        body = {"comment": comment}
        return await self._act(post, "request-changes", body, if_match, idempotency_key)

    async def validate(
        self, post: NewPost, *, idempotency_key: str | None = None
    ) -> PostValidation:
        """Say all that would keep a post from being approved, without making it."""
        request = new_request("POST", "/posts/validate", body=post, idempotency_key=idempotency_key)
        return await self._engine.fetch(PostValidation, request)

    async def bulk_create(
        self, posts: Sequence[NewPost], *, idempotency_key: str | None = None
    ) -> BulkResult:
        """Make 1 to 100 drafts, each on its own: look at each outcome."""
        request = new_request("POST", "/posts/bulk", body=posts, idempotency_key=idempotency_key)
        return await self._engine.fetch(BulkResult, request)

    async def bulk_approve(
        self, posts: Sequence[Post | PostApproval], *, idempotency_key: str | None = None
    ) -> BulkResult:
        """Approve 1 to 100 posts in the versions that were read, each on its own."""
        body = [
            {"id": post.id, "version": post.version} if isinstance(post, Post) else post
            for post in posts
        ]
        request = new_request(
            "POST", "/posts/bulk-approve", body=body, idempotency_key=idempotency_key
        )
        return await self._engine.fetch(BulkResult, request)

    def list_comments(
        self,
        post: str | Post,
        *,
        limit: int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPages[PostComment]:
        """The comments on a post, newest first; `limit`, `page_size`, `cursor` as in `list`."""
        path = path_to("posts", post, "comments")
        return AsyncPages(
            self._engine, PostComment, PageRequest(path, {}, limit, page_size, cursor)
        )

    async def create_comment(
        self, post: str | Post, *, text: str, idempotency_key: str | None = None
    ) -> PostComment:
        """Comment on a post, whatever its state."""
        path = path_to("posts", post, "comments")
        body = {"text": text}
        request = new_request("POST", path, body=body, idempotency_key=idempotency_key)
        return await self._engine.fetch(PostComment, request)

    def list_history(
        self,
        post: str | Post,
        *,
        limit: int | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPages[PostHistoryEntry]:
        """What happened to a post, newest first; `limit`, `page_size`, `cursor` as in `list`."""
        path = path_to("posts", post, "history")
        asked = PageRequest(path, {}, limit, page_size, cursor)
        return AsyncPages(self._engine, PostHistoryEntry, asked)

    async def _act(
        self,
        post: str | Post,
        action: str,
        body: Mapping[str, object] | None,
        if_match: str | Post | None,
        idempotency_key: str | None,
    ) -> Post:
        request = new_request(
            "POST",
            path_to("posts", post, action),
            body=UNSET if body is None else body,
            if_match=if_match,
            idempotency_key=idempotency_key,
        )
        return await self._engine.fetch(Post, request)
