"""Lists: items across pages, one page, limits and cursors."""

from __future__ import annotations

import pytest

from anthyx import Anthyx, APIResponseError
from sdk.tests import samples
from sdk.tests.loopback import Loopback, ok

pytestmark = pytest.mark.enable_socket


def _page(*numbers: int, then: str | None = None) -> dict[str, object]:
    brands = [samples.brand(id=f"brand_{number}") for number in numbers]
    return samples.page(*brands, next_cursor=then)


def _paths(server: Loopback) -> list[str]:
    return [seen.path.removeprefix("/v1/brands?") for seen in server.seen]


def test_iterating_goes_through_all_pages(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(_page(1, 2, then="c/2")), ok(_page(3)))
    found = [brand.id for brand in client.brands.list(status="active", sort="name", page_size=2)]
    assert found == ["brand_1", "brand_2", "brand_3"]
    assert _paths(server) == [
        "status=active&sort=name&limit=2",
        "status=active&sort=name&limit=2&cursor=c%2F2",
    ]


def test_a_list_costs_nothing_until_it_is_read_and_starts_anew(
    client: Anthyx, server: Loopback
) -> None:
    brands = client.brands.list()
    assert server.seen == []
    server.answers(ok(_page(1)))
    assert [brand.id for brand in brands] == [brand.id for brand in brands] == ["brand_1"]
    assert _paths(server) == ["limit=100", "limit=100"]


@pytest.mark.parametrize(
    ("limit", "size", "asked"),
    [
        (3, None, ["limit=3"]),
        (3, 2, ["limit=2", "limit=1&cursor=c"]),
        (2, 2, ["limit=2"]),
        (0, None, []),
        (500, None, ["limit=100", "limit=100&cursor=c"]),
    ],
)
def test_limit_caps_items_and_page_size_pages(
    client: Anthyx, server: Loopback, limit: int, size: int | None, asked: list[str]
) -> None:
    full = _page(1, 2, 3) if size is None else _page(1, 2, then="c")
    full["has_more"], full["next_cursor"] = limit != 3 or size == 2, "c"
    server.answers(ok(full), ok(_page(4)))
    found = list(client.brands.list(limit=limit, page_size=size))
    assert len(found) <= limit
    assert _paths(server) == asked


def test_one_page(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(_page(1, 2, then="next"), headers={"X-Request-Id": "req_1"}))
    page = client.brands.list(page_size=2, cursor="here").page()
    assert [brand.id for brand in page] == ["brand_1", "brand_2"]
    assert (len(page), page.has_more, page.next_cursor) == (2, True, "next")
    assert page.response.request_id == page.data[0].response.request_id == "req_1"
    assert _paths(server) == ["limit=2&cursor=here"]


def test_an_empty_page_in_between_is_no_end(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(_page(then="a")), ok(_page(then="b")), ok(_page(7)))
    assert [brand.id for brand in client.brands.list()] == ["brand_7"]


@pytest.mark.parametrize("wrong", [{"limit": -1}, {"page_size": 0}, {"page_size": 101}], ids=str)
def test_sizes_out_of_range_are_refused(client: Anthyx, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"limit|page_size"):
        client.brands.list(limit=wrong.get("limit"), page_size=wrong.get("page_size"))


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"has_more": False},
        {"data": {}, "has_more": False, "next_cursor": None},
        {"data": [1], "has_more": False, "next_cursor": None},
        {"data": [], "has_more": True, "next_cursor": 7},
        {"data": [], "has_more": True, "next_cursor": None},
        {"data": [], "has_more": True, "next_cursor": "same"},
    ],
    ids=str,
)
def test_what_is_not_a_list_of_brands_is_refused(
    client: Anthyx, server: Loopback, body: object
) -> None:
    server.answers(ok(body))
    with pytest.raises(APIResponseError):
        list(client.brands.list(cursor="same"))
