"""What each field of a brand takes, and what it is where it is left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anthyx_server import clock
from tests.support.apps import Account
from tests.support.problems import entries

FULL = {
    "name": "Blue Bakery",
    "description": "Bread\nand 🥖",
    "website_url": "https://bakery.example/brot?x=1#top",
    "logo_url": "http://cdn.example:8080/logo.svg",
    "colors": [{"name": "Blue", "hex": "#0a0BFf"}],
    "voice": {
        "tone": "warm",
        "guidelines": "Say “du”.",
        "audience": "Everyone",
        "words_to_use": ["fresh"],
        "words_to_avoid": ["cheap", "cheap"],
    },
    "timezone": "Europe/Berlin",
    "metadata": {" crm id ": " 17 ", "": "x"},
}
EMPTY_VOICE = {
    "tone": "",
    "guidelines": "",
    "audience": "",
    "words_to_use": [],
    "words_to_avoid": [],
}
WIDE = "🥖"  # one character, four bytes

FITS: list[dict[str, Any]] = [
    {"name": WIDE * 100},
    {"name": "  padded \t"},
    {"description": WIDE * 2_000},
    {"website_url": "https://" + "a" * 2_040},
    {"website_url": None, "logo_url": None},
    {"website_url": "https://bücher.example/ü"},
    {"colors": [{"name": WIDE * 50, "hex": "#000000"}] * 20},
    {"voice": {"tone": WIDE * 500, "guidelines": WIDE * 10_000, "audience": WIDE * 2_000}},
    {"voice": {"words_to_use": [WIDE * 100] * 200, "words_to_avoid": [WIDE * 100] * 200}},
    {"timezone": "America/Argentina/ComodRivadavia"},
    {"metadata": {f"{number:02}" + WIDE * 38: WIDE * 500 for number in range(20)}},
    {"metadata": {"_schema": "a", "key": "b", "value": "c"}},
]
DOES_NOT: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "/name"),
    ({"name": " \u2003\n"}, "/name"),
    ({"name": "a" * 101}, "/name"),
    ({"name": "a\x00b"}, "/name"),
    ({"name": None}, "/name"),
    ({"name": 5}, "/name"),
    ({"name": ["Acme"]}, "/name"),
    ({"description": "a" * 2_001}, "/description"),
    ({"description": None}, "/description"),
    ({"website_url": ""}, "/website_url"),
    ({"website_url": "https://" + "a" * 2_041}, "/website_url"),
    ({"website_url": "javascript:alert(1)"}, "/website_url"),
    ({"website_url": "//bakery.example"}, "/website_url"),
    ({"website_url": "https:///path"}, "/website_url"),
    ({"website_url": "https://user:secret@bakery.example"}, "/website_url"),
    ({"website_url": "https://bakery.example/a b"}, "/website_url"),
    ({"website_url": "https://bakery.example/\x7f"}, "/website_url"),
    ({"website_url": "https://bakery.example/\u200b"}, "/website_url"),
    ({"website_url": "https://[::1"}, "/website_url"),
    ({"website_url": "https://bakery.example:99999"}, "/website_url"),
    ({"website_url": "https://bakery.example:0"}, "/website_url"),
    ({"logo_url": "data:image/png;base64,AAAA"}, "/logo_url"),
    ({"colors": None}, "/colors"),
    ({"colors": {}}, "/colors"),
    ({"colors": [{"name": "a", "hex": "#000000"}] * 21}, "/colors"),
    ({"colors": ["#000000"]}, "/colors/0"),
    ({"colors": [{"hex": "#000000"}]}, "/colors/0/name"),
    ({"colors": [{"name": "a"}]}, "/colors/0/hex"),
    ({"colors": [{"name": "a" * 51, "hex": "#000000"}]}, "/colors/0/name"),
    *[
        ({"colors": [{"name": "a", "hex": code}]}, "/colors/0/hex")
        for code in ("#00000", "#0000000", "000000", "#00000g", "#000000\n", "#\uff1000000", 0)
    ],
    ({"voice": None}, "/voice"),
    ({"voice": []}, "/voice"),
    ({"voice": {"pitch": "high"}}, "/voice/pitch"),
    ({"voice": {"tone": "a" * 501}}, "/voice/tone"),
    ({"voice": {"guidelines": "a" * 10_001}}, "/voice/guidelines"),
    ({"voice": {"audience": "a" * 2_001}}, "/voice/audience"),
    ({"voice": {"words_to_use": ["a"] * 201}}, "/voice/words_to_use"),
    ({"voice": {"words_to_avoid": ["a" * 101]}}, "/voice/words_to_avoid/0"),
    ({"voice": {"words_to_avoid": [" "]}}, "/voice/words_to_avoid/0"),
    ({"voice": {"words_to_use": "fresh"}}, "/voice/words_to_use"),
    *[
        ({"timezone": name}, "/timezone")
        for name in ("", "Mars", "localtime", "europe/berlin", "../etc/passwd", "+01:00", 1, None)
    ],
    ({"metadata": None}, "/metadata"),
    ({"metadata": []}, "/metadata"),
    ({"metadata": {str(number): "" for number in range(21)}}, "/metadata"),
    ({"metadata": {"a" * 41: ""}}, "/metadata/" + "a" * 41),
    ({"metadata": {"a": "b" * 501}}, "/metadata/a"),
    ({"metadata": {"a": 1}}, "/metadata/a"),
    ({"metadata": {"a": None}}, "/metadata/a"),
    ({"metadata": {"a": {"b": "c"}}}, "/metadata/a"),
    ({"metadata": {"a": "\x00"}}, "/metadata/a"),
    ({"metadata": {"\x00": "a"}}, "/metadata/\x00"),
]


def test_every_field_is_kept_as_it_was_sent(
    account: Account, make_brand: Callable[..., dict[str, Any]]
) -> None:
    sent = {**FULL, "metadata": {" crm id ": " 17 "}}
    made = make_brand(**sent)
    assert {name: made[name] for name in sent} == sent
    assert account.get(f"/brands/{made['id']}").json == made
    page = account.get("/brands").json
    assert page is not None
    assert page["data"] == [made], "a list shows a brand as it is shown alone"


def test_what_is_left_out_has_a_default(
    account: Account, make_brand: Callable[..., dict[str, Any]]
) -> None:
    before = clock.now()
    made = make_brand("  Blue\tBakery ")
    assert made == {
        "id": made["id"],
        "name": "Blue\tBakery",
        "slug": "blue-bakery",
        "description": "",
        "website_url": None,
        "logo_url": None,
        "colors": [],
        "voice": EMPTY_VOICE,
        "timezone": "UTC",
        "status": "active",
        "metadata": {},
        "version": 1,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
        "archived_at": None,
    }
    assert clock.rfc3339(before) <= made["created_at"] <= clock.rfc3339(clock.now())
    assert len(made["created_at"]) == len("2026-11-01T00:00:00.000Z")


def test_what_fits_is_taken_and_can_be_sent_back(
    account: Account, make_brand: Callable[..., dict[str, Any]]
) -> None:
    for number, values in enumerate(FITS):
        made = make_brand(**{"name": f"Brand {number}", **values})
        answer = account.patch(f"/brands/{made['id']}", json=made)
        assert (answer.status_code, answer.json) == (200, made)


@pytest.mark.parametrize("verb", ["create", "update"])
def test_what_does_not_fit_is_named(
    account: Account, make_brand: Callable[..., dict[str, Any]], verb: str
) -> None:
    brand = make_brand("Untouched")
    for values, pointer in DOES_NOT:
        if verb == "create":
            answer = account.post("/brands", json={"name": "Acme", **values})
        elif None in values.values() and "name" not in values:
            continue  # in a patch null clears
        elif values == {"metadata": {"a": None}}:
            continue  # and so it does here
        else:
            answer = account.patch(f"/brands/{brand['id']}", json=values)
        where = {place for place, _ in entries(answer)}
        assert where == {pointer}, (values, where)
    assert account.get(f"/brands/{brand['id']}").json == brand
    page = account.get("/brands").json
    assert page is not None
    assert len(page["data"]) == 1
