"""The engine: claims what is due, sends it, and puts on record what came of it."""

from anthyx_server.webhooks.engine.pump import Pump

__all__ = ["Pump"]
