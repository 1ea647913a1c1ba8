"""A channel as the API and events show it, and the platforms: credentials never come out."""

from __future__ import annotations

from typing import Any

from anthyx_server.channels.models import Channel
from anthyx_server.channels.platforms import Format, Platform
from anthyx_server.clock import rfc3339
from anthyx_server.shown import as_shown


def present(channel: Channel) -> dict[str, Any]:
    """A channel as customers see it."""
    return {
        "id": channel.id,
        "brand_id": channel.brand_id,
        "platform": channel.platform,
        "name": channel.name,
        "external_id": channel.external_id,
        "status": channel.status,
        "status_detail": channel.status_detail,
        "version": channel.version,
        "created_at": rfc3339(channel.created_at),
        "updated_at": rfc3339(channel.updated_at),
    }


# What `present` shows, in its order.
SHOWN_COLUMNS = tuple(
    as_shown(column)
    for column in (
        Channel.id,
        Channel.brand_id,
        Channel.platform,
        Channel.name,
        Channel.external_id,
        Channel.status,
        Channel.status_detail,
        Channel.version,
        Channel.created_at,
        Channel.updated_at,
    )
)
_NAMES = tuple(str(column.key) for column in SHOWN_COLUMNS)


def present_row(row: Any) -> dict[str, Any]:
    """A row that starts with `SHOWN_COLUMNS`, as `present` shows a channel."""
    return dict(zip(_NAMES, row, strict=False))


def present_platform(platform: Platform) -> dict[str, Any]:
    """A platform with its limits and formats."""
    return {
        "platform": platform.name,
        "max_length": platform.max_length,
        "length_unit": platform.unit,
        "max_days_ahead": platform.max_days_ahead,
        "formats": [_present_format(each) for each in platform.formats],
    }


def _present_format(each: Format) -> dict[str, Any]:
    return {
        "format": each.name,
        "min_parts": each.parts[0],
        "max_parts": each.parts[1],
        "min_media": each.min_media,
        "max_media": each.max_media,
        "media": [{"kind": kind, "max": most} for kind, most in each.media.items()],
        "max_bytes": each.max_bytes,
    }
