"""Posts by the SDK against a running server: written, reviewed, approved."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from anthyx import Anthyx, ConflictError, NewPost, PreconditionFailedError, ValidationError

pytestmark = pytest.mark.enable_socket

WHEN = datetime(2030, 1, 1, 9, tzinfo=UTC)


def test_posts_from_creation_to_deletion(client: Anthyx) -> None:
    brand = client.brands.create(name="Blue Bakery")
    made = client.posts.create(
        brand_id=brand.id, content="Fresh bread", scheduled_at=WHEN, tags=["bread"]
    )
    assert client.posts.get(made.id) == made
    changed = client.posts.update(made, notes="Ask Ada", metadata={"crm": "7"})
    assert (changed.notes, changed.version) == ("Ask Ada", made.version + 1)
    with pytest.raises(PreconditionFailedError):
        client.posts.approve(made)
    with pytest.raises(ValidationError) as refused:
        client.posts.approve(changed)
    assert [error.pointer for error in refused.value.errors] == ["/targets"]
    flagged = client.posts.request_changes(changed, comment="Where to?")
    assert flagged.review.status == "changes_requested"
    client.posts.create_comment(made, text="To X")
    texts = [comment.text for comment in client.posts.list_comments(made)]
    assert texts == ["To X", "Where to?"]
    types = [entry.type for entry in client.posts.list_history(made, page_size=2)]
    assert types[-1] == "post.created"
    assert len(types) == 5
    with pytest.raises(ConflictError) as conflict:
        client.brands.delete(brand)
    assert conflict.value.code == "brand_not_empty"
    client.posts.delete(made)
    client.brands.delete(brand)


def test_many_posts_are_made_and_found(client: Anthyx) -> None:
    brand = client.brands.create(name="Red Roastery")
    drafts: list[NewPost] = [
        {"brand_id": brand.id, "content": f"Post {n}", "tags": [f"t{n % 2}"]} for n in range(5)
    ]
    drafts.append({"brand_id": "brand_00000000000000000000000000"})
    made = client.posts.bulk_create(drafts)
    assert [outcome.status for outcome in made.data] == [201] * 5 + [422]
    found = list(client.posts.list(brand_id=brand.id, tag="t1", q="POST", page_size=1))
    assert [post.content for post in found] == ["Post 3", "Post 1"]
    approved = client.posts.bulk_approve(found)
    assert [outcome.status for outcome in approved.data] == [422, 422]
    dry = client.posts.validate({"brand_id": brand.id})
    assert not dry.is_valid
