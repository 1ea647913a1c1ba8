"""Channels: the social accounts of a brand that posts are published to."""

from anthyx_server.channels.models import Channel
from anthyx_server.channels.platforms import FORMATS, MEDIA_KINDS, PLATFORMS, Format, Platform
from anthyx_server.channels.service import count_by_encryption_key, count_in_brand, create, find

__all__ = [
    "FORMATS",
    "MEDIA_KINDS",
    "PLATFORMS",
    "Channel",
    "Format",
    "Platform",
    "count_by_encryption_key",
    "count_in_brand",
    "create",
    "find",
]
