"""Events: rows of an outbox, written in the transaction of the change that they tell."""

from anthyx_server.events.models import Event
from anthyx_server.events.numbering import in_order, numbered
from anthyx_server.events.service import publish, published
from anthyx_server.events.waiting import init_waiting

__all__ = ["Event", "in_order", "init_waiting", "numbered", "publish", "published"]
