"""Which posts a list holds, in which order, and who sees them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from anthyx_server import clock, db
from anthyx_server.posts.models import Post
from server.tests.posts.conftest import Make, make_channel
from server.tests.posts.test_lifecycle import owner_of, put_into
from tests.support.apps import Account
from tests.support.costs import executed
from tests.support.problems import entries, problem

DAY = timedelta(days=1)
START = datetime(2030, 1, 1, tzinfo=UTC)
NEVER = "00000000000000000000000000"


def at(days: int) -> str:
    return clock.rfc3339(START + days * DAY)


def listed(account: Account, query: str = "", limit: int = 2) -> list[str]:
    """The contents of all posts of a list, page by page."""
    found: list[str] = []
    cursor = ""
    while True:
        answer = account.get(f"/posts?limit={limit}&{query}{cursor}")
        page = answer.get_json()
        assert answer.status_code == 200, page
        found += [post["content"] for post in page["data"]]
        if not page["has_more"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def test_each_filter_leaves_what_it_says(
    account: Account, brand_id: str, channel_id: str, make_post: Make
) -> None:
    member = owner_of(account)
    other_brand = account.post("/brands", json={"name": "Other"}).get_json()["id"]
    on_x = make_channel(account, brand_id, "x")
    both = [{"channel_id": channel_id}, {"channel_id": on_x}]
    make_post("a", campaign="Spring", tags=["red", "blue"], assignee=member)
    make_post("b", campaign="spring", tags=["blue"], targets=both)
    account.post("/posts", json={"brand_id": other_brand, "content": "c"})
    flagged = make_post("d", targets=[])
    account.post(f"/posts/{flagged['id']}/request-changes", json={"comment": "x"})
    done = make_post("e")
    put_into(account, done["id"], "published")
    expected = {
        "": "edcba",
        f"brand_id={brand_id}": "edba",
        f"brand_id={other_brand}": "c",
        "state=draft": "dcba",
        "state=published": "e",
        "state=failed": "",
        "platform=linkedin": "eba",
        "platform=x": "b",
        "platform=tiktok": "",
        f"channel_id={channel_id}": "eba",
        f"channel_id={on_x}": "b",
        f"channel_id=chan_{NEVER}": "",
        "campaign=Spring": "a",
        "campaign=Summer": "",
        f"assignee={member}": "a",
        f"assignee=usr_{NEVER}": "",
        "review_status=changes_requested": "d",
        "review_status=pending": "ecba",
        "tag=blue": "ba",
        "tag=red": "a",
        "tag=green": "",
        f"tag=blue&platform=x&channel_id={channel_id}&state=draft": "b",
        f"tag=blue&campaign=Spring&assignee={member}&brand_id={brand_id}": "a",
        "tag=blue&state=published": "",
    }
    for query, contents in expected.items():
        assert "".join(listed(account, query)) == contents, query
    problem(account.get(f"/posts?brand_id=brand_{NEVER}"), 404, "not_found")


def test_changes_are_found_at_once(account: Account, make_post: Make, brand_id: str) -> None:
    post = make_post("old words", tags=["a"])
    on_x = make_channel(account, brand_id, "x")
    change = {
        "content": "new words",
        "tags": ["b"],
        "targets": [{"channel_id": on_x, "content_override": "short"}],
    }
    account.patch(f"/posts/{post['id']}", json=change)
    for query in ("q=old", "tag=a", "platform=linkedin"):
        assert listed(account, query) == []
    for query in ("q=new", "q=words", "tag=b", "platform=x"):
        assert listed(account, query) == ["new words"]
    for name in ("tag=b", "platform=x"):
        assert listed(account, f"{name}&updated_since={post['updated_at']}&sort=updated_at")


FOUND = [
    ("coffee", "cba"),
    ("COFFEE", "cba"),
    ("coffee beans", "ba"),
    ("beans, coffee!", "ba"),
    ("bean", ""),
    ("cafe", ""),
    ("caf\u00e9", "c"),
    ("cafe\u0301", "c"),
    ("STRASSE", "b"),
    ("\uff43offee", "cba"),
    ("日本", "a"),
    ("'; DROP TABLE posts; --", ""),
    ('"', ""),
    ("*", ""),
    ("in a thread", "c"),
]


def test_words_are_found_whatever_their_case(account: Account, make_post: Make) -> None:
    texts = {
        "a": "Coffee beans 日本",
        "b": "Straße: coffee, BEANS",
        "c": "Coffee at the Café",
    }
    for name, text in texts.items():
        thread = {"format": "thread", "thread": [{"content": "Said in a thread"}]}
        make_post(text, campaign=name, **(thread if name == "c" else {}))
    for q, contents in FOUND:
        answer = account.get("/posts", query_string={"q": q})
        assert "".join(post["campaign"] for post in answer.get_json()["data"]) == contents, q


def test_many_matches_are_walked_and_few_are_sorted_alike(
    account: Account, make_post: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        time = at(number % 3) if number % 2 else None
        make_post(f"coffee {number}", scheduled_at=time, tags=["t"] if number > 1 else [])
    make_post("tea")
    queries = (
        "q=coffee",
        "q=coffee&sort=created_at",
        "q=coffee&sort=scheduled_at",
        "q=coffee&tag=t",
    )
    sorted_ones = [listed(account, query) for query in queries]
    monkeypatch.setattr("anthyx_server.posts.search.MOST_SORTED", 2)
    assert [listed(account, query) for query in queries] == sorted_ones
    assert [len(each) for each in sorted_ones] == [6, 6, 6, 4]
    monkeypatch.setattr("anthyx_server.posts.search.MOST_SORTED", 0)
    assert [listed(account, query) for query in queries] == sorted_ones


def test_ranges_hold_their_start_and_not_their_end(account: Account, make_post: Make) -> None:
    for number, name in enumerate("abcd"):
        make_post(name, scheduled_at=at(number))
    make_post("e")
    for query, contents in {
        f"scheduled_after={at(1)}": "dcb",
        f"scheduled_before={at(2)}": "ba",
        f"scheduled_after={at(1)}&scheduled_before={at(3)}": "cb",
        f"scheduled_after={at(1)}&scheduled_before={at(3)}&sort=scheduled_at": "bc",
        f"scheduled_after={at(1)}&scheduled_before={at(3)}&sort=created_at": "bc",
        f"scheduled_after={at(1)}&sort=-scheduled_at": "dcb",
        f"scheduled_after={at(3)}&scheduled_before={at(1)}": "",
    }.items():
        assert "".join(listed(account, query)) == contents, query


def test_ranges_of_the_other_times(account: Account, make_post: Make) -> None:
    posts = [make_post(name) for name in "abc"]
    with account.app.app_context(), db.transaction():
        for number, post in enumerate(posts):
            moment = START + number * DAY
            values: dict[str, Any] = {
                "created_at": moment,
                "updated_at": moment,
                "published_at": moment,
            }
            if number == 0:
                values["published_at"] = None
            db.db.session.execute(sa.update(Post).where(Post.id == post["id"]).values(**values))
    for query, contents in {
        f"created_after={at(1)}": "cb",
        f"created_before={at(1)}": "a",
        f"updated_since={at(1)}": "cb",
        f"updated_since={at(1)}&sort=updated_at": "bc",
        f"published_after={at(1)}": "cb",
        f"published_before={at(2)}": "b",
        f"published_before={at(2)}&created_after={at(0)}": "b",
        "sort=created_at": "abc",
    }.items():
        assert "".join(listed(account, query)) == contents, query


def test_posts_without_a_time_come_last(account: Account, make_post: Make) -> None:
    for name, day in (("a", 2), ("b", None), ("c", 1), ("d", None), ("e", 3)):
        make_post(name, scheduled_at=None if day is None else at(day), tags=["t"])
    for extra in ("", "&tag=t", "&platform=linkedin", "&state=draft"):
        for limit in (1, 2, 5):
            assert "".join(listed(account, f"sort=scheduled_at{extra}", limit)) == "caebd"
            assert "".join(listed(account, f"sort=-scheduled_at{extra}", limit)) == "eacdb"


def test_a_cursor_stays_while_posts_come_and_go(account: Account, make_post: Make) -> None:
    posts = [make_post(name, scheduled_at=at(n)) for n, name in enumerate("abcdef")]
    for sort in ("-created_at", "-scheduled_at"):
        page = account.get(f"/posts?limit=2&sort={sort}").get_json()
        account.delete(f"/posts/{page['data'][-1]['id']}")
        make_post("later", scheduled_at=at(50))
        rest = account.get(f"/posts?limit=9&sort={sort}&cursor={page['next_cursor']}").get_json()
        shown = [post["content"] for post in rest["data"]]
        assert shown == sorted(shown, reverse=True)
        assert page["data"][-1]["content"] not in shown
        account.post("/posts", json={**_again(page["data"][-1])})
        problem(account.get(f"/posts?sort=created_at&cursor={page['next_cursor']}"), 400,
                "invalid_cursor")  # fmt: skip
    assert len(posts) == 6


def _again(post: dict[str, Any]) -> dict[str, Any]:
    return {name: post[name] for name in ("brand_id", "content", "scheduled_at")}


def test_a_restricted_key_sees_its_brands_alone(
    account: Account, make_post: Make, brand_id: str
) -> None:
    brands = [account.post("/brands", json={"name": str(n)}).get_json()["id"] for n in range(3)]
    made = {}
    for round_ in range(2):
        for number, brand in enumerate(brands):
            body = {"brand_id": brand, "content": f"{number}{round_}", "tags": ["t"]}
            if round_:
                body["scheduled_at"] = at(number)
            made[number, round_] = account.post("/posts", json=body).get_json()
    make_post("hidden", tags=["t"])
    two = account.with_key(brand_ids=brands[:2], scopes=["posts:read", "posts:write"])
    one = account.with_key(brand_ids=brands[2:], scopes=["posts:read", "posts:approve"])
    assert listed(two) == ["11", "01", "10", "00"]
    assert listed(two, "sort=scheduled_at") == ["01", "11", "00", "10"]
    for query in ("tag=t", "state=draft", "q=01", f"brand_id={brands[0]}&sort=created_at"):
        found = {"q=01": ["01"], f"brand_id={brands[0]}&sort=created_at": ["00", "01"]}
        assert listed(two, query) == found.get(query, ["11", "01", "10", "00"]), query
    assert listed(one, "sort=created_at") == ["20", "21"]
    problem(two.get(f"/posts?brand_id={brand_id}"), 404, "not_found")
    hidden = made[2, 0]["id"]
    for answer in (
        two.get(f"/posts/{hidden}"),
        two.patch(f"/posts/{hidden}", json={"notes": "x"}),
        two.delete(f"/posts/{hidden}"),
        two.post(f"/posts/{hidden}/comments", json={"text": "x"}),
        two.get(f"/posts/{hidden}/history"),
    ):
        problem(answer, 404, "not_found")
    refused = two.post("/posts", json={"brand_id": brand_id})
    assert entries(refused) == {("/brand_id", "invalid")}
    problem(two.post(f"/posts/{made[0, 0]['id']}/approve"), 403, "insufficient_scope")
    bulk = one.post("/posts/bulk-approve", json=[{"id": made[0, 0]["id"], "version": 1}])
    assert [each["status"] for each in bulk.get_json()["data"]] == [404]


def test_a_list_costs_two_statements_however_many_posts(account: Account, make_post: Make) -> None:
    def cost(query: str) -> int:
        with executed(account.app) as found:
            assert account.get(f"/posts?{query}").status_code == 200
        return len([text for text, _ in found if " posts" in text or "post_t" in text])

    make_post("first", tags=["t"], scheduled_at=at(1))
    queries = ("limit=10", "limit=100&sort=scheduled_at", "tag=t", "platform=linkedin&state=draft")
    assert [cost(query) for query in queries] == [2] * len(queries)
    for number in range(30):
        make_post(str(number), tags=["t"])
    assert [cost(query) for query in queries] == [2] * len(queries)
    assert cost("q=first") <= 3
