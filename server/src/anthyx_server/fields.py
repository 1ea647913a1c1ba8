"""Marshmallow fields that are as strict as the contract: no coercion, no NUL, bounded sizes."""

from __future__ import annotations

import functools
import re
import zoneinfo
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError, fields, validate

from anthyx_server.ids import PATTERN

MAX_INTEGER = 2**53 - 1
MAX_PAIRS = 20
MAX_PAIR_KEY = 40
_RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_DIGITS = re.compile(r"[0-9]{1,16}")


class StrictSchema(Schema):
    """A schema of an input: what it doesn't know is an error (marshmallow's default)."""

    class Meta:
        """As marshmallow behaves anyway; said here, it is documented too."""

        unknown = RAISE


class AnswerSchema(Schema):
    """A schema of an output: clients ignore members that they don't know, so more may come."""

    class Meta:
        """Said here, so that it is documented: additional members are not ruled out."""

        unknown = EXCLUDE


class Flag(fields.Boolean):
    """True or false; neither 0 and 1, which Python takes for them, nor words."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class ActorSchema(AnswerSchema):
    """Who did something."""

    type = fields.String(required=True, validate=validate.OneOf(["api_key", "user", "system"]))
    id = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)


class Pattern(validate.Regexp):
    """A pattern that the whole value must match: `$` alone lets a last line break pass."""

    def __call__(self, value: Any) -> Any:
        """Check the value."""
        if self.regex.fullmatch(value) is None:
            raise ValidationError(self._format_error(value))
        return value


class Text(fields.String):
    """A string without NUL; `max_length` in characters.

    White space at its ends is cut off, unless it `is_verbatim`.
    """

    def __init__(
        self, *, min_length: int = 0, max_length: int, is_verbatim: bool = False, **kwargs: Any
    ) -> None:
        self._is_verbatim = is_verbatim
        checks = [validate.Length(min=min_length or None, max=max_length)]
        super().__init__(validate=[*checks, *kwargs.pop("validate", [])], **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not self._is_verbatim:
            text = text.strip()
        if "\x00" in text:
            raise ValidationError("Must not contain the character U+0000.")
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValidationError("Must not contain lone surrogates.") from None
        return text


class WholeNumber(fields.Integer):
    """A JSON integer; neither 1.0 nor "1" nor true."""

    def __init__(self, *, minimum: int, maximum: int = MAX_INTEGER, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(minimum, maximum), **kwargs)

    def _validated(self, value: Any) -> int:
        if type(value) is not int:
            raise self.make_error("invalid")
        return value


class QueryNumber(fields.Integer):
    """A whole number in a query string, in ASCII digits."""

    def __init__(self, *, minimum: int, maximum: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(minimum, maximum), **kwargs)

    def _validated(self, value: Any) -> int:
        if not isinstance(value, str) or not _DIGITS.fullmatch(value):
            raise self.make_error("invalid")
        return int(value)


class Time(fields.DateTime):
    """An RFC 3339 time with an offset, read into UTC and cut to the millisecond."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        match = _RFC3339.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValidationError(
                "Not a time with an offset, as RFC 3339 writes it (2026-11-01T09:30:00Z)."
            )
        day, clock, fraction, offset = match.groups()
        digits = ((fraction or "") + "000")[:3]
        try:
            moment = datetime.fromisoformat(
                f"{day}T{clock}.{digits}{offset.upper().replace('Z', '+00:00')}"
            ).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError("Not a time that exists.") from None
        if not 1970 <= moment.year <= 9000:
            raise ValidationError("Must be between the years 1970 and 9000.")
        return moment

    def _serialize(self, value: Any, attr: Any, obj: Any, **kwargs: Any) -> Any:
        return value


class Id(fields.String):
    """An id of this API with its prefix (`brand_…`)."""

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        message = f"Not an id that starts with {prefix}_."
        super().__init__(validate=Pattern(f"^{prefix}_{PATTERN}$", error=message), **kwargs)


class WebUrl(Text):
    """An http or https URL of at most 2,048 characters, without user and password."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=8, max_length=2048, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            parts = urlsplit(text)
            usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
            usable = usable and parts.port != 0 and parts.username is None
        except ValueError:
            usable = False
        if not usable or not text.isprintable() or " " in text:
            raise ValidationError("Not a URL that starts with https:// or http://.")
        return text


class TimeZone(Text):
    """The name of an IANA time zone, such as `Europe/Berlin`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_length=1, max_length=64, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        if name not in time_zones():
            raise ValidationError("Not an IANA time zone such as Europe/Berlin or UTC.")
        return name


@functools.cache
def time_zones() -> frozenset[str]:
    """The names of all time zones (read once: it walks a directory)."""
    return frozenset(zoneinfo.available_timezones() - {"localtime", "Factory"})


def _check_count(pairs: dict[str, str]) -> None:
    # Not validate.Length, which the OpenAPI document would show as the length of a string.
    if len(pairs) > MAX_PAIRS:
        raise ValidationError(f"At most {MAX_PAIRS} pairs are allowed.")


class Metadata(fields.Dict):
    """Up to 20 pairs of strings, kept as they are: keys of 1 to 40 characters, values of 500.

    `max_length` gives values another limit, `max_key` keys.
    """

    def __init__(
        self, *, max_length: int = 500, max_key: int = MAX_PAIR_KEY, **kwargs: Any
    ) -> None:
        self.max_key = max_key
        super().__init__(
            keys=Text(min_length=1, max_length=max_key, is_verbatim=True),
            values=Text(max_length=max_length, is_verbatim=True),
            validate=_check_count,
            **kwargs,
        )

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        except ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            # The problems of a pair, whether with its key or its value, are the member's.
            raise ValidationError(
                {
                    name: [text for texts in halves.values() for text in texts]
                    for name, halves in error.messages.items()
                }
            ) from None
