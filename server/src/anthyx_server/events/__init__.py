"""Events: rows of an outbox, written in the transaction of the change that they tell."""

from anthyx_server.events.catalogue import DESCRIPTIONS, FAMILIES, TYPES, scope_of
from anthyx_server.events.feed import KEPT_FOR
from anthyx_server.events.guide import page as guide_page
from anthyx_server.events.models import Event
from anthyx_server.events.numbering import in_order, numbered
from anthyx_server.events.service import publish, publish_example, published
from anthyx_server.events.storing import (
    EVENT_INSERTION,
    EVENT_ON_POSTGRESQL,
    EVENT_ON_SQLITE,
    event_parameters,
    store,
)
from anthyx_server.events.waiting import init_waiting, wait_until

__all__ = [
    "DESCRIPTIONS",
    "EVENT_INSERTION",
    "EVENT_ON_POSTGRESQL",
    "EVENT_ON_SQLITE",
    "FAMILIES",
    "KEPT_FOR",
    "TYPES",
    "Event",
    "event_parameters",
    "guide_page",
    "in_order",
    "init_waiting",
    "numbered",
    "publish",
    "publish_example",
    "published",
    "scope_of",
    "store",
    "wait_until",
]
