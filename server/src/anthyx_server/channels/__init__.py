"""Channels: the social accounts of a brand that posts are published to."""

from anthyx_server.channels.models import Channel
from anthyx_server.channels.platforms import PLATFORMS

__all__ = ["PLATFORMS", "Channel"]
