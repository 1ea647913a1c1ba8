"""What connecting, changing and disconnecting leave behind, and brands that own channels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anthyx_server import clock, db
from anthyx_server.posts import Post, PostTarget
from server.tests.keys.answers import audit_of, events_of
from tests.support.apps import Account
from tests.support.problems import problem

Make = Callable[..., dict[str, Any]]


def test_connecting_and_disconnecting_are_told(account: Account, make_channel: Make) -> None:
    channel = make_channel(credentials={"token": "hush"})
    path = f"/channels/{channel['id']}"
    changed = account.patch(path, json={"name": "New"}).get_json()
    answer = account.delete(path)
    assert (answer.status_code, answer.get_data()) == (204, b"")
    connected, disconnected = events_of(account.app, channel["id"])
    assert (connected["type"], disconnected["type"]) == (
        "channel.connected",
        "channel.disconnected",
    )
    for event in (connected, disconnected):
        assert event["brand_id"] == channel["brand_id"]
        assert event["subject"] == {"type": "channel", "id": channel["id"]}
    assert connected["data"] == {"object": channel, "previous": None, "truncated": False}
    gone = disconnected["data"]["object"]
    assert gone == {
        **changed,
        "status": "disconnected",
        "version": 3,
        "updated_at": gone["updated_at"],
    }
    assert disconnected["data"]["previous"] == {
        "status": "connected",
        "version": 2,
        "updated_at": changed["updated_at"],
    }


def test_the_audit_log_knows_who_held_credentials(account: Account, make_channel: Make) -> None:
    channel = make_channel()
    path = f"/channels/{channel['id']}"
    for patch in ({"name": "New"}, {"credentials": {"a": "b"}}, {"credentials": {"a": "b"}}):
        account.patch(path, json=patch)
    account.patch(path, json={"credentials": None})
    account.delete(path)
    entries = audit_of(account.app, channel["id"])
    assert [(entry.action, entry.detail["has_credentials"]) for entry in entries] == [
        ("channel.connected", False),
        ("channel.credentials_changed", True),
        ("channel.credentials_changed", False),
        ("channel.disconnected", False),
    ]
    assert {entry.actor["id"] for entry in entries} == {account.key_id}
    assert entries[-1].detail["name"] == "New"


def test_a_deleted_channel_is_gone(account: Account, make_channel: Make) -> None:
    path = f"/channels/{make_channel()['id']}"
    assert account.delete(path).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        body: dict[str, Any] | None = {} if method == "PATCH" else None
        problem(account.request(method, path, json=body), 404, "not_found")


def test_a_brand_with_channels_is_not_empty(
    account: Account, make_brand: Make, make_channel: Make
) -> None:
    brand_id = make_brand()["id"]
    path = f"/brands/{brand_id}"
    made = [make_channel(brand_id=brand_id)["id"] for _ in range(2)]
    make_channel()  # another brand's
    document = problem(account.delete(path), 409, "brand_not_empty")
    assert document["detail"] == f"{brand_id} still has 2 channels: delete them first."
    account.delete(f"/channels/{made[0]}")
    account.post(f"{path}/archive")
    document = problem(account.delete(path), 409, "brand_not_empty")
    assert "1 channel:" in document["detail"]
    account.delete(f"/channels/{made[1]}")
    assert account.delete(path).status_code == 204
    assert [each["type"] for each in events_of(account.app, brand_id)] == [
        "brand.created",
        "brand.archived",
        "brand.deleted",
    ]


def test_all_that_a_brand_has_is_told(
    account: Account, make_brand: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    counters = [lambda *_: ("channels", 0), lambda *_: ("posts", 1_200), lambda *_: ("drafts", 2)]
    monkeypatch.setitem(account.app.extensions, "anthyx_brand_contents", counters)
    brand_id = make_brand()["id"]
    document = problem(account.delete(f"/brands/{brand_id}"), 409, "brand_not_empty")
    assert document["detail"].endswith("has 1,200 posts and 2 drafts: delete them first.")


def test_targets_of_posts_outlive_their_channel(account: Account, make_channel: Make) -> None:
    channel = make_channel()
    owner = {"workspace_id": account.workspace_id, "mode": account.mode}
    with account.app.app_context(), db.transaction():
        db.db.session.add_all(_post(channel, owner))
    assert account.delete(f"/channels/{channel['id']}").status_code == 204
    with account.app.app_context():
        targets = db.db.session.query(PostTarget).all()
        assert [target.channel_id for target in targets] == [channel["id"]]
        post = db.db.session.get_one(Post, "post_1")
        assert post.state == "approved"


def _post(channel: dict[str, Any], owner: dict[str, str]) -> list[Any]:
    moment = clock.now()
    post = Post(
        id="post_1",
        brand_id=channel["brand_id"],
        content="Hello",
        format="post",
        media=[],
        state="approved",
        review_status="approved",
        author={"type": "system", "id": None, "name": "A"},
        notes="",
        tags=[],
        metadata_={},
        version=1,
        created_at=moment,
        updated_at=moment,
        **owner,
    )
    target = PostTarget(
        post_id="post_1",
        channel_id=channel["id"],
        position=0,
        platform=channel["platform"],
        state="pending",
        attempts=0,
        **owner,
    )
    return [post, target]


def test_what_is_told_is_in_the_changes_transaction(account: Account, make_channel: Make) -> None:
    channel = make_channel()
    path = f"/channels/{channel['id']}"

    def refuse(_session: object) -> None:
        raise RuntimeError("not now")

    body = {"brand_id": channel["brand_id"], "platform": "x", "name": "Other"}
    with db.committing.connected_to(refuse):
        problem(account.post("/channels", json=body), 500, "internal_error")
        problem(account.patch(path, json={"credentials": {"a": "b"}}), 500, "internal_error")
        problem(account.delete(path), 500, "internal_error")
    assert account.get("/channels").get_json()["data"] == [channel]
    kinds = [each["type"] for each in events_of(account.app)]
    assert [kind for kind in kinds if kind.startswith("channel.")] == ["channel.connected"]
    assert len(audit_of(account.app, channel["id"])) == 1
