"""The form of an endpoint's settings: what it offers, what was filled in, as the API's body."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from flask import current_app

from anthyx_server.dashboard import Visitor, forms
from anthyx_server.errors import ApiError
from anthyx_server.tenancy import Caller

# What is folded away, and unfolded where there is a problem.
MORE = ("headers", "rate_per_second", "max_in_flight")
_MOST_BRANDS = 200
_NO_LINE = "Write one header per line, as Name: value."

BrandOffer = Callable[[Caller, int], list[tuple[str, str]]]
BrandNames = Callable[[Caller, Collection[str]], dict[str, str]]


def empty() -> dict[str, Any]:
    """What a new endpoint's form holds."""
    return {
        "url": "",
        "description": "",
        "event_types": [],
        "is_restricted": False,
        "brand_ids": [],
        "headers": "",
        "removed_headers": [],
        "rate_per_second": "",
        "max_in_flight": "8",
    }


def of_endpoint(shown: dict[str, Any]) -> dict[str, Any]:
    """What the form of an endpoint holds that the API shows so."""
    return empty() | {
        "url": shown["url"],
        "description": shown["description"] or "",
        "event_types": shown["event_types"],
        "is_restricted": shown["brand_ids"] is not None,
        "brand_ids": shown["brand_ids"] or [],
        "rate_per_second": shown["rate_per_second"] or "",
        "max_in_flight": shown["max_in_flight"],
    }


def filled_in() -> dict[str, Any]:
    """What was filled in, as it is shown again where there is a problem."""
    return {
        "url": forms.text("url"),
        "description": forms.text("description"),
        "event_types": forms.chosen("event_types"),
        "is_restricted": forms.text("brands") == "some",
        "brand_ids": forms.chosen("brand_ids"),
        "headers": "\n".join(forms.lines("headers")),
        "removed_headers": forms.chosen("removed_headers"),
        "rate_per_second": forms.text("rate_per_second"),
        "max_in_flight": forms.text("max_in_flight"),
    }


def body_of(values: dict[str, Any]) -> dict[str, Any]:
    """The API's body for what was filled in; what is no number stays a text, which it refuses.

    Raises:
        ValidationFailed: a line of the headers is none.
    """
    most = values["max_in_flight"]
    return {
        "url": values["url"],
        "description": values["description"] or None,
        "event_types": _without_repeats(values["event_types"]),
        "brand_ids": values["brand_ids"] if values["is_restricted"] else None,
        "headers": _headers(values["headers"]),
        "rate_per_second": _number(values["rate_per_second"]),
        **({} if most == "" else {"max_in_flight": _number(most)}),
    }


def _without_repeats(names: list[str]) -> list[str]:
    """Without what a family or all events include; `*` does not mean those of API keys."""
    families = {name.removesuffix(".*") for name in names if name.endswith(".*")}

    def is_included(name: str) -> bool:
        family = name.partition(".")[0]
        if name == "*":
            return False
        if "*" in names and family != "api_key":
            return True
        return family in families and not name.endswith(".*")

    return [name for name in names if not is_included(name)]


def _number(text: str) -> int | str | None:
    if text == "":
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _headers(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        # Without a colon it has no value, which the API refuses under its name.
        found[name.strip()] = value.strip() if colon else ""
    return found


def problems_of(error: ApiError) -> forms.Problems:
    """The problems by field; of headers with the name of each."""
    found = forms.Problems.of(error)
    told = []
    for entry in error.errors:
        _, field, *rest = [*entry.get("pointer", "").split("/"), ""]
        if field == "headers":
            name = rest[0].replace("~1", "/").replace("~0", "~")
            told.append(f"{name}: {entry['detail']}" if name else entry["detail"])
        if field == "version":
            found.text = "Somebody changed this endpoint meanwhile: reload the page to see it."
    if told:
        found["headers"] = " ".join([*told, _NO_LINE])
    if "brand_ids" in found and "Length" in found["brand_ids"]:
        found["brand_ids"] = "Choose at least one brand."
    if "url" in found and not forms.text("url"):
        found["url"] = "Enter your destination URL."
    if "event_types" in found:
        found["event_types"] = "Choose at least one event."
    return found


def brands_of(visitor: Visitor, chosen: list[str]) -> tuple[list[tuple[str, str]], bool]:
    """The brands to choose from, with those that are chosen; and whether there are more."""
    offer: BrandOffer = current_app.extensions["anthyx_brand_offer"]
    found = offer(visitor.caller, _MOST_BRANDS + 1)
    offered = found[:_MOST_BRANDS]
    known = {brand_id for brand_id, _ in offered}
    offered += names_of(visitor, [each for each in chosen if each not in known])
    return offered, len(found) > _MOST_BRANDS


def names_of(visitor: Visitor, brand_ids: list[str]) -> list[tuple[str, str]]:
    """Brands with their names; one that is none is called by its id."""
    if not brand_ids:
        return []
    names: BrandNames = current_app.extensions["anthyx_brand_names"]
    known = names(visitor.caller, brand_ids)
    return [(each, known.get(each, each)) for each in brand_ids]
