"""JSON Merge Patch (RFC 7396) over what a resource shows."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import Schema

from anthyx_server.conditional import require_match
from anthyx_server.inputs import READ_ONLY, check, invalid_body


def merge(target: Any, patch: Any) -> Any:
    """`patch` applied to `target` as RFC 7396, section 2, defines it."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def patched(
    schema: Schema, shown: dict[str, Any], tag: str, patch: dict[str, Any]
) -> dict[str, Any]:
    """What `schema` can set of a resource, as it is after the request's patch, checked.

    `shown` is the resource as the API shows it, `tag` its entity tag. Read-only fields may be
    sent back as they are.

    Raises:
        ValidationFailed: with every problem; a read-only field that would change is one
            (`read_only_field`).
        PreconditionFailed: the patch is fine, but for another version; so read-only fields that
            have changed meanwhile are no problem of their own.
    """
    fixed = {name for name in patch if name in shown and name not in schema.fields}
    changed = {name: [READ_ONLY] for name in fixed if patch[name] != shown[name]}
    current = {name: shown[name] for name in schema.fields}
    wanted = {name: value for name, value in patch.items() if name not in fixed}
    values, problems = check(schema, merge(current, wanted))
    if not problems:
        require_match(request.headers.get("If-Match"), tag)
    if problems or changed:
        raise invalid_body({**problems, **changed})
    return values
