"""Believable data, for trying out and for measuring."""

from anthyx_server.demo.fill import EVENTFUL_POSTS, fill

__all__ = ["EVENTFUL_POSTS", "fill"]
