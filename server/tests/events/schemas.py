"""Judging events by the schemas of the catalogue."""

from __future__ import annotations

import functools
from typing import Any

from jsonschema import Draft202012Validator

from anthyx_server.events import json_schemas


@functools.cache
def schema_of(event_type: str) -> dict[str, Any]:
    """The schema of a type."""
    return json_schemas.schema_of(event_type)


@functools.cache
def _validator(event_type: str) -> Draft202012Validator:
    checker = Draft202012Validator.FORMAT_CHECKER
    assert "date-time" in checker.checkers
    return Draft202012Validator(schema_of(event_type), format_checker=checker)


def problems_of(event: dict[str, Any], event_type: str | None = None) -> list[str]:
    """What is wrong with an event by the schema of its type, or of another."""
    found = _validator(event_type or event["type"]).iter_errors(event)
    return [f"{each.json_path}: {each.message[:200]}" for each in found]
