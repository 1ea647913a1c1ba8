"""Reviewing on pages: what was seen is what is approved, once, and by whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from server.tests.posts.conftest import Make
from tests.support.apps import Account
from tests.support.page_visits import Visit, text_of, visit

Read = Callable[[str], dict[str, Any]]


@pytest.fixture
def person(account: Account) -> Visit:
    """The owner, signed in."""
    return visit(account)


@pytest.fixture
def read(account: Account) -> Read:
    """Reads a post as the API shows it."""

    def read(post_id: str) -> dict[str, Any]:
        return dict(account.get(f"/posts/{post_id}").get_json())

    return read


def act(person: Visit, post: dict[str, Any], what: str, **fields: Any) -> TestResponse:
    """Press a button on the page of a post, in the version that was read."""
    return person.post(f"/posts/{post['id']}/{what}", version=str(post["version"]), **fields)


def test_approving_leads_back_to_the_post(person: Visit, make_post: Make, read: Read) -> None:
    post = make_post()
    answer = act(person, post, "approve")
    assert (answer.status_code, answer.location) == (303, f"/posts/{post['id']}?done=approved")
    found = read(post["id"])
    assert found["state"] == "approved"
    assert found["review"]["by"] == {"type": "user", "id": person.member_id, "name": person.email}
    page = text_of(person.get(answer.location))
    assert "Approved. It will be published at its time." in page
    assert "Unapprove" in page


def test_a_post_that_was_changed_is_told_and_shown_anew(
    account: Account, person: Visit, make_post: Make, read: Read
) -> None:
    post = make_post("As it was read")
    account.patch(f"/posts/{post['id']}", json={"content": "As it is now"})
    for what in ("approve", "request-changes"):
        answer = act(person, post, what, comment="Shorter")
        assert answer.status_code == 412
        text = text_of(answer.text)
        assert "This post was changed while you were reading, so nothing was done." in text
        assert "As it is now" in text
        assert 'name="version" value="2"' in answer.text
    assert read(post["id"])["state"] == "draft"
    assert account.get(f"/posts/{post['id']}/comments").get_json()["data"] == []


@pytest.mark.parametrize("version", ["", "abc", "-1", "9" * 40, "1.0", "٣"])
def test_a_version_must_be_sent(person: Visit, make_post: Make, read: Read, version: str) -> None:
    post = make_post()
    answer = person.post(f"/posts/{post['id']}/approve", version=version)
    assert answer.status_code == 412
    assert read(post["id"])["state"] == "draft"


def test_what_keeps_it_from_being_approved_is_told_and_nothing_is_changed(
    person: Visit, make_post: Make, read: Read
) -> None:
    post = make_post("", scheduled_at="2020-01-01T00:00:00Z")
    before = read(post["id"])
    answer = act(person, post, "approve")
    assert answer.status_code == 422
    text = text_of(answer.text)
    assert "It could not be approved." in text
    assert "There is neither text nor media." in text
    assert "This time has passed." in text
    assert read(post["id"]) == before


def test_a_refused_approval_leaves_no_best_time(person: Visit, make_post: Make, read: Read) -> None:
    post = make_post("")
    assert act(person, post, "approve").status_code == 422
    assert (read(post["id"])["scheduled_at"], read(post["id"])["version"]) == (None, 1)


def test_changes_are_requested_with_a_comment(
    account: Account, person: Visit, make_post: Make, read: Read
) -> None:
    post = make_post()
    empty = act(person, post, "request-changes", comment="  ")
    assert empty.status_code == 422
    assert 'id="comment-problem"' in empty.text
    assert read(post["id"])["review"]["status"] == "pending"
    answer = act(person, post, "request-changes", comment="Shorten it")
    assert answer.status_code == 303
    found = read(post["id"])
    assert (found["state"], found["review"]["status"]) == ("draft", "changes_requested")
    assert found["review"]["comment"] == "Shorten it"
    (comment,) = account.get(f"/posts/{post['id']}/comments").get_json()["data"]
    assert (comment["text"], comment["author"]["name"]) == ("Shorten it", person.email)
    text = text_of(person.get("/review"))
    assert "Changes requested" in text
    assert "Shorten it" in text


def test_an_approval_can_be_taken_back(person: Visit, make_post: Make, read: Read) -> None:
    post = make_post()
    act(person, post, "approve")
    assert act(person, read(post["id"]), "unapprove").status_code == 303
    assert read(post["id"])["state"] == "draft"


def test_a_comment_changes_no_state(
    account: Account, person: Visit, make_post: Make, read: Read
) -> None:
    post = make_post()
    act(person, post, "approve")
    before = read(post["id"])
    answer = person.post(f"/posts/{post['id']}/comments", text="Well done\nall of you")
    assert answer.status_code == 303
    assert read(post["id"]) == before
    assert "Your comment was added." in person.get(str(answer.location))
    refused = person.post(f"/posts/{post['id']}/comments", text="x" * 10_001)
    assert refused.status_code == 422
    assert 'id="text-problem"' in refused.text
    assert "x" * 10_001 in refused.text, "what was written is kept"
    assert len(account.get(f"/posts/{post['id']}/comments").get_json()["data"]) == 1


def test_a_form_that_is_sent_twice_acts_once(
    account: Account, person: Visit, make_post: Make
) -> None:
    post = make_post()
    for _ in range(2):
        answer = person.post(f"/posts/{post['id']}/comments", form_id="same", text="Once")
        assert answer.status_code == 303
    assert len(account.get(f"/posts/{post['id']}/comments").get_json()["data"]) == 1
    for _ in range(2):
        answer = act(person, post, "approve", form_id="same")
        assert (answer.status_code, answer.location) == (303, f"/posts/{post['id']}?done=approved")


def test_many_are_approved_at_once(person: Visit, make_post: Make, read: Read) -> None:
    made = [make_post(f"Post {number}", campaign="Spring & more") for number in range(3)]
    ticked = [f"{post['id']}:1" for post in made]
    answer = person.post("/review/approve", post=ticked, filters="?campaign=Spring+%26+more&x=1")
    assert answer.status_code == 303
    assert answer.location == "/review?campaign=Spring+%26+more&approved=3"
    assert {read(post["id"])["state"] for post in made} == {"approved"}
    assert "3 posts approved." in text_of(person.get(answer.location))


def test_what_became_of_each_is_told(
    account: Account, person: Visit, make_post: Make, read: Read
) -> None:
    good, bad, changed, gone = (make_post(text) for text in ("Good", "", "Changed", "Gone"))
    account.patch(f"/posts/{changed['id']}", json={"content": "Changed since"})
    account.delete(f"/posts/{gone['id']}")
    ticked = [f"{post['id']}:1" for post in (good, bad, changed, gone)]
    answer = person.post("/review/approve", post=ticked)
    assert answer.status_code == 422
    text = text_of(answer.text)
    assert "1 of 4 approved." in text
    assert f"{bad['id']} : There is neither text nor media." in text
    assert f"{changed['id']} : It was changed while you were reading: read it again." in text
    assert f"There is no post {gone['id']} here." in text
    assert read(good["id"])["state"] == "approved"
    assert [read(each["id"])["state"] for each in (bad, changed)] == ["draft", "draft"]


@pytest.mark.parametrize("ticked", [[], ["nonsense"], [":1"], ["post_1:1"]])
def test_what_can_not_be_approved_is_told(
    person: Visit, make_post: Make, ticked: list[str]
) -> None:
    make_post()
    assert person.post("/review/approve", post=ticked).status_code == 422


def test_too_many_at_once_are_refused(person: Visit) -> None:
    ticked = [f"post_{number}:1" for number in range(101)]
    assert person.post("/review/approve", post=ticked).status_code == 400


ACTIONS = ("approve", "unapprove", "request-changes", "comments")


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("admin", {*ACTIONS}),
        ("editor", {*ACTIONS}),
        ("reviewer", {*ACTIONS}),
        ("client", {"comments"}),
    ],
)
def test_what_each_role_may_do(
    account: Account, make_post: Make, brand_id: str, read: Read, role: str, allowed: set[str]
) -> None:
    person = visit(account, role, [brand_id] if role == "client" else None)
    post = make_post()
    for what in ("comments", "request-changes", "approve", "unapprove"):
        answer = act(person, read(post["id"]), what, comment="Change", text="A comment")
        assert answer.status_code == (303 if what in allowed else 403), what
    bulk = person.post("/review/approve", post=[f"{post['id']}:{read(post['id'])['version']}"])
    assert bulk.status_code == (303 if "approve" in allowed else 403)
    page = person.get(f"/posts/{make_post()['id']}")
    assert ("Approve</button>" in page) is ("approve" in allowed)
    assert ("Approve ticked posts" in person.get("/review")) is ("approve" in allowed)


@pytest.mark.parametrize("what", ACTIONS)
def test_a_form_of_somebody_else_does_nothing(
    person: Visit, make_post: Make, read: Read, what: str
) -> None:
    post = make_post()
    fields = {"version": "1", "text": "A comment", "comment": "A comment", "form_token": "0" * 64}
    answer = person.client.post(f"/posts/{post['id']}/{what}", data=fields)
    assert answer.status_code == 400
    assert read(post["id"])["version"] == 1


@pytest.mark.parametrize("what", [*ACTIONS, "bulk"])
def test_posts_of_another_workspace_are_not_found(
    other_account: Account, make_post: Make, read: Read, what: str
) -> None:
    post = make_post()
    stranger = visit(other_account)
    if what == "bulk":
        answer = stranger.post("/review/approve", post=[f"{post['id']}:1"])
        assert "There is no post" in text_of(answer.text)
    else:
        assert act(stranger, post, what, comment="x", text="x").status_code == 404
    assert read(post["id"]) == post


def test_the_queue_holds_drafts_alone_those_due_first_first(
    person: Visit, make_post: Make, read: Read
) -> None:
    late = make_post("Late", scheduled_at="2099-01-02T00:00:00Z")
    blank = make_post("Blank")
    soon = make_post("Soon", scheduled_at="2099-01-01T00:00:00Z")
    act(person, make_post("Approved already"), "approve")
    page = text_of(person.get("/review"))
    assert "Approved already" not in page
    places = [page.index(each["content"]) for each in (soon, late, blank)]
    assert places == sorted(places)


def test_an_empty_queue_says_so(person: Visit) -> None:
    assert "Nothing to review" in text_of(person.get("/review"))
