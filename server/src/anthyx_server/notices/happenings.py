"""What owner and admins are told of keys and endpoints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import orjson

from anthyx_server import clock
from anthyx_server.db import db
from anthyx_server.notices.service import (
    at,
    in_one_line,
    page_url,
    tell_member,
    tell_workspace,
)
from anthyx_server.workspaces import Member, Workspace

_KEYS = "/settings/integrations/api-keys"
_WEBHOOKS = "/settings/integrations/webhooks"
# By the reasons of `webhook_endpoint.disabled`.
_CAUSES = {
    "failing": "Everything that was sent to it failed for days.",
    "gone": "It answered 410 Gone.",
    "brands_deleted": "The brands that it was restricted to were deleted.",
    "key_leaked": "The API key that made it was found in public.",
}

_Told = tuple[str, list[str]]


def tell_event(event: Any) -> None:
    """Tell what an event means for people; connected to `events.published`."""
    compose = _BY_TYPE.get(event.type)
    workspace = db.session.get(Workspace, event.workspace_id) if compose else None
    if compose is None or workspace is None:
        return
    subject, lines = compose(workspace, orjson.loads(event.body))
    tell_workspace(workspace, event.type, subject, "\n".join(lines))


def tell_failing_endpoint(
    workspace_id: str, endpoint_id: str, url: str, failing_since: datetime
) -> None:
    """Tell, once, that nothing has reached an endpoint since then."""
    workspace = db.session.get(Workspace, workspace_id)
    if workspace is None:
        return
    where = _host(url)
    lines = [
        (
            f"Nothing that was sent to your webhook endpoint at {where} has arrived since "
            f"{at(workspace, failing_since)}."
        ),
        "",
        (
            "Deliveries are tried again for about three days. Then they are lost unless you send "
            "them again. The page of the endpoint says what fails and what to change:"
        ),
        page_url(f"{_WEBHOOKS}/{endpoint_id}"),
    ]
    tell_workspace(
        workspace,
        "webhook_endpoint.failing",
        f"The webhook endpoint at {where} has failed for a day",
        "\n".join(lines),
        once=f"failing {endpoint_id} {clock.milliseconds(failing_since)}",
    )


def _told_of(event: dict[str, Any]) -> dict[str, Any]:
    """What an event tells of; of one that was too large to be whole, only the id is certain."""
    return {"id": event["subject"]["id"], **event["data"]["object"]}


def _name(key: dict[str, Any]) -> str:
    return in_one_line(key.get("name") or key["id"])


def _leaked(workspace: Workspace, event: dict[str, Any]) -> _Told:
    key = _told_of(event)
    found = key.get("found") or {}
    place = found.get("url") or found.get("source")
    told = f" It was reported at (not verified): {in_one_line(str(place))}" if place else ""
    return f"The API key “{_name(key)}” was found in public", [
        (
            f"{_named(key)} was found where others can read it. It was revoked at "
            f"{_time(workspace, event['created_at'])}: requests with it are refused.{told}"
        ),
        "",
        (
            "Make a new key, give it to the integration, and look at the audit log for what was "
            "done with the old one:"
        ),
        page_url(_KEYS),
    ]


def _expiring(workspace: Workspace, event: dict[str, Any]) -> _Told:
    key = _told_of(event)
    ends = f"at {_time(workspace, key['expires_at'])}" if key.get("expires_at") else "soon"
    return f"The API key “{_name(key)}” expires soon", [
        f"{_named(key)} expires {ends}. Requests with it are refused from then on.",
        "",
        "Rotate it: the old key goes on working while you put the new one in place.",
        page_url(_KEYS),
    ]


def _disabled(workspace: Workspace, event: dict[str, Any]) -> _Told:
    endpoint = _told_of(event)
    which = f"at {_host(endpoint['url'])}" if "url" in endpoint else endpoint["id"]
    cause = _CAUSES.get(endpoint.get("disabled_reason") or "", "")
    return f"The webhook endpoint {which} was turned off", [
        f"Your webhook endpoint {which} was turned off at "
        f"{_time(workspace, event['created_at'])}. {cause}".strip(),
        "",
        "What it misses meanwhile is kept and can be sent once it is enabled:",
        page_url(f"{_WEBHOOKS}/{endpoint['id']}"),
    ]


_BY_TYPE: dict[str, Callable[[Workspace, dict[str, Any]], _Told]] = {
    "api_key.leaked": _leaked,
    "api_key.expiring": _expiring,
    "webhook_endpoint.disabled": _disabled,
}


def _named(key: dict[str, Any]) -> str:
    mode = "test " if key.get("mode") == "test" else ""
    looks = f" ({key['prefix']}…{key['last4']})" if "prefix" in key else ""
    return f"Your {mode}API key “{_name(key)}”{looks}"


def _time(workspace: Workspace, text: str) -> str:
    return at(workspace, datetime.fromisoformat(text))


def _host(url: str) -> str:
    """The host alone: a path or a query may be what a receiver knows us by."""
    return in_one_line(urlsplit(url).hostname or "?", 100)


def tell_sign_in(
    workspace: Workspace, member: Member, browser: str, address: str | None, moment: datetime
) -> None:
    """Tell a member that somebody signed in as them, from where they never did before."""
    lines = [
        (
            f"Somebody, probably you, signed in as {member.email} to the workspace "
            f"“{in_one_line(workspace.name, 100)}” at {at(workspace, moment)}."
        ),
        "",
        f"Browser: {browser}",
        f"Address: {address or 'unknown'}",
        "",
        "If it was not you: sign out everywhere, and change your password.",
        page_url("/account"),
    ]
    tell_member(member, "member.signed_in", "New sign-in to Anthyx", "\n".join(lines))
