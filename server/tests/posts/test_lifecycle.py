"""What can be done to a post in each state, and what each change leaves behind."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from anthyx_server import clock, db, events
from anthyx_server.channels import Channel
from anthyx_server.posts.models import Post, PostComment, PostHistoryEntry, PostTag, PostTarget
from server.tests.posts.conftest import Make, make_channel
from tests.support.apps import Account
from tests.support.problems import entries, problem

SOON = "2030-01-01T09:00:00.000Z"
PAST = "2020-01-01T09:00:00Z"


def outbox(account: Account, post_id: str) -> list[dict[str, Any]]:
    """The events about a post, in order."""
    with account.app.app_context():
        rows = db.db.session.query(events.Event).order_by(events.Event.id).all()
        found = [orjson.loads(row.body) for row in rows]
    return [each for each in found if each["subject"]["id"] == post_id]


def types(account: Account, post_id: str) -> list[str]:
    return [each["type"].removeprefix("post.") for each in outbox(account, post_id)]


def put_into(account: Account, post_id: str, state: str) -> None:
    """Put a post into a state that only publishing will reach."""
    with account.app.app_context(), db.transaction():
        values: dict[str, Any] = {"state": state}
        if state in {"published", "partially_published"}:
            values["published_at"] = clock.now()
        db.db.session.execute(sa.update(Post).where(Post.id == post_id).values(**values))
        failed = {"state": state, "attempts": 3, "error": {"code": "x"}}
        db.db.session.execute(
            sa.update(PostTarget).where(PostTarget.post_id == post_id).values(**failed)
        )


def approve(account: Account, post: dict[str, Any]) -> dict[str, Any]:
    answer = account.post(f"/posts/{post['id']}/approve", json={"version": post["version"]})
    assert answer.status_code == 200, answer.get_json()
    return dict(answer.get_json())


def test_a_post_from_draft_to_approved_and_back(account: Account, make_post: Make) -> None:
    post = make_post(scheduled_at=SOON)
    path = f"/posts/{post['id']}"
    assert (post["state"], post["version"], post["schedule_source"]) == ("draft", 1, "explicit")
    assert post["author"]["id"] == account.key_id
    assert account.get(path).get_json() == post
    approved = approve(account, post)
    assert (approved["state"], approved["version"]) == ("approved", 2)
    assert approved["review"]["status"] == "approved"
    assert approved["review"]["by"]["id"] == account.key_id
    assert approved["review"]["at"] == approved["approved_at"]
    assert account.get(path).get_json() == approved
    again = account.post(f"{path}/unapprove").get_json()
    assert (again["state"], again["approved_at"]) == ("draft", None)
    assert again["review"] == {"status": "pending", "by": None, "at": None, "comment": None}
    expected = ["created", "approved", "scheduled", "unapproved"]
    assert types(account, post["id"]) == expected
    told = outbox(account, post["id"])[1]
    assert told["data"]["object"] == approved
    assert told["data"]["previous"]["state"] == "draft"
    assert told["brand_id"] == post["brand_id"]


def test_an_approval_and_its_review_are_of_one_moment(
    account: Account, make_post: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = make_post(scheduled_at=SOON)
    now, looks = clock.now, itertools.count()
    monkeypatch.setattr(clock, "now", lambda: now() + timedelta(milliseconds=next(looks)))
    approved = approve(account, post)
    assert approved["approved_at"] == approved["review"]["at"]


@pytest.mark.parametrize(
    "change",
    [
        {"content": "Other"},
        {"format": "thread"},
        {"format": "thread", "thread": [{"content": "a"}, {"content": "b"}]},
        {"targets": []},
    ],
    ids="+".join,
)
def test_what_was_approved_changes_only_into_a_draft(
    account: Account, make_post: Make, change: dict[str, Any]
) -> None:
    post = approve(account, make_post())
    answer = account.patch(f"/posts/{post['id']}", json={**change, "scheduled_at": PAST})
    changed = answer.get_json()
    assert (changed["state"], changed["approved_at"]) == ("draft", None)
    assert changed["review"]["status"] == "pending"
    assert types(account, post["id"])[3:] == ["updated", "unapproved"]


@pytest.mark.parametrize(
    "change",
    [
        {"notes": "Call Ada"},
        {"tags": ["a"]},
        {"metadata": {"a": "b"}},
        {"campaign": "Spring"},
        {"assignee": "owner"},
    ],
    ids="+".join,
)
def test_the_rest_can_change_and_stays_approved(
    account: Account, make_post: Make, change: dict[str, Any]
) -> None:
    post = approve(account, make_post())
    if "assignee" in change:
        change = {"assignee": owner_of(account)}
    changed = account.patch(f"/posts/{post['id']}", json=change).get_json()
    assert changed["state"] == "approved"
    assert changed == post | change | {name: changed[name] for name in ("version", "updated_at")}
    assert changed["version"] == post["version"] + 1
    assert types(account, post["id"])[3:] == ["updated"]
    assert account.get(f"/posts/{post['id']}").get_json() == changed


def owner_of(account: Account) -> str:
    with account.app.app_context():
        query = sa.text("SELECT id FROM members WHERE workspace_id = :id")
        return str(db.db.session.scalar(query, {"id": account.workspace_id}))


def test_an_approved_post_keeps_to_times_that_can_be_kept(
    account: Account, make_post: Make, brand_id: str
) -> None:
    post = approve(account, make_post())
    path = f"/posts/{post['id']}"
    assert post["schedule_source"] == "best_time"
    moved = account.patch(path, json={"scheduled_at": SOON}).get_json()
    assert (moved["state"], moved["scheduled_at"]) == ("approved", SOON)
    assert moved["schedule_source"] == "explicit"
    assert types(account, post["id"])[3:] == ["updated", "scheduled"]
    refused = problem(account.patch(path, json={"scheduled_at": PAST}), 422, "scheduled_in_past")
    assert refused["errors"][0]["pointer"] == "/scheduled_at"
    assert account.get(path).get_json() == moved
    blank = account.patch(path, json={"scheduled_at": None}).get_json()
    assert (blank["state"], blank["schedule_source"]) == ("approved", "best_time")
    assert blank["scheduled_at"] > clock.rfc3339(clock.now())


def test_a_change_that_changes_nothing(account: Account, make_post: Make) -> None:
    post = make_post(tags=["a"], scheduled_at="2030-01-01T10:00:00+01:00")
    path = f"/posts/{post['id']}"
    whole = account.patch(path, json=post)
    assert whole.status_code == 200, whole.get_json()
    assert whole.get_json() == post
    assert types(account, post["id"]) == ["created"]
    for name in ("state", "platform"):
        targets = [{**post["targets"][0], name: "other"}]
        found = entries(account.patch(path, json={"targets": targets}))
        assert found == {(f"/targets/0/{name}", "read_only_field")}
    found = entries(account.patch(path, json={"state": "approved", "review": {}}))
    assert found == {("/state", "read_only_field"), ("/review", "read_only_field")}


def test_approving_names_the_version_that_was_read(account: Account, make_post: Make) -> None:
    post = make_post()
    path = f"/posts/{post['id']}/approve"
    problem(account.post(path), 428, "version_required")
    problem(account.post(path, json={}), 428, "version_required")
    problem(account.post(path, headers={"If-Match": "*"}), 428, "version_required")
    account.patch(f"/posts/{post['id']}", json={"content": "Other"})
    problem(account.post(path, json={"version": 1}), 412, "precondition_failed")
    problem(account.post(path, headers={"If-Match": '"1"'}), 412, "precondition_failed")
    both = {"json": {"version": 2}, "headers": {"If-Match": '"1"'}}
    problem(account.post(path, **both), 412, "precondition_failed")
    assert account.post(path, headers={"If-Match": '"2"'}).status_code == 200
    again = account.post(path, json={"version": 3})
    assert problem(again, 409, "invalid_state")["state"] == "approved"
    assert "approved" not in types(account, post["id"])[:2]


def test_approval_tells_every_problem_at_once(account: Account, brand_id: str) -> None:
    ids = [
        make_channel(account, brand_id, "x"),
        make_channel(account, brand_id, status="disconnected"),
        make_channel(account, brand_id, "tiktok"),
        make_channel(account, brand_id, "linkedin"),
    ]
    far = clock.rfc3339(clock.now() + timedelta(days=11))
    body = {
        "brand_id": brand_id,
        "content": "a" * 281,
        "scheduled_at": far,
        "targets": [{"channel_id": each} for each in ids],
    }
    post = account.post("/posts", json=body).get_json()
    with account.app.app_context(), db.transaction():
        db.db.session.execute(sa.delete(Channel).where(Channel.id == ids[3]))
    answer = account.post(f"/posts/{post['id']}/approve", json={"version": 1})
    assert entries(answer) == {
        ("/targets/0", "text_too_long"),
        ("/targets/1", "channel_not_connected"),
        ("/targets/2", "media_missing"),
        ("/targets/2", "scheduled_too_far"),
        ("/targets/3", "channel_deleted"),
    }
    assert account.get(f"/posts/{post['id']}").get_json() == post
    bare = account.post("/posts", json={"brand_id": brand_id, "scheduled_at": PAST}).get_json()
    answer = account.post(f"/posts/{bare['id']}/approve", json={"version": 1})
    found = {("/targets", "no_targets"), ("/scheduled_at", "scheduled_in_past")}
    assert entries(answer) == found
    assert types(account, bare["id"]) == ["created"]


def test_a_past_time_alone_is_told_by_its_own_code(account: Account, make_post: Make) -> None:
    post = make_post(scheduled_at=PAST)
    answer = account.post(f"/posts/{post['id']}/approve", json={"version": 1})
    assert problem(answer, 422, "scheduled_in_past")["errors"][0]["code"] == "scheduled_in_past"


def test_a_best_time_that_has_passed_is_chosen_anew(account: Account, make_post: Make) -> None:
    post = approve(account, make_post())
    account.post(f"/posts/{post['id']}/unapprove")
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    with account.app.app_context(), db.transaction():
        db.db.session.execute(sa.update(Post).values(scheduled_at=long_ago))
    again = approve(account, {**post, "version": 3})
    assert again["scheduled_at"] >= post["scheduled_at"]
    assert again["schedule_source"] == "best_time"


def test_changes_are_requested_with_a_comment(account: Account, make_post: Make) -> None:
    post = make_post()
    path = f"/posts/{post['id']}"
    assert entries(account.post(f"{path}/request-changes", json={})) == {("/comment", "required")}
    answer = account.post(f"{path}/request-changes", json={"comment": "Shorter, please"})
    flagged = answer.get_json()
    assert (flagged["state"], flagged["version"]) == ("draft", 2)
    assert flagged["review"]["status"] == "changes_requested"
    assert flagged["review"]["comment"] == "Shorter, please"
    comments = account.get(f"{path}/comments").get_json()["data"]
    assert [each["text"] for each in comments] == ["Shorter, please"]
    assert types(account, post["id"]) == ["created", "changes_requested", "comment.created"]
    approved = approve(account, flagged)
    assert approved["review"]["comment"] is None
    answer = account.post(f"{path}/request-changes", json={"comment": "Too late"})
    problem(answer, 409, "invalid_state")
    stale = account.post(f"{path}/unapprove", headers={"If-Match": '"1"'})
    problem(stale, 412, "precondition_failed")


def test_what_is_being_published_is_left_alone(account: Account, make_post: Make) -> None:
    post = make_post()
    put_into(account, post["id"], "publishing")
    path = f"/posts/{post['id']}"
    for answer in (
        account.patch(path, json={"notes": "x"}),
        account.patch(path, json={"content": "x"}),
        account.delete(path),
        account.post(f"{path}/approve", json={"version": 1}),
        account.post(f"{path}/unapprove"),
        account.post(f"{path}/request-changes", json={"comment": "x"}),
    ):
        assert problem(answer, 409, "invalid_state")["state"] == "publishing"
    assert account.post(f"{path}/comments", json={"text": "Go!"}).status_code == 201
    assert types(account, post["id"]) == ["created", "comment.created"]


@pytest.mark.parametrize("state", ["published", "partially_published"])
def test_of_what_is_published_only_notes_change(
    account: Account, make_post: Make, state: str
) -> None:
    post = make_post()
    put_into(account, post["id"], state)
    path = f"/posts/{post['id']}"
    for change in ({"content": "x"}, {"notes": "x", "tags": ["x"]}, {"scheduled_at": SOON}):
        assert problem(account.patch(path, json=change), 409, "post_read_only")["state"] == state
    problem(account.delete(path), 409, "post_read_only")
    problem(account.post(f"{path}/approve", json={"version": 1}), 409, "invalid_state")
    changed = account.patch(path, json={"notes": "It went well"}).get_json()
    assert (changed["notes"], changed["state"]) == ("It went well", state)
    assert account.post(f"{path}/comments", json={"text": "Nice"}).status_code == 201
    assert types(account, post["id"]) == ["created", "updated", "comment.created"]


def test_what_failed_can_be_mended_or_deleted(account: Account, make_post: Make) -> None:
    post = make_post()
    put_into(account, post["id"], "failed")
    path = f"/posts/{post['id']}"
    assert account.patch(path, json={"notes": "Why?"}).get_json()["state"] == "failed"
    mended = account.patch(path, json={"content": "Better"}).get_json()
    assert (mended["state"], mended["error"]) == ("draft", None)
    assert mended["targets"][0]["state"] == "pending"
    assert (mended["targets"][0]["attempts"], mended["targets"][0]["error"]) == (0, None)
    assert types(account, post["id"]) == ["created", "updated", "updated"]
    put_into(account, post["id"], "failed")
    assert account.delete(path).status_code == 204


def test_a_deleted_post_leaves_nothing_but_its_event(account: Account, make_post: Make) -> None:
    post = make_post("Zanzibar", tags=["a"])
    path = f"/posts/{post['id']}"
    account.post(f"{path}/comments", json={"text": "x"})
    problem(account.delete(path, headers={"If-Match": '"9"'}), 412, "precondition_failed")
    assert account.delete(path).status_code == 204
    problem(account.get(path), 404, "not_found")
    problem(account.delete(path), 404, "not_found")
    assert types(account, post["id"])[-1] == "deleted"
    assert outbox(account, post["id"])[-1]["data"]["object"]["tags"] == ["a"]
    with account.app.app_context():
        for model in (PostTarget, PostTag, PostComment, PostHistoryEntry):
            assert db.db.session.query(model).count() == 0
    assert account.get("/posts?q=zanzibar").get_json()["data"] == []


def test_the_history_tells_what_happened(account: Account, make_post: Make) -> None:
    post = approve(account, make_post("Old"))
    path = f"/posts/{post['id']}"
    account.post(f"{path}/comments", json={"text": "x"})
    account.patch(path, json={"content": "New", "tags": ["a"]})
    page = account.get(f"{path}/history?limit=4").get_json()
    rest = account.get(f"{path}/history?limit=4&cursor={page['next_cursor']}").get_json()
    told = page["data"] + rest["data"]
    assert [each["type"].removeprefix("post.") for each in told] == [
        "unapproved", "updated", "comment.created", "scheduled", "approved", "created",
    ]  # fmt: skip
    assert told[0]["changes"]["state"] == {"from": "approved", "to": "draft"}
    assert told[1]["changes"] == {
        "content": {"from": "Old", "to": "New"}, "tags": {"from": [], "to": ["a"]},
    }  # fmt: skip
    assert told[2]["changes"] is None
    assert told[3]["changes"].keys() == {"scheduled_at", "schedule_source"}
    assert told[4]["changes"].keys() == {"state", "review", "approved_at"}
    assert {each["actor"]["id"] for each in told} == {account.key_id}


def test_comments_come_newest_first_and_change_nothing(account: Account, make_post: Make) -> None:
    post = make_post()
    path = f"/posts/{post['id']}/comments"
    made = [account.post(path, json={"text": str(n)}).get_json() for n in range(3)]
    first = account.get(f"{path}?limit=2").get_json()
    second = account.get(f"{path}?limit=2&cursor={first['next_cursor']}").get_json()
    assert first["data"] + second["data"] == made[::-1]
    assert account.get(f"/posts/{post['id']}").get_json() == post
    told = outbox(account, post["id"])[-1]
    assert (told["type"], told["data"]["object"]) == ("post.comment.created", made[2])
    problem(account.post("/posts/post_00000000000000000000000000/comments", json={"text": "x"}),
            404, "not_found")  # fmt: skip
