"""`/v1/channels` and `/v1/platforms`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from anthyx_server.brands import BrandArchived
from anthyx_server.channels import credentials, schemas, service
from anthyx_server.channels.models import Channel
from anthyx_server.channels.platforms import PLATFORMS
from anthyx_server.channels.views import present, present_platform
from anthyx_server.conditional import entity_tag, require_match
from anthyx_server.errors import NotFound, Unavailable
from anthyx_server.merge_patch import patched
from anthyx_server.operations import Reply, operation
from anthyx_server.tenancy import Caller

blueprint = Blueprint("channels", __name__)

_writable = schemas.WritableChannelSchema()


def _reply(channel: Channel, status: int = 200) -> Reply:
    location = f"/v1/channels/{channel.id}" if status == 201 else None
    return Reply(present(channel), status, etag=entity_tag(channel.version), location=location)


@operation(
    blueprint,
    "GET",
    "/channels",
    scope="channels:read",
    query=schemas.ListChannelsQuerySchema,
    returns=schemas.ChannelSchema(),
    is_list=True,
    errors=(NotFound,),
)
def list_channels(caller: Caller, query: dict[str, Any]) -> Reply:
    """List channels, newest first unless sort says otherwise."""
    return Reply(service.list_page(caller, query))


@operation(
    blueprint,
    "POST",
    "/channels",
    scope="channels:write",
    body=schemas.CreateChannelSchema,
    returns=schemas.ChannelSchema(),
    status=201,
    errors=(BrandArchived,),
)
def create_channel(caller: Caller, body: dict[str, Any]) -> Reply:
    """Connect a channel of a brand.

    Credentials are stored encrypted and never shown again.
    """
    return _reply(service.create(caller, body), 201)


@operation(
    blueprint,
    "GET",
    "/channels/<channel_id>",
    scope="channels:read",
    returns=schemas.ChannelSchema(),
    is_conditional=True,
)
def get_channel(caller: Caller, channel_id: str) -> Reply:
    """Get a channel."""
    return _reply(service.find(caller, channel_id))


@operation(
    blueprint,
    "PATCH",
    "/channels/<channel_id>",
    scope="channels:write",
    body=schemas.WritableChannelSchema,
    returns=schemas.ChannelSchema(),
    is_conditional=True,
)
def update_channel(caller: Caller, channel_id: str, body: dict[str, Any]) -> Reply:
    """Change a channel by a JSON merge patch (RFC 7396).

    Credentials are merged with those that are stored; null removes them, or one of them.
    """
    channel = service.lock(caller, channel_id)
    if isinstance(body.get("credentials"), dict) and credentials.are_lost(channel):
        # Merged with nothing, those that are stored would be gone for good.
        raise Unavailable(
            "The stored credentials can't be opened at the moment, so nothing can be merged with "
            "them. Remove them with null first to replace them."
        )
    known = present(channel) | {"credentials": credentials.unseal(channel)}
    values = patched(_writable, known, entity_tag(channel.version), body)
    if "credentials" not in body:
        values.pop("credentials")
    return _reply(service.update(caller, channel, values))


@operation(
    blueprint,
    "DELETE",
    "/channels/<channel_id>",
    scope="channels:write",
    status=204,
    is_conditional=True,
)
def delete_channel(caller: Caller, channel_id: str) -> Reply:
    """Disconnect a channel and delete it for good; always possible."""
    channel = service.lock(caller, channel_id)
    require_match(request.headers.get("If-Match"), entity_tag(channel.version))
    service.delete(caller, channel)
    return Reply(None, 204)


@operation(blueprint, "GET", "/platforms", returns=schemas.PlatformListSchema())
def list_platforms(caller: Caller) -> Reply:  # noqa: ARG001  (every key may see them)
    """List the platforms, with the limits and formats of their posts."""
    data = [present_platform(each) for each in PLATFORMS.values()]
    return Reply({"data": data, "has_more": False, "next_cursor": None})
