"""Lists of posts as pages show them: what may be chosen from, and what was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from flask import current_app

from anthyx_server import brands
from anthyx_server.dashboard import Given, Visitor, given_filters
from anthyx_server.errors import NotFound
from anthyx_server.posts import listing, schemas
from anthyx_server.workspaces import Member, list_members, may_see

PER_PAGE = 25
# More would make the page too large; who has more brands follows a link from a post.
_MOST_BRANDS = 200
_schema = schemas.ListPostsQuerySchema()


class Listed(NamedTuple):
    """A page of a list of posts; `brands` and `members` are what its filters offer."""

    given: Given
    posts: list[dict[str, Any]]
    next_cursor: str | None
    brands: list[tuple[str, str]]
    brand_names: dict[str, str]
    members: list[Member]

    @property
    def status(self) -> int:
        """The status of the page."""
        return 422 if self.given.problems else 200


def list_posts(visitor: Visitor, names: Sequence[str], **fixed: Any) -> Listed:
    """The posts that the address of a page asks for, with filters of these names.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
    """
    given = given_filters(_schema, (*names, "cursor"))
    arguments = given.values | {"limit": PER_PAGE} | fixed
    found: dict[str, Any] = {"data": [], "next_cursor": None}
    try:
        found = listing.list_page(visitor.caller, arguments)
    except NotFound:
        given.problems["brand_id"] = "There is no such brand here."
    # Rows hold JSON as its text: what is shown is what a client would read.
    posts: list[dict[str, Any]] = orjson.loads(orjson.dumps(found["data"]))
    brand_ids = {post["brand_id"] for post in posts}
    return Listed(
        given,
        posts,
        found["next_cursor"],
        brands.list_visible_names(visitor.caller, _MOST_BRANDS),
        brands.names_of(visitor.caller, brand_ids),
        _colleagues(visitor),
    )


def _colleagues(visitor: Visitor) -> list[Member]:
    """The people whom a post may be assigned to; who sees some brands alone sees theirs alone."""
    of_visitor = visitor.caller.brand_ids
    members = list_members(visitor.workspace.id)
    if of_visitor is None:
        return members
    return [each for each in members if any(may_see(each, brand) for brand in of_visitor)]


def how_to_begin(visitor: Visitor) -> dict[str, str]:
    """A draft by curl and by the SDK, for a list that is still empty."""
    base_url: str = current_app.extensions["anthyx_public_url"]
    known = brands.list_visible_names(visitor.caller, 1)
    brand_id = known[0][0] if known else "brand_…"
    curl = (
        'curl -H "Authorization: Bearer $ANTHYX_API_KEY" -H "Content-Type: application/json" \\\n'
        f'  -d \'{{"brand_id": "{brand_id}", "content": "Fresh bread, every morning."}}\' \\\n'
        f"  {base_url}/v1/posts"
    )
    sdk = (
        "from anthyx import Anthyx\n\n"
        f'client = Anthyx(base_url="{base_url}/v1")\n'
        f'client.posts.create(brand_id="{brand_id}", content="Fresh bread, every morning.")'
    )
    return {"curl": curl, "sdk": sdk}
