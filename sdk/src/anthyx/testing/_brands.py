"""Brands and channels of the fake API."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ._answers import Answer, Refused, invalid_field, with_etag
from ._contract import with_defaults
from ._operations import matching, merged, page, plays
from ._state import Caller, Record, State, shown


@plays("list_brands")
def _list_brands(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    return page(matching(state.all("brands", caller), caller.call.query, "status"), caller)


@plays("get_brand")
def _get_brand(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    return with_etag(shown(state.one("brands", caller, ids["brand_id"])))


@plays("create_brand")
def _create_brand(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    values = with_defaults("WritableBrand", caller.call.json)
    _require_free_name(state, caller, values["name"])
    slug = re.sub(r"[^a-z0-9]+", "-", values["name"].lower()).strip("-") or "brand"
    values |= {"slug": slug, "status": "active", "archived_at": None}
    brand = state.add("brands", caller, "brand", values)
    state.publish(caller, "brand.created", brand)
    return with_etag(shown(brand), 201)


@plays("update_brand")
def _update_brand(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    brand = _active(state, caller, ids["brand_id"])
    values = merged(caller.call.json, brand)
    defaults = with_defaults("WritableBrand", {"name": brand["name"]})
    values = {name: defaults[name] if value is None else value for name, value in values.items()}
    if values.get("name", brand["name"]) != brand["name"]:
        _require_free_name(state, caller, values["name"])
    before = state.change(brand, values)
    if before:
        state.publish(caller, "brand.updated", brand, before)
    return with_etag(shown(brand))


@plays("archive_brand")
def _archive_brand(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    return _set_status(state, caller, ids["brand_id"], "archived")


@plays("unarchive_brand")
def _unarchive_brand(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    return _set_status(state, caller, ids["brand_id"], "active")


@plays("delete_brand")
def _delete_brand(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    brand = state.one("brands", caller, ids["brand_id"])
    for kind in ("channels", "posts"):
        if any(each["brand_id"] == brand["id"] for each in state.all(kind, caller)):
            raise Refused(409, "brand_not_empty")
    state.remove("brands", brand)
    state.publish(caller, "brand.deleted", brand)
    return Answer(204)


def _set_status(state: State, caller: Caller, brand_id: str, status: str) -> Answer:
    brand = state.one("brands", caller, brand_id)
    archived_at = state.moment() if status == "archived" else None
    if brand["status"] != status:
        state.change(brand, {"status": status, "archived_at": archived_at})
        name = "brand.archived" if status == "archived" else "brand.unarchived"
        state.publish(caller, name, brand)
    return with_etag(shown(brand))


def _active(state: State, caller: Caller, brand_id: str) -> Record:
    brand = state.one("brands", caller, brand_id)
    if brand["status"] == "archived":
        raise Refused(409, "brand_archived")
    return brand


def _require_free_name(state: State, caller: Caller, name: str) -> None:
    taken = {each["name"].casefold() for each in state.all("brands", caller)}
    if name.casefold() in taken:
        problem = {
            "code": "brand_name_taken",
            "detail": "Another brand has it.",
            "pointer": "/name",
        }
        raise Refused(409, "brand_name_taken", errors=[problem])


def existing_brand(state: State, caller: Caller, brand_id: str) -> Record:
    """The brand that a body names; 422 where there is none."""
    for brand in state.all("brands", caller):
        if brand["id"] == brand_id:
            return _active(state, caller, brand_id)
    raise invalid_field("/brand_id", "There is no such brand.")


@plays("list_channels")
def _list_channels(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    found = matching(
        state.all("channels", caller), caller.call.query, "brand_id", "platform", "status"
    )
    return page(found, caller)


@plays("get_channel")
def _get_channel(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    return with_etag(shown(state.one("channels", caller, ids["channel_id"])))


@plays("create_channel")
def _create_channel(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    values = with_defaults("CreateChannel", caller.call.json)
    existing_brand(state, caller, values["brand_id"])
    values.pop("credentials", None)
    values |= {"status": "connected", "status_detail": None}
    channel = state.add("channels", caller, "chan", values)
    state.publish(caller, "channel.connected", channel)
    return with_etag(shown(channel), 201)


@plays("update_channel")
def _update_channel(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    channel = state.one("channels", caller, ids["channel_id"])
    values = merged(caller.call.json, channel)
    values.pop("credentials", None)
    state.change(channel, values)
    return with_etag(shown(channel))


@plays("delete_channel")
def _delete_channel(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    channel = state.one("channels", caller, ids["channel_id"])
    state.remove("channels", channel)
    state.publish(caller, "channel.disconnected", channel)
    return Answer(204)
