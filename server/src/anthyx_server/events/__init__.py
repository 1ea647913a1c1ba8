"""Events: rows of an outbox, written in the transaction of the change that they tell."""

from anthyx_server.events.models import Event
from anthyx_server.events.service import publish, publish_example, published
from anthyx_server.events.waiting import init_waiting

__all__ = ["Event", "init_waiting", "publish", "publish_example", "published"]
