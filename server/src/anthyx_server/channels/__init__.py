"""Channels: the social accounts of a brand that posts are published to."""

from anthyx_server.channels.models import Channel
from anthyx_server.channels.platforms import FORMATS, PLATFORMS, Format, Platform

__all__ = ["FORMATS", "PLATFORMS", "Channel", "Format", "Platform"]
