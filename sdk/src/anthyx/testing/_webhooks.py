"""Webhook endpoints of the fake API, and what they are sent."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from anthyx._json import encode as encode_json
from anthyx._json import format_time, parse_time
from anthyx.webhooks import sign

from ._answers import Answer, Refused, with_etag
from ._contract import with_defaults
from ._operations import merged, page, plays
from ._state import Caller, Record, State, shown

_DAY_SECONDS = 86_400
_KIND = "webhook endpoints"
# Only who names this family is sent it.
_NAMED_ONLY = "api_key"


@dataclass(frozen=True)
class Delivery:
    """One webhook: the exact bytes and headers that a receiver gets.

    Attributes:
        url: where the endpoint is.
        event: the decoded event.
        body: its bytes.
        headers: with both signatures.
    """

    url: str
    event: Record
    body: bytes
    headers: Mapping[str, str]


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@plays("list_webhook_endpoints")
def _list_endpoints(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    return page(state.all(_KIND, caller), caller)


@plays("get_webhook_endpoint")
def _get_endpoint(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    return with_etag(shown(_one(state, caller, ids)))


@plays("create_webhook_endpoint")
def _create_endpoint(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    values: dict[str, Any] = with_defaults("WritableWebhookEndpoint", caller.call.json)
    secret = _new_secret()
    values |= {
        "headers": sorted(values.get("headers") or {}),
        "status": "enabled",
        "disabled_at": None,
        "disabled_reason": None,
        "mode": caller.mode,
        "secret_last4": secret[-4:],
        "secret_activates_at": None,
        "health": _HEALTHY,
        "created_by": caller.actor,
        "_secrets": [secret],
        "_sent": len(state.events),
        "_sequence": 0,
    }
    endpoint = state.add(_KIND, caller, "we", values)
    return Answer(201, {**shown(endpoint), "secret": secret}, {"ETag": '"1"'})


_HEALTHY = {
    "state": "healthy",
    "failing_since": None,
    "held_until": None,
    "consecutive_failures": 0,
    "last_success_at": None,
    "last_failure": None,
    "pending": 0,
    "oldest_pending_at": None,
}


@plays("update_webhook_endpoint")
def _update_endpoint(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    endpoint = _one(state, caller, ids)
    values = merged(caller.call.json, endpoint)
    if "headers" in values:
        values["headers"] = sorted(values["headers"] or {})
    state.change(endpoint, values)
    return with_etag(shown(endpoint))


@plays("delete_webhook_endpoint")
def _delete_endpoint(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    state.remove(_KIND, _one(state, caller, ids))
    return Answer(204)


@plays("get_webhook_endpoint_secret")
def _get_secret(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    endpoint = _one(state, caller, ids)
    previous, secret = [None, *_secrets(state, endpoint)][-2:]
    shown_of_it = {name: endpoint[name] for name in ("id", "secret_last4", "secret_activates_at")}
    return Answer(data={**shown_of_it, "secret": secret, "previous_secret": previous})


@plays("rotate_secret_of_webhook_endpoint")
def _rotate_secret(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    endpoint = _one(state, caller, ids)
    if len(_secrets(state, endpoint)) > 1:
        raise Refused(409, "rotation_in_progress")
    asked = caller.call.json.get("overlap_seconds")
    overlap = _DAY_SECONDS if asked is None else asked
    secret = _new_secret()
    endpoint["_secrets"].append(secret)
    activates_at = format_time(state.clock.now() + timedelta(seconds=overlap))
    state.change(endpoint, {"secret_last4": secret[-4:], "secret_activates_at": activates_at})
    _secrets(state, endpoint)
    return Answer(200, {**shown(endpoint), "secret": secret})


@plays("activate_secret_of_webhook_endpoint")
def _activate_secret(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    endpoint = _one(state, caller, ids)
    if len(_secrets(state, endpoint)) < 2:
        raise Refused(409, "invalid_state", "No rotation is under way.", state="enabled")
    state.change(endpoint, {"secret_activates_at": state.moment()})
    _secrets(state, endpoint)
    return with_etag(shown(endpoint))


@plays("disable_webhook_endpoint")
def _disable_endpoint(state: State, caller: Caller, ids: Mapping[str, str]) -> Answer:
    endpoint = _one(state, caller, ids)
    if endpoint["status"] == "enabled":
        moment = state.moment()
        reason = {"disabled_at": moment, "disabled_reason": "requested"}
        health = {**endpoint["health"], "state": "disabled"}
        state.change(endpoint, {"status": "disabled", **reason, "health": health})
    return with_etag(shown(endpoint))


def _one(state: State, caller: Caller, ids: Mapping[str, str]) -> Record:
    return state.one(_KIND, caller, ids["endpoint_id"])


def _secrets(state: State, endpoint: Record) -> list[str]:
    """The secrets in force, the one that signs first; a rotation that is over ends here."""
    activates_at = endpoint["secret_activates_at"]
    if activates_at is not None and parse_time(activates_at) <= state.clock.now():
        del endpoint["_secrets"][0]
        endpoint["secret_activates_at"] = None
    found: list[str] = endpoint["_secrets"]
    return found


def take(state: State) -> list[Delivery]:
    """What each enabled endpoint is to be sent since this was last asked, in order."""
    deliveries = []
    for endpoint in state.records.get(_KIND, {}).values():
        waiting, endpoint["_sent"] = state.events[endpoint["_sent"] :], len(state.events)
        if endpoint["status"] == "enabled":
            deliveries += [
                _delivery(state, endpoint, each) for each in waiting if _is_for(endpoint, each)
            ]
    return deliveries


def _is_for(endpoint: Record, event: Record) -> bool:
    family = event["type"].partition(".")[0]
    wanted = {event["type"], f"{family}.*"} | (set() if family == _NAMED_ONLY else {"*"})
    brands = endpoint["brand_ids"]
    return (
        endpoint["mode"] == event["mode"]
        and bool(wanted & set(endpoint["event_types"]))
        and (brands is None or event["brand_id"] in brands)
    )


def _delivery(state: State, endpoint: Record, event: Record) -> Delivery:
    endpoint["_sequence"] += 1
    body = encode_json(event)
    secrets_in_force = _secrets(state, endpoint)
    signed = sign(body, secrets_in_force, event_id=event["id"], timestamp=int(state.clock.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Anthyx-Webhooks/1",
        "X-Anthyx-Event": event["type"],
        "X-Anthyx-Delivery": state.new_id("dlv"),
        "X-Anthyx-Attempt": "1",
        "X-Anthyx-Sequence": str(endpoint["_sequence"]),
        **signed,
    }
    return Delivery(endpoint["url"], event, body, headers)


@plays("create_event")
def _create_event(state: State, caller: Caller, _: Mapping[str, str]) -> Answer:
    if caller.mode != "test":
        raise Refused(409, "invalid_state", "Examples are made with test keys.", state="live")
    event_type = caller.call.json["type"]
    record = {"id": state.new_id(event_type.partition(".")[0])}
    return Answer(201, state.publish(caller, event_type, record))
