"""Patches of posts: members of targets that only the server sets may be sent back unchanged."""

from __future__ import annotations

from typing import Any

from anthyx_server.inputs import READ_ONLY, invalid_body

_WRITABLE = frozenset({"channel_id", "content_override"})


def without_unchanged(patch: dict[str, Any], shown: dict[str, Any]) -> dict[str, Any]:
    """The patch with nothing but writable members in its targets.

    Raises:
        ValidationFailed: a read-only member of a target would change (`read_only_field`).
    """
    given = patch.get("targets")
    if not isinstance(given, list):
        return patch
    current = {target["channel_id"]: target for target in shown["targets"]}
    problems: dict[str, Any] = {}
    targets: list[Any] = []
    for index, target in enumerate(given):
        if not isinstance(target, dict) or not isinstance(target.get("channel_id"), str):
            targets.append(target)
            continue
        stored = current.get(target["channel_id"], {})
        fixed = {name for name in target if name in stored and name not in _WRITABLE}
        changed = {name: [READ_ONLY] for name in fixed if target[name] != stored[name]}
        if changed:
            problems[str(index)] = changed
        targets.append({name: value for name, value in target.items() if name not in fixed})
    if problems:
        raise invalid_body({"targets": problems})
    return {**patch, "targets": targets}
