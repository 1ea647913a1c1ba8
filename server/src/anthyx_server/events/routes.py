"""`/v1/events`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app

from anthyx_server.errors import NotFound
from anthyx_server.events import catalogue, feed, schemas
from anthyx_server.operations import Reply, operation, require_scope
from anthyx_server.tenancy import Caller

blueprint = Blueprint("events", __name__)


@operation(
    blueprint,
    "GET",
    "/events",
    scope="events:read",
    query=schemas.ListEventsQuerySchema,
    returns=schemas.EventSchema(),
    is_list=True,
    uncounted_with="after",
    errors=(NotFound,),
)
def list_events(caller: Caller, query: dict[str, Any]) -> Reply:
    """List events, newest first; with after, poll for what came later.

    Each family of events needs its own read scope too: events that the key may not read are left
    out, naming them in types is refused. With after, events come in the order in which they were
    committed, none is missed and none comes twice; go on with the last id. Such a request does
    not count against the limits, but 60 a minute are allowed.
    """
    types = query["types"] or catalogue.visible(caller.scopes)
    # Should the key lose one of these while the request waits, the answer is refused.
    require_scope(caller, *(catalogue.scope_of(each) for each in types))
    if query["after"] is None:
        return Reply(feed.list_page(caller, query))
    return Reply(feed.poll(caller, query, current_app.extensions["anthyx_look_again"]))


@operation(
    blueprint, "GET", "/events/<event_id>", scope="events:read", returns=schemas.EventSchema()
)
def get_event(caller: Caller, event_id: str) -> Reply:
    """Get an event; it is kept for 30 days."""
    event = feed.find(caller, event_id)
    require_scope(caller, catalogue.scope_of(event["type"]))
    return Reply(event)
