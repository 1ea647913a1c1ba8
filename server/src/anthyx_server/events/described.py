"""The catalogue as customers see it: each type with its description, JSON Schema and example."""

from __future__ import annotations

import functools
import hashlib
from typing import Any

import orjson

from anthyx_server.events import examples, samples
from anthyx_server.events.catalogue import DESCRIPTIONS
from anthyx_server.events.json_schemas import schema_of
from anthyx_server.events.service import envelope_of
from anthyx_server.ids import id_of
from anthyx_server.tenancy import Actor, Caller

_WORKSPACE = samples.sample_id("ws")
_SYSTEM = Caller(_WORKSPACE, "live", Actor("system", None, "anthyx-server"), frozenset())
_KEY = _SYSTEM._replace(
    actor=Actor(**samples.ZAPIER),
    request_id="req_5f5c03f286d35991f903ddb5",
    idempotency_key="0d6f4c1e-2a0b-4d2e-9a56-5b1f6a4f3a77",
)
# What the server does by itself.
_BY_ITSELF = frozenset(
    {
        "post.published",
        "post.partially_published",
        "post.failed",
        "analytics.updated",
        "api_key.leaked",
        "api_key.expiring",
        "usage.threshold_reached",
        "webhook_endpoint.disabled",
    }
)


def example_of(event_type: str) -> dict[str, Any]:
    """The example of a type, always the same; it validates against the type's schema."""
    subject, shown, previous, brand_id = examples.EXAMPLES[event_type]
    caller = _SYSTEM if event_type in _BY_ITSELF else _KEY
    envelope = envelope_of(caller, event_type, subject, brand_id, samples.MOMENT)
    envelope["id"] = _event_id(event_type)
    return envelope | {"data": {"object": shown, "previous": previous, "truncated": False}}


def _event_id(event_type: str) -> str:
    digest = hashlib.sha256(event_type.encode()).digest()
    return id_of("evt", samples.MOMENT, int.from_bytes(digest[:10]))


@functools.cache
def listed() -> tuple[bytes, str]:
    """All types as the JSON array of an answer, and its entity tag; built once per process."""
    data = orjson.dumps(
        [
            {
                "name": name,
                "description": description,
                "schema": schema_of(name),
                "example": example_of(name),
            }
            for name, description in DESCRIPTIONS.items()
        ]
    )
    return data, f'"{hashlib.sha256(data).hexdigest()[:32]}"'
