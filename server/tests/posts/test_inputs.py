"""What a post may hold, what it may refer to, and the dry run."""

from __future__ import annotations

from typing import Any

from anthyx_server import db
from anthyx_server.ids import new_id
from anthyx_server.posts.models import Post
from server.tests.posts.conftest import Make, make_channel
from tests.support.apps import Account
from tests.support.problems import entries, problem

NOBODY = "usr_00000000000000000000000000"
WRONG: list[tuple[dict[str, Any], set[tuple[str, str]]]] = [
    ({}, {("/brand_id", "required")}),
    ({"brand_id": "brand_00000000000000000000000000"}, {("/brand_id", "invalid")}),
    ({"format": "essay"}, {("/format", "invalid")}),
    ({"thread": [{"content": "a"}]}, {("/thread", "invalid")}),
    ({"format": "thread", "thread": []}, {("/thread", "invalid")}),
    ({"format": "thread", "thread": [{}]}, {("/thread/0/content", "required")}),
    ({"content": None}, {("/content", "null_not_allowed")}),
    ({"content": "a" * 100_001}, {("/content", "invalid")}),
    ({"content": "\x00"}, {("/content", "invalid")}),
    ({"scheduled_at": "2030-01-01T10:00:00"}, {("/scheduled_at", "invalid")}),
    ({"assignee": NOBODY}, {("/assignee", "invalid")}),
    ({"tags": ["a", "a"]}, {("/tags", "invalid")}),
    ({"tags": [str(n) for n in range(51)]}, {("/tags", "invalid")}),
    ({"tags": ["a" * 51]}, {("/tags/0", "invalid")}),
    ({"state": "approved"}, {("/state", "unknown_field")}),
    ({"targets": [{}]}, {("/targets/0/channel_id", "required")}),
]


def test_a_post_is_shown_as_it_was_made(account: Account, brand_id: str, channel_id: str) -> None:
    body: dict[str, Any] = {
        "brand_id": brand_id,
        "content": "  Two spaces stay\n",
        "format": "thread",
        "thread": [{"content": "1"}, {"content": "2", "media": []}],
        "targets": [{"channel_id": channel_id, "content_override": "Other"}],
        "campaign": "Spring",
        "scheduled_at": "2030-01-01T10:00:00.123456+01:00",
        "notes": "n",
        "tags": ["b", "a"],
        "metadata": {"k": "v"},
    }
    answer = account.post("/posts", json=body)
    post = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["ETag"] == '"1"'
    assert answer.headers["Location"] == f"/v1/posts/{post['id']}"
    assert post["content"] == body["content"]
    assert post["thread"] == [{"content": "1", "media": []}, {"content": "2", "media": []}]
    assert post["targets"] == [
        {
            "channel_id": channel_id, "platform": "linkedin", "content_override": "Other",
            "state": "pending", "external_id": None, "external_url": None, "published_at": None,
            "attempts": 0, "error": None,
        }
    ]  # fmt: skip
    assert post["scheduled_at"] == "2030-01-01T09:00:00.123Z"
    assert (post["tags"], post["state"]) == (["b", "a"], "draft")
    assert post["review"] == {"status": "pending", "by": None, "at": None, "comment": None}
    bare = account.post("/posts", json={"brand_id": brand_id}).get_json()
    assert (bare["format"], bare["content"], bare["schedule_source"]) == ("post", "", None)
    page = account.get("/posts").get_json()
    assert page["data"] == [bare, post]
    cached = account.get(f"/posts/{post['id']}", headers={"If-None-Match": '"1"'})
    assert cached.status_code == 304


def test_what_is_wrong_is_refused_with_its_place(account: Account, brand_id: str) -> None:
    for body, found in WRONG:
        whole = {"brand_id": brand_id, **body} if body else {}
        for path in ("/posts", "/posts/validate"):
            assert entries(account.post(path, json=whole)) == found, (path, body)
        (outcome,) = account.post("/posts/bulk", json=[whole]).get_json()["data"]
        assert (outcome["status"], outcome["error"]["code"]) == (422, "validation_failed")
    with account.app.app_context():
        assert db.db.session.query(Post).count() == 0


def test_what_it_refers_to_must_be_there(
    account: Account, other_account: Account, brand_id: str, channel_id: str
) -> None:
    foreign_brand = other_account.post("/brands", json={"name": "A"}).get_json()["id"]
    other_brand = account.post("/brands", json={"name": "Other"}).get_json()["id"]
    media = [new_id("media"), new_id("media")]
    body = {
        "brand_id": brand_id,
        "format": "thread",
        "thread": [{"content": "a", "media": media[:1]}],
        "media": media,
        "assignee": NOBODY,
        "targets": [
            {"channel_id": each}
            for each in (
                channel_id,
                make_channel(account, other_brand),
                make_channel(other_account, foreign_brand),
                new_id("chan"),
            )
        ],
    }
    assert entries(account.post("/posts", json=body)) == {
        ("/targets/1/channel_id", "invalid"),
        ("/targets/2/channel_id", "invalid"),
        ("/targets/3/channel_id", "invalid"),
        ("/media/0", "invalid"),
        ("/media/1", "invalid"),
        ("/thread/0/media/0", "invalid"),
        ("/assignee", "invalid"),
    }
    twice = {"brand_id": brand_id, "targets": [{"channel_id": channel_id}] * 2}
    assert entries(account.post("/posts", json=twice)) == {("/targets/1/channel_id", "invalid")}
    refused = account.post("/posts", json={"brand_id": foreign_brand})
    assert entries(refused) == {("/brand_id", "invalid")}


def test_a_target_that_was_deleted_may_stay_in_a_draft(
    account: Account, make_post: Make, channel_id: str
) -> None:
    post = make_post()
    with account.app.app_context(), db.transaction():
        db.db.session.execute(db.db.text("DELETE FROM channels"))
    path = f"/posts/{post['id']}"
    kept = [{"channel_id": channel_id, "content_override": "x"}]
    changed = account.patch(path, json={"targets": kept}).get_json()
    assert changed["targets"][0]["content_override"] == "x"
    assert account.patch(path, json={"targets": []}).status_code == 200
    assert entries(account.patch(path, json={"targets": kept})) == {
        ("/targets/0/channel_id", "invalid")
    }


def test_the_dry_run_tells_all_of_each_target(account: Account, brand_id: str) -> None:
    x, linkedin = make_channel(account, brand_id, "x"), make_channel(account, brand_id)
    body: dict[str, Any] = {
        "brand_id": brand_id,
        "content": "\U0001f956" * 141,
        "scheduled_at": "2020-01-01T00:00:00Z",
        "targets": [{"channel_id": x}, {"channel_id": linkedin}],
    }
    result = account.post("/posts/validate", json=body).get_json()
    assert not result["is_valid"]
    assert [each["code"] for each in result["problems"]] == ["scheduled_in_past"]
    on_x, on_linkedin = result["targets"]
    assert (on_x["platform"], on_linkedin["problems"]) == ("x", [])
    (too_long,) = on_x["problems"]
    assert (too_long["code"], too_long["pointer"]) == ("text_too_long", "/content")
    body |= {"content": "\U0001f956" * 140, "scheduled_at": None}
    assert account.post("/posts/validate", json=body).get_json()["is_valid"]
    link = "https://example.com/" + "a" * 300
    body["content"] = "a" * 256 + " " + link
    assert account.post("/posts/validate", json=body).get_json()["is_valid"]
    body["targets"] = [{"channel_id": x, "content_override": "a" * 281}]
    assert not account.post("/posts/validate", json=body).get_json()["is_valid"]
    with account.app.app_context():
        assert db.db.session.query(Post).count() == 0


def test_many_are_made_each_on_its_own(account: Account, brand_id: str) -> None:
    items = [{"brand_id": brand_id, "content": "a"}, {"brand_id": brand_id, "tags": [1]}, 7,
             {"brand_id": brand_id, "content": "b", "tags": ["t"]}]  # fmt: skip
    headers = {"Idempotency-Key": "bulk"}
    answer = account.post("/posts/bulk", json=items, headers=headers)
    outcomes = answer.get_json()["data"]
    assert [each["status"] for each in outcomes] == [201, 422, 422, 201]
    assert [each["index"] for each in outcomes] == [0, 1, 2, 3]
    assert outcomes[1]["error"]["errors"][0]["pointer"] == "/tags/0"
    assert "request_id" not in outcomes[1]["error"]
    again = account.post("/posts/bulk", json=items, headers=headers)
    assert (again.get_json(), again.headers["Idempotency-Replayed"]) == (answer.get_json(), "true")
    made = [outcomes[3]["post"], outcomes[0]["post"]]
    assert account.get("/posts").get_json()["data"] == made
    wrong: tuple[Any, ...] = ([], [{}] * 101, {"a": 1}, "x", 1)
    for body in wrong:
        assert entries(account.post("/posts/bulk", json=body)) == {("", "invalid")}
    full = account.post("/posts/bulk", json=[{"brand_id": brand_id}] * 100).get_json()["data"]
    assert {each["status"] for each in full} == {201}
    assert len({each["post"]["id"] for each in full}) == 100


def test_many_are_approved_each_on_its_own(account: Account, make_post: Make) -> None:
    fine, stale, bare = make_post("a"), make_post("b"), make_post("c", targets=[])
    account.patch(f"/posts/{stale['id']}", json={"notes": "x"})
    items: list[Any] = [
        {"id": bare["id"], "version": 1},
        {"id": stale["id"], "version": 1},
        {"id": new_id("post"), "version": 1},
        {"id": fine["id"], "version": 1},
        {"id": fine["id"] + "x"},
    ]
    outcomes = account.post("/posts/bulk-approve", json=items).get_json()["data"]
    assert [each["status"] for each in outcomes] == [422, 412, 404, 200, 422]
    assert outcomes[3]["post"]["state"] == "approved"
    assert account.get("/posts?state=approved").get_json()["data"] == [outcomes[3]["post"]]
    twice = account.post("/posts/bulk-approve", json=[items[0], items[0]])
    assert entries(twice) == {("/1/id", "invalid")}
    writer = account.with_key(scopes=["posts:read", "posts:write"])
    problem(writer.post("/posts/bulk-approve", json=items[:1]), 403, "insufficient_scope")
    approver = account.with_key(scopes=["posts:approve"])
    problem(approver.patch(f"/posts/{bare['id']}", json={}), 403, "insufficient_scope")
