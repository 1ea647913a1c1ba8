"""`/v1/events` and `/v1/event-types`."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Blueprint, current_app

from anthyx_server.errors import InvalidState, NotFound
from anthyx_server.events import catalogue, described, feed, schemas, service
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
    blueprint,
    "POST",
    "/events",
    scope="webhooks:write",
    body=schemas.CreateEventSchema,
    returns=schemas.EventSchema(),
    status=201,
    errors=(InvalidState,),
)
def create_event(caller: Caller, body: dict[str, Any]) -> Reply:
    """Make the example event of a type, with a test key.

    It is published as any other: in the feed and to the webhook endpoints of the test mode. What
    it tells of does not exist, but the brand that `brand_id` names. Beside webhooks:write it
    needs events:read and the read scope of the type's family. A live key is refused.
    """
    require_scope(caller, "webhooks:write", "events:read", catalogue.scope_of(body["type"]))
    event = service.make_example(caller, body["type"], body["brand_id"])
    return Reply(orjson.loads(event.body), 201, location=f"/v1/events/{event.id}")


@operation(
    blueprint, "GET", "/events/<event_id>", scope="events:read", returns=schemas.EventSchema()
)
def get_event(caller: Caller, event_id: str) -> Reply:
    """Get an event; it is kept for 30 days."""
    event = feed.find(caller, event_id)
    require_scope(caller, catalogue.scope_of(event["type"]))
    return Reply(event)


@operation(
    blueprint,
    "GET",
    "/event-types",
    returns=schemas.EventTypeListSchema(),
    is_conditional=True,
)
def list_event_types(caller: Caller) -> Reply:  # noqa: ARG001  (every key may see them)
    """List the types of events, each with its JSON Schema (2020-12) and an example."""
    data, etag = described.listed()
    page = {"data": orjson.Fragment(data), "has_more": False, "next_cursor": None}
    return Reply(page, etag=etag)
