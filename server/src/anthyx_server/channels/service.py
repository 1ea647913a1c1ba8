"""What can be done with channels."""

from __future__ import annotations

import functools
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from anthyx_server import audit, brands, clock, events
from anthyx_server.channels import credentials
from anthyx_server.channels.models import Channel
from anthyx_server.channels.views import SHOWN_COLUMNS, present, present_row
from anthyx_server.db import db
from anthyx_server.errors import NotFound
from anthyx_server.ids import new_id
from anthyx_server.inputs import invalid_body
from anthyx_server.pagination import Order, Pages
from anthyx_server.tenancy import Caller, locked, one, owned, owned_by_tenant, tenant

_ORDERS = {
    "-created_at": Order((Channel.id,), is_descending=True),
    "created_at": Order((Channel.id,), is_descending=False),
    "name": Order((Channel.name, Channel.id), is_descending=False),
    "-name": Order((Channel.name, Channel.id), is_descending=True),
}
_FILTERS = {
    "brand_id": Channel.brand_id,
    "platform": Channel.platform,
    "status": Channel.status,
}


def count_in_brand(caller: Caller, brand_id: str) -> tuple[str, int]:
    """How many channels a brand has, and the word for them."""
    query = owned(Channel, caller, func.count()).where(Channel.brand_id == brand_id)
    count = db.session.scalar(query) or 0
    return ("channel" if count == 1 else "channels"), count


def count_by_encryption_key() -> dict[str, int]:
    """How many channels' credentials were sealed with each encryption key."""
    key_id = Channel.encryption_key_id
    query = select(key_id, func.count()).where(key_id.is_not(None)).group_by(key_id)
    return {name: count for name, count in db.session.execute(query) if name is not None}


def visible(caller: Caller, *columns: Any) -> Select[Any]:
    """Select the channels that the caller's key may see: those of its brands."""
    query = owned(Channel, caller, *columns)
    return (
        query if caller.brand_ids is None else query.where(Channel.brand_id.in_(caller.brand_ids))
    )


def list_page(caller: Caller, arguments: dict[str, Any]) -> dict[str, Any]:
    """One page of the channels that the caller's key may see, in the order that `sort` asks for.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
        NotFound: `brand_id` is no brand that the caller may see.
    """
    if arguments["brand_id"] is not None:
        brands.find(caller, arguments["brand_id"])
    filters = {name: arguments[name] for name in _FILTERS if arguments[name] is not None}
    pages = _pages(arguments["sort"], tuple(filters), caller.brand_ids is not None)
    parameters = tenant(caller) | filters | {"brand_ids": list(caller.brand_ids or ())}
    return pages.fetch(arguments, caller, parameters, present_row)


@functools.cache
def _pages(sort: str, filters: tuple[str, ...], is_restricted: bool) -> Pages:  # noqa: FBT001
    order = _ORDERS[sort]
    columns = (column.expression for column in order.columns)
    query = owned_by_tenant(Channel, *SHOWN_COLUMNS, *columns)
    for name in filters:
        query = query.where(_FILTERS[name] == bindparam(name))
    if is_restricted:
        query = query.where(Channel.brand_id.in_(bindparam("brand_ids", expanding=True)))
    return Pages(query, order)


def find(caller: Caller, channel_id: str) -> Channel:
    """One channel.

    Raises:
        NotFound: there is none that the caller may see.
    """
    return one(Channel, visible(caller).where(Channel.id == channel_id), "channel", channel_id)


def lock(caller: Caller, channel_id: str) -> Channel:
    """One channel, its row locked until the transaction ends, so that versions never collide.

    Raises:
        NotFound: there is none that the caller may see.
    """
    query = visible(caller).where(Channel.id == channel_id)
    return one(Channel, locked(query), "channel", channel_id)


def create(caller: Caller, values: dict[str, Any]) -> Channel:
    """Make a channel, connected from the start.

    Raises:
        BrandArchived: its brand is archived.
        ValidationFailed: there is no such brand that the caller may see.
    """
    try:
        brand = brands.hold(caller, values["brand_id"])
    except NotFound:
        raise invalid_body({"brand_id": ["There is no such brand here."]}) from None
    moment = clock.now()
    channel = Channel(
        id=new_id("chan"),
        workspace_id=caller.workspace_id,
        mode=caller.mode,
        brand_id=brand.id,
        platform=values["platform"],
        name=values["name"],
        external_id=values["external_id"],
        status="connected",
        status_detail=None,
        version=1,
        created_at=moment,
        updated_at=moment,
    )
    credentials.seal(channel, values["credentials"])
    db.session.add(channel)
    db.session.flush()
    _publish(caller, "channel.connected", channel)
    _note(caller, "channel.connected", channel)
    return channel


def update(caller: Caller, channel: Channel, values: dict[str, Any]) -> Channel:
    """Set `name`, `external_id` and, where they are among the values, `credentials`.

    The channel must be locked. Nothing happens where nothing changes.
    """
    is_sealed_anew = "credentials" in values and _would_change(channel, values["credentials"])
    changes = {
        name: values[name]
        for name in ("name", "external_id")
        if getattr(channel, name) != values[name]
    }
    if not changes and not is_sealed_anew:
        return channel
    for name, value in changes.items():
        setattr(channel, name, value)
    if is_sealed_anew:
        credentials.seal(channel, values["credentials"])
        _note(caller, "channel.credentials_changed", channel)
    _bump(channel)
    db.session.flush()
    return channel


def _would_change(channel: Channel, wanted: dict[str, str] | None) -> bool:
    """Credentials that can't be opened differ from any, and from none."""
    return credentials.are_lost(channel) or (wanted or None) != credentials.unseal(channel)


def delete(caller: Caller, channel: Channel) -> None:
    """Disconnect a locked channel: it is gone, and its credentials with it.

    Targets of posts keep its id: what was published there stays on record.
    """
    before = present(channel)
    channel.status = "disconnected"
    _bump(channel)
    _publish(caller, "channel.disconnected", channel, before)
    _note(caller, "channel.disconnected", channel)
    db.session.delete(channel)
    db.session.flush()


def _bump(channel: Channel) -> None:
    channel.version += 1
    channel.updated_at = clock.now()


def _publish(
    caller: Caller, event_type: str, channel: Channel, before: dict[str, Any] | None = None
) -> None:
    shown = present(channel)
    previous = None
    if before is not None:
        previous = {name: value for name, value in before.items() if shown[name] != value}
    events.publish(
        caller,
        event_type,
        ("channel", channel.id),
        shown,
        previous=previous,
        brand_id=channel.brand_id,
    )


def _note(caller: Caller, action: str, channel: Channel) -> None:
    audit.record(
        caller,
        action,
        "channel",
        channel.id,
        name=channel.name,
        platform=channel.platform,
        brand_id=channel.brand_id,
        has_credentials=channel.credentials is not None,
    )
