"""JSON Schemas (2020-12) of events, made of what the OpenAPI document says of their resources."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import orjson

from anthyx_server import openapi
from anthyx_server.events import catalogue, examples

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}

# The component that describes the resource of a family's events, or of one type's.
_RESOURCES = {
    "post": "Post",
    "post.comment.created": "Comment",
    "brand": "Brand",
    "channel": "Channel",
    "analytics": "PostAnalytics",
    "api_key": "ApiKey",
    "api_key.leaked": "LeakedApiKey",
    "usage": "UsageThreshold",
    "webhook_endpoint": "WebhookEndpoint",
}
# What no operation answers with.
_FOUND = {
    "type": "object",
    "description": "Where the key was found, as it was reported: unverified text.",
    "properties": {"url": {"type": ["string", "null"]}, "source": {"type": ["string", "null"]}},
    "required": ["source", "url"],
}
_USAGE_THRESHOLD = {
    "type": "object",
    "properties": {
        "type": {"const": "usage"},
        "key_id": _TEXT,
        "family_id": _TEXT,
        "window": {"const": "day"},
        "threshold_percent": {"type": "integer", "enum": [80, 100]},
        "limit": {"type": "integer"},
        "used": {"type": "integer"},
        "resets_at": _TIME,
    },
    "required": [
        "family_id", "key_id", "limit", "resets_at", "threshold_percent", "type", "used", "window",
    ],
}  # fmt: skip


def schema_of(event_type: str) -> dict[str, Any]:
    """The schema of a whole event of one type; it refers to nothing outside of itself.

    Members that it doesn't name are allowed: more may come.
    """
    known = _components()
    resource = _RESOURCES.get(event_type) or _RESOURCES[catalogue.family_of(event_type)]
    schema: dict[str, Any] = {
        "$schema": _DIALECT,
        "title": event_type,
        "description": catalogue.DESCRIPTIONS[event_type],
        **known["Event"],
    }
    subject_type = examples.EXAMPLES[event_type].subject[0]
    schema["properties"] = known["Event"]["properties"] | {
        "type": {"const": event_type},
        "brand_id": _TEXT if catalogue.has_brand(event_type) else {"type": "null"},
        "subject": _object(type={"const": subject_type}, id=_TEXT),
        "data": {"oneOf": [_whole(resource), _cut(subject_type)]},
    }
    schema["$defs"] = {name: known[name] for name in sorted(_reached(schema, known))}
    return schema


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": sorted(properties)}


def _whole(resource: str) -> dict[str, Any]:
    properties = _components()[resource]["properties"]
    changed = {"type": ["object", "null"], "properties": properties}
    shown = {"$ref": f"#/$defs/{resource}"}
    return _object(object=shown, previous=changed, truncated={"const": False})


def _cut(subject_type: str) -> dict[str, Any]:
    """The data of an event that would be over 256 KiB."""
    subject = _object(type={"const": subject_type}, id=_TEXT)
    return _object(object=subject, previous={"type": "null"}, truncated={"const": True})


@functools.cache
def _components() -> dict[str, Any]:
    """The API's own schemas by their names, and those of what is in events alone."""
    document = openapi.document_bytes().replace(b"#/components/schemas/", b"#/$defs/")
    found: dict[str, Any] = orjson.loads(document)["components"]["schemas"]
    key = found["ApiKey"]
    found["LeakedApiKey"] = key | {
        "properties": key["properties"] | {"found": _FOUND},
        "required": [*key["required"], "found"],
    }
    found["UsageThreshold"] = _USAGE_THRESHOLD
    return found


def _reached(schema: Any, known: dict[str, Any]) -> set[str]:
    """The names of the schemas that one refers to, and they in turn."""
    found: set[str] = set()
    left = list(_references(schema))
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _references(known[name])
    return found


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and isinstance(value.get("$ref"), str):
        yield value["$ref"].removeprefix("#/$defs/")
    inner = value.values() if isinstance(value, dict) else value
    if isinstance(value, dict | list):
        for each in inner:
            yield from _references(each)
