"""Where the pages are, and what they share."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import redirect
from marshmallow import ValidationError
from werkzeug.wrappers import Response

from anthyx_server import fields as own
from anthyx_server import webhooks
from anthyx_server.dashboard import Visitor, new_blueprint
from anthyx_server.inputs import invalid_body

PATH = "/settings/integrations/webhooks"
ONE = f"{PATH}/<endpoint_id>"
_LOCAL_TIME = "%Y-%m-%dT%H:%M"

blueprint = new_blueprint("webhook_pages", webhooks.__name__)


def see(path: str) -> Response:
    """Go on to a page of ours after a form was taken."""
    return redirect(f"{PATH}{path}", code=303)


def read_local(visitor: Visitor, name: str, value: str) -> datetime:
    """A time as a browser's field gives it, in the workspace's time zone.

    An hour that comes twice, as clocks go back, is its first.

    Raises:
        ValidationFailed: it is none.
    """
    try:
        local = datetime.fromisoformat(value)
        moment = local.replace(tzinfo=ZoneInfo(visitor.workspace.timezone)).astimezone(UTC)
        read: datetime = own.Time().deserialize(moment.isoformat())
    except (ValueError, OverflowError, ValidationError):
        raise invalid_body({name: ["Give a date and a time."]}) from None
    return read


def as_local(visitor: Visitor, moment: datetime) -> str:
    """A time as a browser's field takes it."""
    return moment.astimezone(ZoneInfo(visitor.workspace.timezone)).strftime(_LOCAL_TIME)
