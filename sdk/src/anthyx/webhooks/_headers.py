"""Finds the headers of a webhook in whatever a framework calls its headers."""

from __future__ import annotations

from anthyx._base_errors import WebhookHeaderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Protocol, TypeAlias

    class Items(Protocol):
        """Headers that aren't a Mapping, as those of Werkzeug and of `http.client`."""

        def items(self) -> Iterable[tuple[str, str]]:
            """Each header with its value."""
            ...

    HeaderValue: TypeAlias = str | bytes | Sequence[str] | Sequence[bytes]
    """A header's value, or all of its values."""
    Pairs: TypeAlias = Iterable[tuple[str | bytes, HeaderValue]]
    HeaderMap: TypeAlias = Mapping[str, HeaderValue] | Mapping[str, object] | Items | Pairs
    """Mappings of all kinds (Django's META too) and lists of pairs, as those of ASGI."""


class Found:
    """The headers by the names they have here: lower case, with dashes."""

    __slots__ = ("_get", "_headers", "_read")

    def __init__(self, headers: HeaderMap) -> None:
        self._headers = headers
        self._get = getattr(headers, "get", None)
        self._read: dict[str, list[str]] | None = None

    def one(self, name: str) -> str | None:
        """The header's only value; None where it isn't there.

        Raises:
            WebhookHeaderError: it is there more than once, or is no text.
        """
        if self._read is None:
            # Most mappings know it by this very name; reading them all takes longer.
            value = self._get(name) if callable(self._get) else None
            if type(value) is str:
                return value.strip()
        values = self.all(name)
        if len(values) > 1:
            raise WebhookHeaderError(f"The header {name} is there {len(values)} times.")
        return values[0] if values else None

    def all(self, name: str) -> list[str]:
        """The header's values."""
        if self._read is None:
            self._read = _read(self._headers)
        return self._read.get(name, [])


def _read(headers: object) -> dict[str, list[str]]:
    items = getattr(headers, "items", None)
    pairs: Any = items() if callable(items) else headers
    read: dict[str, list[str]] = {}
    try:
        for name, value in pairs:
            values = read.setdefault(_name(name), [])
            # The same value twice is no contradiction.
            values.extend(each for each in _texts(value) if each not in values)
    except (TypeError, ValueError):
        raise WebhookHeaderError(
            "headers= is neither a mapping of headers nor the value of X-Anthyx-Signature."
        ) from None
    return read


def _name(name: object) -> str:
    text = name.decode("latin-1") if isinstance(name, bytes) else str(name)
    # A WSGI environ, as Django's META, has HTTP_X_ANTHYX_SIGNATURE.
    return text.lower().replace("_", "-").removeprefix("http-")


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value.strip()]
    if isinstance(value, bytes):
        return [value.decode("latin-1").strip()]
    if isinstance(value, (list, tuple)):
        values: Sequence[object] = value
        return [text for each in values for text in _texts(each)]
    # META also holds what is no header at all.
    return []
