"""What the fake API holds: records by kind, and the events that tell of their changes."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from anthyx._json import format_time

from ._answers import Refused, not_found
from ._clock import VirtualClock
from ._gate import Gate

Record = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request as it reached the fake API.

    Attributes:
        method: in capitals.
        path: below the base URL, as "/posts".
        query: the parameters, each once.
        json: the decoded body; None where there is none.
        headers: with names in lower case; the key is left out.
    """

    method: str
    path: str
    query: Mapping[str, str]
    json: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Caller:
    """On whose behalf an operation runs."""

    key: Record
    call: Call

    @property
    def mode(self) -> str:
        """Live or test: each sees only its own."""
        return str(self.key["mode"])

    @property
    def actor(self) -> Record:
        """Who did it, as records and events show."""
        return {"type": "api_key", "id": self.key["id"], "name": self.key["name"]}


@dataclass
class State:
    """The workspace behind the fake API."""

    clock: VirtualClock
    gate: Gate
    plan: str
    workspace_id: str
    records: dict[str, dict[str, Record]] = field(default_factory=dict)
    events: list[Record] = field(default_factory=list)
    began_at: str = ""
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.began_at = self.moment()

    def new_id(self, prefix: str) -> str:
        """An id as the API's: prefixed, sorting by creation."""
        return f"{prefix}_{next(self._numbers):026d}"

    def moment(self) -> str:
        """Now, as the API writes times."""
        return format_time(self.clock.now())

    def add(self, kind: str, caller: Caller, prefix: str, values: Mapping[str, Any]) -> Record:
        """Keep a new record, with id, version and times."""
        moment = self.moment()
        record = {
            "id": self.new_id(prefix),
            **copy.deepcopy(dict(values)),
            "version": 1,
            "created_at": moment,
            "updated_at": moment,
            "_mode": caller.mode,
        }
        self.records.setdefault(kind, {})[record["id"]] = record
        return record

    def all(self, kind: str, caller: Caller) -> list[Record]:
        """The records of a kind that the caller sees, newest first."""
        found = self.records.get(kind, {}).values()
        return [each for each in reversed(list(found)) if each["_mode"] == caller.mode]

    def one(self, kind: str, caller: Caller, record_id: str) -> Record:
        """One record; 404 where the caller sees none, 412 where `If-Match` names another."""
        record = self.records.get(kind, {}).get(record_id)
        if record is None or record["_mode"] != caller.mode:
            raise not_found(kind.removesuffix("s"), record_id)
        given = caller.call.headers.get("if-match")
        if given is not None and given not in {"*", f'"{record["version"]}"'}:
            raise Refused(412, "precondition_failed")
        return record

    def change(self, record: Record, values: Mapping[str, Any]) -> Record:
        """Set fields; what they were before, empty where nothing changes."""
        before = {name: record[name] for name, value in values.items() if record[name] != value}
        if before:
            record.update({name: copy.deepcopy(values[name]) for name in before})
            record["version"] += 1
            record["updated_at"] = self.moment()
        return before

    def remove(self, kind: str, record: Record) -> None:
        """Forget a record."""
        del self.records[kind][record["id"]]

    def publish(
        self, caller: Caller, event_type: str, record: Record, previous: Record | None = None
    ) -> Record:
        """Tell of a change, as the API's events do."""
        kind = event_type.partition(".")[0]
        event = {
            "id": self.new_id("evt"),
            "type": event_type,
            "api_version": "2026-11-01",
            "created_at": self.moment(),
            "workspace_id": self.workspace_id,
            "brand_id": record["id"] if kind == "brand" else record.get("brand_id"),
            "mode": caller.mode,
            "actor": caller.actor,
            "request": {
                "id": caller.call.headers.get("x-request-id", "req_fake"),
                "idempotency_key": caller.call.headers.get("idempotency-key"),
            },
            "subject": {"type": kind, "id": record["id"]},
            "data": {"object": shown(record), "previous": previous or None, "truncated": False},
        }
        self.events.append(event)
        return event


def shown(record: Mapping[str, Any]) -> Record:
    """A record as the API shows it."""
    return {name: copy.deepcopy(record[name]) for name in record if name[0] != "_"}
