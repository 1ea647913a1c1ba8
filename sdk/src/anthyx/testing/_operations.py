"""The operations that the fake API plays, by their ids, and what they share."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import _contract
from ._answers import Answer, Refused, invalid
from ._state import Caller, Record, State, shown

Play = Callable[[State, Caller, Mapping[str, str]], Answer]
PLAYED: dict[str, Play] = {}
_LARGEST_PAGE = 100


def plays(operation_id: str) -> Callable[[Play], Play]:
    """Register a function as what an operation does."""

    def register(play: Play) -> Play:
        PLAYED[operation_id] = play
        return play

    return register


def read_body(operation: _contract.Operation, body: Any) -> Any:
    """The body, an empty object where it may be left out; refused as the API does."""
    if operation.body is None:
        return body
    if body is None and operation.is_body_required:
        raise Refused(400, "invalid_json", "The body is missing: send JSON.")
    value = {} if body is None else body
    # The items of a bulk operation are judged one by one, each for its own answer.
    problems = [] if isinstance(value, list) else _contract.problems(operation.body, value)
    if problems:
        raise invalid(problems)
    return value


def merged(patch: Mapping[str, Any], record: Mapping[str, Any]) -> Record:
    """The fields that a merge patch (RFC 7396) sets, merged with what is there."""
    return {name: _merge(value, record.get(name)) for name, value in patch.items()}


def _merge(value: Any, old: Any) -> Any:
    if not isinstance(value, dict):
        return value
    kept = dict(old) if isinstance(old, dict) else {}
    for name, inner in value.items():
        if inner is None:
            kept.pop(name, None)
        else:
            kept[name] = _merge(inner, kept.get(name))
    return kept


def page(records: Sequence[Record], caller: Caller) -> Answer:
    """A page of records that are in order, from the call's cursor on."""
    query = caller.call.query
    size = _whole(query.get("limit", "25"))
    filters = {name: query[name] for name in sorted(query) if name not in {"cursor", "limit"}}
    start = 0
    if "cursor" in query:
        last = _opened(query["cursor"], filters)
        ids = [each["id"] for each in records]
        start = ids.index(last) + 1 if last in ids else len(ids)
    found = records[start : start + size]
    has_more = len(records) > start + size
    cursor = _sealed(found[-1]["id"], filters) if has_more else None
    data = [shown(each) for each in found]
    return Answer(data={"data": data, "has_more": has_more, "next_cursor": cursor})


def _whole(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= _LARGEST_PAGE:
        detail = f"Must be from 1 to {_LARGEST_PAGE}."
        raise invalid([{"code": "invalid", "detail": detail, "parameter": "limit"}])
    return int(text)


def _sealed(last_id: str, filters: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([last_id, filters]).encode()).decode()


def _opened(cursor: str, filters: Mapping[str, str]) -> str:
    try:
        last_id, made_for = json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError:
        made_for, last_id = None, ""
    if made_for != filters:
        raise Refused(400, "invalid_cursor")
    return str(last_id)


def matching(records: Sequence[Record], query: Mapping[str, str], *names: str) -> list[Record]:
    """The records whose fields are what the query says."""
    return [
        each
        for each in records
        if all(each.get(name) == query[name] for name in names if name in query)
    ]


def read_query(operation: _contract.Operation, query: Mapping[str, str]) -> None:
    """Refuse parameters that the operation doesn't have, as the API does."""
    unknown = sorted(set(query) - operation.query)
    if unknown:
        detail = "There is no such parameter."
        raise invalid(
            [{"code": "unknown_field", "detail": detail, "parameter": name} for name in unknown]
        )
