"""The workspace of the fake API: its keys, its limits, its events."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from anthyx._json import format_time

from ._answers import Answer, Refused, invalid_field, not_found, with_etag
from ._contract import operations, with_defaults
from ._operations import matching, merged, page, plays
from ._state import Caller, Record, State, shown

_DAY_SECONDS = 86_400
# What nobody gets without being given it.
_SPECIAL = frozenset({"keys:read", "keys:write", "webhooks:secrets", "audit:read"})


def all_scopes() -> list[str]:
    """Every scope that some operation needs, and those that others imply."""
    return sorted({scope for operation in operations() for scope in operation.scopes})


def issue_key(state: State, actor: Record, mode: str, values: Mapping[str, Any]) -> Record:
    """Make a key; its secret is in `_secret`."""
    secret = f"anthyx_{mode}_{secrets.token_hex(19)}"
    moment, key_id = state.moment(), state.new_id("key")
    key = {
        "id": key_id,
        "family_id": key_id,
        "name": "Key",
        "description": "",
        "prefix": f"anthyx_{mode}_",
        "last4": secret[-4:],
        "mode": mode,
        "scopes": [each for each in all_scopes() if each not in _SPECIAL],
        "brand_ids": None,
        "ip_allowlist": None,
        "metadata": {},
        "version": 1,
        "created_at": moment,
        "created_by": actor,
        "updated_at": moment,
        "expires_at": None,
        "last_used_at": None,
        "last_used_ip": None,
        "rotated_from": None,
        "superseded_by": None,
        "revoked_at": None,
        "revoked_by": None,
        "revoked_reason": None,
        "status": "active",
        **{name: value for name, value in values.items() if value is not None},
        "_mode": mode,
        "_secret": secret,
    }
    state.records.setdefault("keys", {})[key_id] = key
    state.gate.keys[secret] = key
    return key


def _with_secret(key: Record) -> Answer:
    return Answer(201, {**shown(key), "secret": key["_secret"]})


@plays("get_workspace")
def _get_workspace(state: State, _: Caller, __: Mapping[str, str]) -> Answer:
    limits = {
        "requests_per_minute": state.gate.limits["minute"],
        "requests_per_day": state.gate.limits["day"],
        "api_keys": None,
        "seats": None,
        "webhook_endpoints": 50,
    }
    workspace = {
        "id": state.workspace_id,
        "name": "Workspace",
        "plan": state.plan,
        "timezone": "UTC",
        "limits": limits,
        "created_at": state.began_at,
    }
    return Answer(data=workspace)


@plays("get_usage")
def _get_usage(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    now = state.clock.time()
    windows = []
    for window in state.gate.windows(caller.key):
        is_open = now < window.ends_at
        ends_at = state.clock.now() + timedelta(seconds=window.ends_at - now)
        windows.append(
            {
                "name": window.name,
                "limit": window.limit,
                "used": window.used if is_open else 0,
                "remaining": window.left(now),
                "resets_at": format_time(ends_at) if is_open else None,
            }
        )
    used = sum(each["status"] == "active" for each in state.records["keys"].values())
    keys = {"used": used, "limit": None}
    return Answer(data={"plan": state.plan, "windows": windows, "api_keys": keys})


@plays("list_api_keys")
def _list_keys(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    return page(matching(state.all("keys", caller), caller.call.query, "status"), caller)


@plays("get_current_api_key")
def _get_current(_: State, caller: Caller, __: Mapping[str, str]) -> Answer:
    return with_etag(shown(caller.key))


@plays("get_api_key")
def _get_key(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    return with_etag(shown(state.one("keys", caller, ids["key_id"])))


@plays("create_api_key")
def _create_key(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    values = dict(caller.call.json)
    mode = values.pop("mode", None) or caller.mode
    _require_scopes(caller, values.get("scopes") or [])
    if mode == "live" and caller.mode == "test":
        raise invalid_field("/mode", "A test key can't make live keys.")
    key = issue_key(state, caller.actor, mode, values)
    state.publish(caller, "api_key.created", key)
    return _with_secret(key)


@plays("update_api_key")
def _update_key(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    key = _in_force(state, caller, ids["key_id"])
    _require_scopes(caller, caller.call.json.get("scopes") or [])
    state.change(key, merged(caller.call.json, key))
    return with_etag(shown(key))


@plays("rotate_api_key")
def _rotate_key(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    key = _in_force(state, caller, ids["key_id"])
    if key["superseded_by"] is not None or key["status"] == "expiring":
        raise Refused(409, "rotation_in_progress")
    asked = with_defaults("RotateApiKey", caller.call.json)["overlap_seconds"]
    overlap = _DAY_SECONDS if asked is None else asked
    kept = ("family_id", "name", "description", "scopes", "brand_ids", "ip_allowlist", "metadata")
    values = {name: key[name] for name in (*kept, "expires_at")}
    successor = issue_key(state, caller.actor, key["mode"], {**values, "rotated_from": key["id"]})
    ends_at = format_time(state.clock.now() + timedelta(seconds=overlap))
    status = "expiring" if overlap else "expired"
    state.change(key, {"superseded_by": successor["id"], "status": status, "expires_at": ends_at})
    state.publish(caller, "api_key.rotated", successor)
    return _with_secret(successor)


@plays("delete_api_key")
def _delete_key(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    return _revoke(state, caller, state.one("keys", caller, ids["key_id"]))


@plays("delete_current_api_key")
def _delete_current(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    return _revoke(state, caller, caller.key)


def _revoke(state: State, caller: Caller, key: Record) -> Answer:
    if key["status"] != "revoked":
        values = {
            "status": "revoked",
            "revoked_at": state.moment(),
            "revoked_by": caller.actor,
            "revoked_reason": "deleted",
        }
        state.change(key, values)
        state.publish(caller, "api_key.revoked", key)
    return Answer(204)


def _in_force(state: State, caller: Caller, key_id: str) -> Record:
    key = state.one("keys", caller, key_id)
    if key["status"] in {"revoked", "expired"}:
        raise Refused(409, "invalid_state", f"The key is {key['status']}.", state=key["status"])
    return key


def _require_scopes(caller: Caller, scopes: list[str]) -> None:
    missing = sorted(set(scopes) - set(caller.key["scopes"]))
    if missing:
        raise Refused(403, "insufficient_scope", required_scopes=missing)


@plays("list_events")
def _list_events(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    query = caller.call.query
    found = [each for each in state.events if each["mode"] == caller.mode]
    found = [each for each in found if _is_wanted(each["type"], query.get("types"))]
    if "brand_id" in query:
        found = [each for each in found if each["brand_id"] == query["brand_id"]]
    if "after" not in query:
        return page(list(reversed(found)), caller)
    ids = [each["id"] for each in found]
    if query["after"] == "oldest":
        return page(found, caller)
    if query["after"] not in {each["id"] for each in state.events}:
        raise Refused(400, "invalid_cursor")
    return page([each for each in found if each["id"] > query["after"]] if ids else [], caller)


def _is_wanted(event_type: str, types: str | None) -> bool:
    wanted = types.split(",") if types else ["*"]
    return bool({"*", event_type, f"{event_type.partition('.')[0]}.*"} & set(wanted))


@plays("get_event")
def _get_event(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    for event in state.events:
        if event["id"] == ids["event_id"] and event["mode"] == caller.mode:
            return Answer(data=event)
    raise not_found("event", ids["event_id"])
