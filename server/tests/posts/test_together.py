"""Posts under concurrency: nobody approves a text that nobody saw, nothing is lost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from server.tests.posts.conftest import Make, make_channel
from server.tests.posts.test_lifecycle import outbox, types
from tests.support.apps import Account
from tests.support.problems import problem

ROUNDS = 12


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(6) as executor:
        yield executor


def send(account: Account, method: str, path: str, body: Any = None, **headers: str) -> Any:
    try:
        return account.request(method, path, json=body, headers=headers)
    finally:
        account.app.extensions["anthyx_redis"].close()  # this thread's connection


def test_nobody_approves_a_text_that_nobody_saw(
    account: Account, make_post: Make, pool: ThreadPoolExecutor
) -> None:
    """Some edit while others read and approve what they read, all at once."""
    post = make_post("Text 0")
    path = f"/posts/{post['id']}"
    seen: dict[int, str] = {1: "Text 0"}
    together = threading.Barrier(4)

    def edit(name: str) -> None:
        together.wait(30)
        for number in range(ROUNDS):
            text = f"Text {name} {number}"
            changed = send(account, "PATCH", path, {"content": text}).get_json()
            seen[changed["version"]] = text

    def approve() -> list[tuple[dict[str, Any], dict[str, Any]]]:
        together.wait(30)
        found = []
        for _ in range(ROUNDS):
            read = send(account, "GET", path).get_json()
            answer = send(account, "POST", f"{path}/approve", {"version": read["version"]})
            assert answer.status_code in {200, 409, 412}, answer.get_json()
            if answer.status_code == 200:
                found.append((read, answer.get_json()))
        return found

    editors = [pool.submit(edit, name) for name in "ab"]
    approvers = [pool.submit(approve) for _ in range(2)]
    approvals = [each for job in approvers for each in job.result(60)]
    for job in editors:
        job.result(60)
    for read, approved in approvals:
        assert approved["content"] == read["content"] == seen.get(read["version"], read["content"])
        assert approved["version"] == read["version"] + 1
    check_told(account, post["id"], len(approvals))


def check_told(account: Account, post_id: str, approvals: int) -> None:
    """Replay the events: each goes on from the version before; what is approved was a draft."""
    told = outbox(account, post_id)
    assert Counter(each["type"] for each in told)["post.approved"] == approvals
    by_version: dict[int, set[str]] = {}
    for each in told:
        shown = each["data"]["object"]
        by_version.setdefault(shown["version"], set()).add(each["type"].removeprefix("post."))
    assert sorted(by_version) == list(range(1, max(by_version) + 1))
    allowed = [{"created"}, {"updated"}, {"updated", "unapproved"}, {"approved", "scheduled"}]
    is_approved = False
    for version in sorted(by_version):
        assert by_version[version] in allowed
        assert ("unapproved" in by_version[version]) == (
            is_approved and "updated" in by_version[version]
        )
        assert not (is_approved and "approved" in by_version[version])
        is_approved = "approved" in by_version[version]


def test_of_two_who_approve_one_does(
    account: Account, make_post: Make, pool: ThreadPoolExecutor
) -> None:
    post = make_post()
    path = f"/posts/{post['id']}/approve"
    jobs = [pool.submit(send, account, "POST", path, {"version": 1}) for _ in range(6)]
    statuses = Counter(job.result(60).status_code for job in jobs)
    assert statuses == {200: 1, 412: 5}
    assert types(account, post["id"]) == ["created", "approved", "scheduled"]


def test_changes_at_once_are_all_kept(
    account: Account, make_post: Make, pool: ThreadPoolExecutor
) -> None:
    post = make_post()
    path = f"/posts/{post['id']}"
    jobs = [
        pool.submit(send, account, "PATCH", path, {"metadata": {str(n): "x"}}) for n in range(12)
    ]
    versions = sorted(job.result(60).get_json()["version"] for job in jobs)
    assert versions == list(range(2, 14))
    assert len(account.get(path).get_json()["metadata"]) == 12


def test_bulk_approvals_in_opposite_orders_all_end(
    account: Account, make_post: Make, pool: ThreadPoolExecutor
) -> None:
    posts = [make_post(str(number)) for number in range(8)]
    items = [{"id": post["id"], "version": 1} for post in posts]
    jobs = [
        pool.submit(send, account, "POST", "/posts/bulk-approve", body)
        for body in (items, items[::-1], items, items[::-1])
    ]
    outcomes = Counter(
        outcome["status"] for job in jobs for outcome in job.result(60).get_json()["data"]
    )
    assert outcomes == {200: 8, 412: 24}


def test_no_post_is_left_without_its_brand(account: Account, pool: ThreadPoolExecutor) -> None:
    """Whoever comes first: the brand is not empty, or not there any more."""
    for number in range(6):
        brand = account.post("/brands", json={"name": f"Brand {number}"}).get_json()["id"]
        made = pool.submit(send, account, "POST", "/posts", {"brand_id": brand})
        deleted = pool.submit(send, account, "DELETE", f"/brands/{brand}")
        statuses = (made.result(60).status_code, deleted.result(60).status_code)
        assert statuses in {(201, 409), (422, 204)}


def test_a_brand_with_posts_is_not_deleted(account: Account, make_post: Make) -> None:
    post = make_post()
    answer = account.delete(f"/brands/{post['brand_id']}")
    assert "1 post:" in problem(answer, 409, "brand_not_empty")["detail"]
    account.post(f"/brands/{post['brand_id']}/archive")
    problem(account.post("/posts", json={"brand_id": post["brand_id"]}), 409, "brand_archived")
    approve = account.post(f"/posts/{post['id']}/approve", json={"version": 1})
    problem(approve, 409, "brand_archived")


def test_a_comment_waits_for_nobody_and_outlives_nothing(
    account: Account, brand_id: str, pool: ThreadPoolExecutor
) -> None:
    make_channel(account, brand_id)
    post = account.post("/posts", json={"brand_id": brand_id}).get_json()
    path = f"/posts/{post['id']}"
    comments = [pool.submit(send, account, "POST", f"{path}/comments", {"text": "x"})
                for _ in range(4)]  # fmt: skip
    deleted = pool.submit(send, account, "DELETE", path)
    assert {job.result(60).status_code for job in comments} <= {201, 404}
    assert deleted.result(60).status_code == 204
