"""Channels: the social accounts of a brand that posts are published to."""

from anthyx_server.channels.models import Channel

__all__ = ["Channel"]
