"""What the parts of the engine hand to each other: lines, picks, deliveries under lease."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from anthyx_server.webhooks.engine.pacing import Pace


class Found(NamedTuple):
    """An endpoint that has something due; `floor` is where its due rows begin, as the database
    has it, None where somebody asked for an attempt.
    """

    endpoint_id: str
    floor: Any


@dataclass(slots=True)
class Line:
    """An endpoint's row in `webhook_queues`, locked, with what its settings say of its pace."""

    endpoint_id: str
    sequence: int
    in_flight: int
    max_in_flight: int
    held_until: datetime | None
    url: str
    version: int
    pace: Pace


class Wanted(NamedTuple):
    """How many due deliveries of an endpoint are to be picked, and the number before theirs."""

    endpoint_id: str
    floor: Any
    quota: int
    sequence: int


class Claimed(NamedTuple):
    """A delivery under lease. `number` is that of the attempt, `starts_in` seconds from the claim.

    `status` is that of the delivery before the attempt.
    """

    id: str
    workspace_id: str
    mode: str
    endpoint_id: str
    event_id: str
    event_type: str
    sequence: int
    number: int
    round_attempts: int
    trigger: str
    status: str
    recovery_id: str | None
    created_at: datetime
    lease: str
    version: int = 0
    starts_in: float = 0.0
