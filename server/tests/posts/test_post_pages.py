"""The posts' pages: the list with its filters, one post as its platforms get it, for whom."""

from __future__ import annotations

import re

import pytest

from anthyx_server import db
from anthyx_server.posts import PostTarget
from anthyx_server.workspaces import Workspace
from server.tests.posts.conftest import Make, make_channel
from tests.support.apps import Account
from tests.support.page_visits import Visit, text_of, visit


@pytest.fixture
def person(account: Account) -> Visit:
    """The owner, signed in."""
    return visit(account)


def ids_in(html: str) -> list[str]:
    """The posts of a list, in its order."""
    return re.findall(r'<a href="/posts/(post_\w+)">', html)


def test_the_list_holds_the_newest_first_and_filters(
    account: Account, person: Visit, make_post: Make, brand_id: str
) -> None:
    other_brand = account.post("/brands", json={"name": "Other"}).get_json()["id"]
    on_x = make_channel(account, other_brand, "x")
    first = make_post("First", campaign="Spring")["id"]
    targets = [{"channel_id": on_x}]
    second = make_post("Second", brand_id=other_brand, targets=targets, assignee=person.member_id)
    both = [second["id"], first]
    assert ids_in(person.get("/posts")) == both
    for query, found in {
        f"brand_id={brand_id}": [first],
        "platform=x": [second["id"]],
        "campaign=Spring": [first],
        f"assignee={person.member_id}": [second["id"]],
        "state=approved": [],
        "state=draft&brand_id=&platform=": both,
    }.items():
        assert ids_in(person.get(f"/posts?{query}")) == found, query
    assert "No post fits these filters" in text_of(person.get("/posts?state=approved"))


def test_a_wrong_filter_is_told_beside_its_field(person: Visit, make_post: Make) -> None:
    make_post()
    page = person.get("/posts?platform=myspace&brand_id=nothing", 422)
    assert page.count('<p class="problem" role="alert">') == 2
    gone = person.get("/posts?brand_id=brand_01aaaaaaaaaaaaaaaaaaaaaaaa", 422)
    assert "There is no such brand here." in text_of(gone)
    person.get("/posts?cursor=nothing", 400)


def test_pages_go_on_with_the_filters(person: Visit, make_post: Make) -> None:
    made = [make_post(f"Post {number}", campaign="A & B")["id"] for number in range(27)]
    first = person.get("/posts?campaign=A+%26+B")
    link = re.search(r'href="(/posts\?[^"]*cursor=[^"]*)">Next page', first)
    assert link is not None
    second = person.get(link[1].replace("&amp;", "&"))
    assert ids_in(first) + ids_in(second) == made[::-1]
    assert '<a href="/posts?campaign=A+%26+B">First page</a>' in second


def test_a_page_full_of_long_posts_is_small(person: Visit, make_post: Make) -> None:
    for _ in range(26):
        make_post("خبز طازج كل صباح " * 150, campaign="Spring")
    for path in ("/posts", "/review"):
        assert len(person.get(path).encode()) < 50_000


def test_an_empty_list_teaches_what_a_draft_is(account: Account, person: Visit) -> None:
    brand_id = account.post("/brands", json={"name": "Acme"}).get_json()["id"]
    page = person.get("/posts")
    assert "A post begins as a draft , which can be changed at any time" in text_of(page)
    assert f"client.posts.create(brand_id=&#34;{brand_id}&#34;" in page
    assert "curl -H" in page
    reviewer = visit(account, "reviewer").get("/posts")
    assert "curl" not in reviewer


def test_a_post_is_shown_as_each_platform_gets_it(
    account: Account, person: Visit, make_post: Make, brand_id: str, channel_id: str
) -> None:
    on_x = make_channel(account, brand_id, "x", name="Acme on X")
    targets = [
        {"channel_id": channel_id},
        {"channel_id": on_x, "content_override": "Short 🥐"},
    ]
    long = "Long " * 700
    post = make_post(long, targets=targets, tags=["bread"], notes="Check it", campaign="Spring")
    text = text_of(person.get(f"/posts/{post['id']}"))
    assert "LinkedIn: 3,500 of 3,000 characters, too long" in text
    assert "X: 8 of 280 characters" in text
    assert "linkedin takes at most 3,000 characters; this has 3,500." in text
    for each in ("Short 🥐", "Acme on X", "bread", "Check it", "Spring", "Best time to post"):
        assert each in text


def test_every_post_of_a_thread_is_shown_with_its_length(
    account: Account, person: Visit, make_post: Make, brand_id: str
) -> None:
    targets = [{"channel_id": make_channel(account, brand_id, "x")}]
    parts = [{"content": "One", "media": []}, {"content": "Four", "media": []}]
    post = make_post("", format="thread", thread=parts, targets=targets)
    text = text_of(person.get(f"/posts/{post['id']}"))
    assert "One Post 1 of 2 · X: 3 of 280" in text
    assert "Four Post 2 of 2 · X: 4 of 280" in text
    assert "2 posts in the thread" in text_of(person.get("/posts"))


def test_times_are_those_of_the_workspace(account: Account, person: Visit, make_post: Make) -> None:
    with account.app.app_context(), db.transaction():
        workspace = db.db.session.get(Workspace, account.workspace_id)
        assert workspace is not None
        workspace.timezone = "America/New_York"
    post = make_post(scheduled_at="2099-07-01T16:30:00Z")
    for path in ("/posts", f"/posts/{post['id']}"):
        assert 'title="2099-07-01 16:30:00 UTC">Jul 1, 2099 12:30<' in person.get(path)


@pytest.mark.parametrize(
    "content",
    [
        "<script>alert(1)</script>",
        "</div><img src=x onerror=alert(1)>",
        "{{ 7 * 7 }} ${7*7}",
        "مرحبا بكم \u202eevil\u202c",
        "W" * 3_000,
        "🥐\u200d e\u0301 \u0007",
    ],
)
def test_content_can_not_inject_markup(person: Visit, make_post: Make, content: str) -> None:
    post = make_post(content, campaign=f"{content[:90]}", notes=content, tags=[content[:40]])
    person.post(f"/posts/{post['id']}/comments", text=content)
    for path in (f"/posts/{post['id']}", "/posts", "/review"):
        page = person.get(path)
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "49" not in text_of(page).split()
        assert 'dir="auto"' in page


def test_a_dangerous_link_is_not_one(account: Account, person: Visit, make_post: Make) -> None:
    post = make_post()
    for url, is_linked in (("javascript:alert(1)", False), ("https://social.example/1", True)):
        with account.app.app_context(), db.transaction():
            target = db.db.session.query(PostTarget).filter_by(post_id=post["id"]).one()
            target.external_url = url
        assert (f'href="{url}"' in person.get(f"/posts/{post['id']}")) is is_linked


def test_comments_and_history_go_on(account: Account, person: Visit, make_post: Make) -> None:
    post = make_post()
    for number in range(22):
        account.post(f"/posts/{post['id']}/comments", json={"text": f"Comment {number}."})
    path = f"/posts/{post['id']}"
    page = person.get(path)
    assert "Comment 21." in page
    assert "Comment 1." not in page
    found = re.search(r'href="(\?comments=[^"#]*)', page)
    assert found is not None
    older = person.get(path + found[1])
    assert "Comment 1." in older
    assert "Comment 21." not in older
    history = re.search(r'href="(\?history=[^"#]*)', page)
    assert history is not None
    assert "Created by" in text_of(person.get(path + history[1]))
    swapped = found[1].replace("comments", "history")
    person.get(path + swapped, 400)


def test_posts_of_others_are_not_found(
    account: Account, other_account: Account, make_post: Make
) -> None:
    post_id = make_post("Not yours")["id"]
    test = account.with_key(mode="test")
    brand_id = test.post("/brands", json={"name": "Test"}).get_json()["id"]
    of_test = test.post("/posts", json={"brand_id": brand_id, "content": "A test"}).get_json()["id"]
    stranger = visit(other_account)
    stranger.get(f"/posts/{post_id}", 404)
    assert "Not yours" not in stranger.get("/posts")
    person = visit(account)
    person.get(f"/posts/{of_test}", 404)
    assert ids_in(person.get("/posts")) == [post_id]
    assert ids_in(visit(account, mode="test").get("/posts")) == [of_test]
    person.get("/posts/post_01aaaaaaaaaaaaaaaaaaaaaaaa", 404)


@pytest.mark.parametrize("role", ["editor", "reviewer", "client"])
def test_who_is_restricted_to_brands_sees_those_alone(
    account: Account, make_post: Make, brand_id: str, role: str
) -> None:
    hidden_brand = account.post("/brands", json={"name": "Hidden brand"}).get_json()["id"]
    hidden = make_post("Hidden", brand_id=hidden_brand, targets=[])["id"]
    seen = make_post("Seen")["id"]
    person = visit(account, role, [brand_id])
    unrelated = visit(account, "client", [hidden_brand])
    for path in ("/posts", "/review"):
        page = person.get(path)
        assert ids_in(page) == [seen]
        assert "Hidden brand" not in page
        assert unrelated.email not in page
    assert ids_in(person.get(f"/posts?brand_id={hidden_brand}", 422)) == []
    person.get(f"/posts/{hidden}", 404)
    assert person.post(f"/posts/{hidden}/comments", text="Hello").status_code == 404
    assert account.get(f"/posts/{hidden}/comments").get_json()["data"] == []
    if role != "client":
        assert person.post(f"/posts/{hidden}/approve", version="1").status_code == 404
        bulk = person.post("/review/approve", post=[f"{hidden}:1", f"{seen}:1"])
        assert f"There is no post {hidden} here." in text_of(bulk.text)
        assert "1 of 2 approved." in text_of(bulk.text)
    assert account.get(f"/posts/{hidden}").get_json()["state"] == "draft"
