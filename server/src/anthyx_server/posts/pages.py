"""Posts: the list, and one post with all that belongs to it."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from anthyx_server.dashboard import Answer, Visitor, forms, new_blueprint, page, render
from anthyx_server.posts.page_lists import how_to_begin, list_posts
from anthyx_server.posts.page_of_post import look_at
from anthyx_server.posts.schemas import STATES

blueprint = new_blueprint("post_pages", __name__)

_FILTERS = ("brand_id", "platform", "campaign", "assignee", "state", "review_status")
# What was just done, as the page says it.
_DONE = {
    "approved": "Approved. It will be published at its time.",
    "unapproved": "It is a draft again and will not be published.",
    "changes_requested": "Changes requested. The comment stands below.",
    "commented": "Your comment was added.",
}


@page(blueprint, "/posts")
def show_posts(visitor: Visitor) -> Answer:
    """The posts of the brands that the visitor may see, newest first."""
    listed = list_posts(visitor, _FILTERS)
    begin = how_to_begin(visitor) if not listed.posts else None
    return render(
        "posts/list.html", listed.status, listed=listed, begin=begin, states=STATES, queue=False
    )


@page(blueprint, "/posts/<post_id>")
def show_post(visitor: Visitor, post_id: str) -> Answer:
    """One post."""
    return post_page(visitor, post_id, done=_DONE.get(request.args.get("done", "")))


def post_page(
    visitor: Visitor,
    post_id: str,
    status: int = 200,
    *,
    done: str | None = None,
    alert: str | None = None,
    refused: list[dict[str, str]] | None = None,
    problems: forms.Problems | None = None,
) -> Response:
    """The page of a post as it is now, with what was done or what went wrong.

    `refused` are the problems that an approval found, `problems` those of its forms.

    Raises:
        NotFound: there is no such post that the visitor may see.
    """
    return render(
        "posts/post.html",
        status,
        **look_at(visitor.caller, post_id)._asdict(),
        done=done,
        alert_text=alert,
        refused=refused,
        form_problems=problems or forms.Problems(),
        sent=request.form,
    )
