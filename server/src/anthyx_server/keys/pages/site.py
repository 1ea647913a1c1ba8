"""What the pages of keys share: where they are, and what a form holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import redirect
from werkzeug.wrappers import Response

from anthyx_server.dashboard import Visitor, forms, new_blueprint
from anthyx_server.inputs import invalid_body
from anthyx_server.keys.allowlist import plain
from anthyx_server.keys.models import ApiKey
from anthyx_server.keys.scopes import DEFAULT_SCOPES

PATH = "/settings/integrations/api-keys"
OF_KEY = f"{PATH}/<key_id>"

blueprint = new_blueprint("key_pages", "anthyx_server.keys")
blueprint.add_app_template_filter(plain, "plain_network")


def path_of(key: ApiKey) -> str:
    """Where a key's page is."""
    return f"{PATH}/{key.id}"


def see_other(path: str) -> Response:
    """Go on to a page after a form was taken."""
    return redirect(path, 303)


def new_values(visitor: Visitor) -> dict[str, Any]:
    """What the form of a new key shows at first."""
    return {
        "name": "",
        "ip_allowlist": "",
        "scopes": DEFAULT_SCOPES,
        "expires_at": "",
        "mode": visitor.session.mode,
    }


def values_of(key: ApiKey, visitor: Visitor) -> dict[str, Any]:
    """What the form of a key shows at first."""
    return {
        "name": key.name,
        "ip_allowlist": "\n".join(map(plain, key.ip_allowlist or ())),
        "scopes": key.scopes,
        "expires_at": local_time(key.expires_at, visitor),
    }


def sent_values() -> dict[str, Any]:
    """What the form that was sent held, to show it once more."""
    names = ("name", "ip_allowlist", "expires_at", "mode")
    return {name: forms.text(name) for name in names} | {"scopes": forms.chosen("scopes")}


def sent_body(visitor: Visitor) -> dict[str, Any]:
    """What the form that was sent held, as a body of the API; blank fields restrict nothing."""
    return {
        "name": forms.text("name"),
        "ip_allowlist": forms.lines("ip_allowlist") or None,
        "scopes": forms.chosen("scopes"),
        "expires_at": _from_local(forms.text("expires_at"), visitor),
    }


def local_time(value: datetime | None, visitor: Visitor) -> str:
    """A time as an input shows it: in the workspace's time zone, to the minute."""
    if value is None:
        return ""
    return value.astimezone(ZoneInfo(visitor.workspace.timezone)).strftime("%Y-%m-%dT%H:%M")


def _from_local(text: str, visitor: Visitor) -> str | None:
    """What an input gave, with its offset.

    Raises:
        ValidationFailed: it is no date and time.
    """
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise invalid_body({"expires_at": ["Not a date and time."]}) from None
    return at.replace(tzinfo=ZoneInfo(visitor.workspace.timezone)).isoformat()
