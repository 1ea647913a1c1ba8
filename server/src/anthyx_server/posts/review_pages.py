"""Review: the queue of drafts, and what is said of a post: approve, ask for changes, comment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask import redirect, request
from werkzeug.wrappers import Response

from anthyx_server.conditional import entity_tag, require_match
from anthyx_server.dashboard import (
    Answer,
    PageError,
    Visitor,
    forms,
    new_blueprint,
    page,
    render,
)
from anthyx_server.db import db
from anthyx_server.errors import ApiError, NotFound, PreconditionFailed
from anthyx_server.posts import bulk, comments, review, schemas, service
from anthyx_server.posts.models import Post
from anthyx_server.posts.page_lists import list_posts
from anthyx_server.posts.pages import post_page

blueprint = new_blueprint("review_pages", __name__)

_FILTERS = ("brand_id", "platform", "campaign", "assignee")
_MOST_AT_ONCE = 100
_MOST_DIGITS = 9
_CHANGED = (
    "This post was changed while you were reading, so nothing was done. It is shown as it is now: "
    "read it, then decide."
)
_requesting = schemas.RequestChangesSchema()
_commenting = schemas.CreateCommentSchema()


class Outcome(NamedTuple):
    """What became of one post of a bulk approval; without `problems` it was approved."""

    post_id: str
    text: str
    problems: list[str]


@page(blueprint, "/review")
def show_review(visitor: Visitor) -> Answer:
    """All drafts, those that are due first first."""
    number = _number(request.args.get("approved", ""))
    done = f"{number} {'post' if number == 1 else 'posts'} approved." if number else None
    return _queue(visitor, done=done)


@page(blueprint, "/review/approve", method="POST", permission="approve")
def approve_posts(visitor: Visitor) -> Answer:
    """Approve the drafts that were ticked, each in the version that was seen."""
    if (earlier := forms.earlier_result(visitor)) is not None:
        return redirect(earlier, 303)
    items = [_item(each) for each in dict.fromkeys(forms.chosen("post"))]
    if not items:
        return _queue(visitor, 422, problem="Tick the posts that you have read, then approve them.")
    if len(items) > _MOST_AT_ONCE:
        raise PageError(f"At most {_MOST_AT_ONCE} posts can be approved at once.")
    outcomes = bulk.approve(visitor.caller, items)["data"]
    told = [_outcome(item["id"], each) for item, each in zip(items, outcomes, strict=True)]
    if any(each.problems for each in told):
        return _queue(visitor, 422, outcomes=told)
    place = f"/review?{urlencode([*_filters(), ('approved', len(told))])}"
    forms.keep_result(visitor, place)
    return redirect(place, 303)


@page(blueprint, "/posts/<post_id>/approve", method="POST", permission="approve")
def approve_post(visitor: Visitor, post_id: str) -> Answer:
    """Approve a draft in the version that was seen."""

    def act() -> None:
        post = review.lock_for_approval(visitor.caller, post_id)
        _require_seen(post)
        review.approve(visitor.caller, post)

    return _decide(visitor, post_id, "approved", act)


@page(blueprint, "/posts/<post_id>/unapprove", method="POST", permission="approve")
def unapprove_post(visitor: Visitor, post_id: str) -> Answer:
    """Make an approved post a draft again."""

    def act() -> None:
        post = service.lock(visitor.caller, post_id)
        _require_seen(post)
        review.unapprove(visitor.caller, post)

    return _decide(visitor, post_id, "unapproved", act)


@page(blueprint, "/posts/<post_id>/request-changes", method="POST", permission="approve")
def request_changes(visitor: Visitor, post_id: str) -> Answer:
    """Flag a draft, with a comment that says what to change."""

    def act() -> None:
        values = forms.checked(_requesting, {"comment": request.form.get("comment", "")})
        post = service.lock(visitor.caller, post_id)
        _require_seen(post)
        review.request_changes(visitor.caller, post, values["comment"])

    return _decide(visitor, post_id, "changes_requested", act)


@page(blueprint, "/posts/<post_id>/comments", method="POST", permission="comment")
def add_comment(visitor: Visitor, post_id: str) -> Answer:
    """Comment on a post, whatever its state."""

    def act() -> None:
        values = forms.checked(_commenting, {"text": request.form.get("text", "")})
        comments.add(visitor.caller, service.hold(visitor.caller, post_id), values["text"])

    return _decide(visitor, post_id, "commented", act)


def _decide(visitor: Visitor, post_id: str, done: str, act: Callable[[], None]) -> Answer:
    """Do it once, and show the post then; or show why not, with nothing done."""
    if (earlier := forms.earlier_result(visitor)) is not None:
        return redirect(earlier, 303)
    try:
        with db.session.begin_nested():
            act()
    except NotFound:
        raise
    except ApiError as error:
        return _refused(visitor, post_id, done, error)
    place = f"/posts/{post_id}?done={done}"
    forms.keep_result(visitor, place)
    return redirect(place, 303)


def _refused(visitor: Visitor, post_id: str, done: str, error: ApiError) -> Response:
    if isinstance(error, PreconditionFailed):
        return post_page(visitor, post_id, error.status, alert=_CHANGED)
    if done == "approved" and error.errors:
        return post_page(visitor, post_id, error.status, refused=error.errors)
    problems = forms.Problems.of(error)
    return post_page(visitor, post_id, error.status, alert=problems.text, problems=problems)


def _require_seen(post: Post) -> None:
    """Check that a locked post is as it was shown beside the button.

    Raises:
        PreconditionFailed: it was changed since.
    """
    require_match(entity_tag(_number(request.form.get("version", ""))), entity_tag(post.version))


def _queue(
    visitor: Visitor,
    status: int = 200,
    *,
    done: str | None = None,
    problem: str | None = None,
    outcomes: list[Outcome] | None = None,
) -> Response:
    listed = list_posts(visitor, _FILTERS, state="draft", sort="scheduled_at")
    return render(
        "posts/list.html",
        max(status, listed.status),
        listed=listed,
        done=done,
        problem=problem,
        outcomes=outcomes or [],
        queue=True,
    )


def _item(sent: str) -> dict[str, Any]:
    """A ticked post: its id and the version that was seen, as the API takes them."""
    post_id, _, version = sent.partition(":")
    return {"id": post_id, "version": _number(version)}


def _outcome(post_id: str, outcome: dict[str, Any]) -> Outcome:
    error = outcome.get("error")
    if error is None:
        return Outcome(post_id, outcome["post"]["content"], [])
    details = [each["detail"] for each in error["errors"]] or [error["detail"]]
    if error["code"] == PreconditionFailed.code:
        details = ["It was changed while you were reading: read it again."]
    return Outcome(post_id, "", details)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0


def _filters() -> list[tuple[str, str]]:
    """The filters of the queue that the form was part of."""
    sent = parse_qsl(request.form.get("filters", "").removeprefix("?"))
    return [(name, value) for name, value in sent if name in _FILTERS]
