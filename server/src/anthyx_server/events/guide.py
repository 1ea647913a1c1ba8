"""The page for those who integrate: every event with its example, made from the catalogue."""

from __future__ import annotations

import orjson

from anthyx_server.events.catalogue import DESCRIPTIONS, FAMILIES, family_of, has_brand, scope_of
from anthyx_server.events.described import example_of

_OPENING = """\
# Every event, with an example

Made by `nox -s guide` from the server's own catalogue. `GET /v1/event-types` answers the same, and
for each type a JSON Schema (2020-12) of the whole event. [Events](events.md) says what all of them
have in common and how to make these happen, [Webhooks](webhooks.md) how to receive them.
"""


def page() -> str:
    """The page in Markdown, as it is committed in docs/content/integrations.md."""
    parts = [_OPENING]
    family = None
    for event_type, description in DESCRIPTIONS.items():
        if family_of(event_type) != family:
            family = family_of(event_type)
            parts.append(f"## {FAMILIES[family]}\n\n{_common(event_type)}\n")
        parts.append(f"### `{event_type}`\n\n{description}\n\n{_example(event_type)}\n")
    return "\n".join(parts)


def _common(event_type: str) -> str:
    """What all events of a family have in common."""
    scope = scope_of(event_type)
    taken = "`events:read`" if scope is None else f"`events:read` and `{scope}`"
    brand = "They are of a brand" if has_brand(event_type) else "They are of no brand"
    return f"`{family_of(event_type)}.*`: reading them takes {taken}. {brand}."


def _example(event_type: str) -> str:
    text = orjson.dumps(example_of(event_type), option=orjson.OPT_INDENT_2).decode()
    return f"```json\n{text}\n```"
