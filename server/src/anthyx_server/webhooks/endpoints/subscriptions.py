"""What an endpoint can subscribe to, and the scopes that subscribing needs."""

from __future__ import annotations

from collections.abc import Collection

from anthyx_server import events

ALL = "*"
# Named or not at all: `*` does not mean it.
_NAMED_ONLY = "api_key"


def is_known(name: str) -> bool:
    """True for `*`, a type of events and a family of them (`post.*`)."""
    return name == ALL or name in events.TYPES or name in _families()


def choices() -> str:
    """What there is, in words."""
    return f"{ALL}, {', '.join(_families())} or one of {', '.join(events.TYPES)}"


def scopes_of(event_types: Collection[str]) -> set[str]:
    """The read scopes of all families that are meant: whoever subscribes reads."""
    names = {name.partition(".")[0] for name in event_types}
    if ALL in names:
        names |= {each.partition(".")[0] for each in events.TYPES} - {_NAMED_ONLY}
    return {scope for name in names if (scope := events.scope_of(name)) is not None}


def _families() -> list[str]:
    return list(dict.fromkeys(each.partition(".")[0] + ".*" for each in events.TYPES))
