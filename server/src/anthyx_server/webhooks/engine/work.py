"""What the parts of the engine hand to each other: lines, picks, deliveries under lease."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from anthyx_server.webhooks.engine.pacing import Pace

# The error of an attempt whose process ended before there was an answer.
INTERRUPTED = "interrupted"


class Found(NamedTuple):
    """An endpoint that has something due.

    `floor` is where its due rows begin, as the database has it, None where somebody asked.
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
    """A delivery under lease.

    `number` is that of the attempt, which is to start `starts_in` seconds after the claim and at
    least `interval` seconds after the one before it at this endpoint. `status` is that of the
    delivery before the attempt.
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
    interval: float = 0.0


@dataclass(slots=True)
class Finished:
    """An attempt that is over, until it is on record.

    `is_fault_of_ours` says that the endpoint had no part in it; `is_final` that no further
    attempt could help. `is_gone` asks for the endpoint to be turned off. `body_bytes` is what the
    request held in memory.
    """

    claimed: Claimed
    url: str
    started_at: datetime
    duration_ms: int | None = None
    phases: tuple[int | None, int | None, int | None, int | None] = (None, None, None, None)
    peer_address: str | None = None
    signatures: str | None = None
    header_names: str | None = None
    status_code: int | None = None
    error_code: str | None = None
    error_detail: str | None = None
    response_headers: str | None = None
    response_body: bytes | None = None
    retry_after: float | None = None
    holds_endpoint: bool = False
    is_gone: bool = False
    is_final: bool = False
    is_fault_of_ours: bool = False
    body_bytes: int = 0

    @property
    def is_success(self) -> bool:
        """Whether the receiver took the delivery."""
        return self.error_code is None
