"""The review of posts: approve, take back, ask for changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from anthyx_server import clock
from anthyx_server.errors import InvalidState
from anthyx_server.posts import approval, comments, editing, records, references, schedule, service
from anthyx_server.posts.models import Post
from anthyx_server.tenancy import Caller


def lock_for_approval(caller: Caller, post_id: str) -> Post:
    """One post, locked, and before it its brand, which must not be archived meanwhile.

    Raises:
        BrandArchived: the brand is archived.
        NotFound: there is no such post that the caller may see.
    """
    references.hold_brand(caller, service.find(caller, post_id).brand_id)
    return service.lock(caller, post_id)


def approve(caller: Caller, post: Post) -> dict[str, Any]:
    """Approve a locked draft; a blank time becomes the best time. The post as it is shown then.

    Raises:
        InvalidState: it is no draft.
        ScheduledInPast, ValidationFailed: it could not be published so.
    """
    require_state(post, "draft")
    before = service.shown(post)
    names = [target["platform"] for target in before["targets"]]
    if names:
        schedule.fill(post, names)
    schedule.refuse(_problems(caller, post, before, post.scheduled_at))
    post.state = "approved"
    _set_review(caller, post, "approved", None)
    post.approved_at = post.review_at
    shown = service.bump(post)
    records.note(caller, "post.approved", post, shown, before, without=records.SCHEDULED)
    records.note(caller, "post.scheduled", post, shown, before, only=records.SCHEDULED)
    return shown


def find_problems(caller: Caller, post: Post, shown: dict[str, Any]) -> schedule.Entries:
    """What would keep a draft, as it is shown, from being approved now."""
    # A best time that has passed would be replaced.
    is_ours = post.schedule_source == "best_time"
    return _problems(caller, post, shown, None if is_ours else post.scheduled_at)


def _problems(
    caller: Caller, post: Post, shown: dict[str, Any], scheduled_at: datetime | None
) -> schedule.Entries:
    platforms = {target["channel_id"]: target["platform"] for target in shown["targets"]}
    whole, judged = approval.judge(caller, editing.writable(post, shown), platforms)
    whole += schedule.problems(scheduled_at, list(platforms.values()))
    return approval.as_entries(whole, judged)


def unapprove(caller: Caller, post: Post) -> dict[str, Any]:
    """Make a locked, approved post a draft again; the post as it is shown then.

    Raises:
        InvalidState: it isn't approved.
    """
    require_state(post, "approved")
    before = service.shown(post)
    editing.back_to_draft(post)
    shown = service.bump(post)
    records.note(caller, "post.unapproved", post, shown, before)
    return shown


def request_changes(caller: Caller, post: Post, comment: str) -> dict[str, Any]:
    """Flag a locked draft and add the comment; the post as it is shown then.

    Raises:
        InvalidState: it is no draft.
    """
    require_state(post, "draft")
    before = service.shown(post)
    _set_review(caller, post, "changes_requested", comment)
    shown = service.bump(post)
    records.note(caller, "post.changes_requested", post, shown, before)
    comments.add(caller, post, comment)
    return shown


def require_state(post: Post, state: str) -> None:
    """Check the state of a post.

    Raises:
        InvalidState: it is in another one.
    """
    if post.state != state:
        current = post.state.replace("_", " ")
        raise InvalidState(f"{post.id} is {current}.", extra={"state": post.state})


def _set_review(caller: Caller, post: Post, status: str, comment: str | None) -> None:
    post.review_status = status
    post.review_by = caller.actor.as_dict()
    post.review_at = clock.now()
    post.review_comment = comment
