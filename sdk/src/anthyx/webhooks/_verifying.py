"""Verifies webhooks, and signs bodies as the server does."""

from __future__ import annotations

import functools
import json
import time

from anthyx._base_errors import (
    WebhookHeaderError,
    WebhookPayloadError,
    WebhookSignatureError,
    WebhookTimestampError,
)

from ._headers import Found
from ._schemes import body_signature, holds, standard_key, standard_signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn, TypeAlias

    from anthyx._event_types import AnyEvent
    from anthyx._json import JSON

    from ._headers import HeaderMap

    Secrets: TypeAlias = str | Sequence[str]
    """A secret, or several while one is being rotated."""

_MOST_SIGNATURES = 20
_LONGEST_TIMESTAMP = 15


def verify(
    body: bytes | bytearray | memoryview,
    headers: HeaderMap | str | bytes,
    secret: Secrets,
    tolerance: float = 300,
    require_timestamp: bool | None = None,  # noqa: FBT001 - as the contract has it
) -> AnyEvent:
    """The event in a webhook, once it is sure that Anthyx sent it and when.

    A captured request could be sent again within `tolerance`, and retries have the event's id:
    handle each `event.id` once.

    Args:
        body: the raw bytes, as they came: Flask `request.get_data()`, Django `request.body`,
            FastAPI `await request.body()`.
        headers: all of the request's, in any mapping, case and order; or the bare value of
            X-Anthyx-Signature.
        secret: the endpoint's, `whsec_…`; or several, of which one must fit, as during a rotation.
        tolerance: seconds that the signature's time may be away from this machine's clock.
        require_timestamp: whether the `webhook-*` headers, which sign a time, must be there: by
            default for all but a bare value, which has none. With False, X-Anthyx-Signature is
            enough where they are missing, and nothing stops a replay.

    Raises:
        WebhookVerificationError: whatever is wrong with any of it, with the probable cause as
            its message. Answer with status 400.
    """
    raw = _raw(body)
    secrets = _secrets(secret)
    if isinstance(headers, (str, bytes)):
        if require_timestamp:
            raise WebhookHeaderError(
                "The bare value of X-Anthyx-Signature says no time: pass all headers instead."
            )
        text = headers.decode("latin-1") if isinstance(headers, bytes) else headers
        _verify_body(raw, [text.strip()], secrets)
    else:
        _verify_headers(raw, Found(headers), secrets, tolerance, is_strict=require_timestamp)
    return _event(raw)


def sign(
    body: bytes,
    secret: Secrets,
    *,
    event_id: str | None = None,
    timestamp: int | None = None,
) -> dict[str, str]:
    """The headers that Anthyx would sign this body with: for tests of what receives webhooks.

    Args:
        body: the bytes to send.
        secret: an endpoint's, `whsec_<base64>`; or the current and the next one, as while they
            are being rotated.
        event_id: for `webhook-id`; the body's "id" if left out.
        timestamp: Unix seconds; now if left out.

    Raises:
        ValueError: a secret isn't like `whsec_<base64>`, there are more than two, or the body has
            no id and none is given.
    """
    secrets = [secret] if isinstance(secret, str) else list(secret)
    keys = [key for key in map(standard_key, secrets) if key is not None]
    if len(keys) != len(secrets) or not 1 <= len(secrets) <= len(_NAMES):
        raise ValueError("a secret is like whsec_<base64>, and there are one or two of them")
    moment = str(int(time.time() if timestamp is None else timestamp))
    name = event_id or _id_in(body)
    standard = [standard_signature(key, name, moment, body) for key in keys]
    signatures = [body_signature(each, body) for each in secrets]
    return {
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(standard),
        **dict(zip(_NAMES, signatures, strict=False)),
    }


_NAMES = ("X-Anthyx-Signature", "X-Anthyx-Signature-Next")


def _raw(body: object) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, (bytearray, memoryview)):
        return bytes(body)
    raise WebhookPayloadError(
        f"The body is {type(body).__name__}, not bytes. Pass the raw bytes: Flask "
        "request.get_data(), Django request.body, FastAPI await request.body()."
    )


def _secrets(secret: object) -> list[str]:
    secrets: object = [secret] if isinstance(secret, str) else secret
    if isinstance(secrets, (list, tuple, set, frozenset)):
        texts = [each.strip() for each in secrets if isinstance(each, str) and each.strip()]
        if texts and len(texts) == len(secrets):
            return texts
    # An unset variable must never become a key that anybody can sign with.
    raise WebhookSignatureError("secret= is empty, or is neither a text nor a list of texts.")


def _verify_headers(
    body: bytes, headers: Found, secrets: list[str], tolerance: float, *, is_strict: bool | None
) -> None:
    event_id, moment = headers.one("webhook-id"), headers.one("webhook-timestamp")
    signatures = headers.one("webhook-signature")
    if event_id and moment and signatures:
        _verify_standard(body, (event_id, moment, signatures), secrets)
        _verify_time(moment, tolerance)
    elif is_strict is None or is_strict:
        parts = {"webhook-id": event_id, "webhook-timestamp": moment}
        parts["webhook-signature"] = signatures
        missing = ", ".join(name for name, value in parts.items() if not value)
        raise WebhookHeaderError(
            f"Missing: {missing}. Pass all of the request's headers; where a proxy drops these, "
            "let it pass them on (require_timestamp=False would do without, and without its "
            "protection against replays)."
        )
    else:
        values = [headers.one("x-anthyx-signature"), headers.one("x-anthyx-signature-next")]
        _verify_body(body, [value for value in values if value], secrets)


def _verify_standard(body: bytes, parts: tuple[str, str, str], secrets: list[str]) -> None:
    event_id, moment, header = parts
    signatures = header.split(None, _MOST_SIGNATURES)
    if len(signatures) > _MOST_SIGNATURES:
        raise WebhookHeaderError("webhook-signature holds too many signatures.")
    keys = [key for key in map(standard_key, secrets) if key is not None]
    if not keys:
        raise WebhookSignatureError(
            "No secret= is like whsec_<base64>: use the endpoint's secret, whole, and no API key."
        )
    if not holds(signatures, [standard_signature(key, event_id, moment, body) for key in keys]):
        _refuse(body)


def _verify_body(body: bytes, signatures: list[str], secrets: list[str]) -> None:
    if not signatures or not signatures[0]:
        raise WebhookHeaderError("The header X-Anthyx-Signature is missing or empty.")
    if not holds(signatures, [body_signature(each, body) for each in secrets]):
        if not any(each.startswith("sha256=") for each in signatures):
            raise WebhookHeaderError("X-Anthyx-Signature is not like sha256=<hex>.")
        _refuse(body)


def _refuse(body: bytes) -> NoReturn:
    cause = "the secret is another endpoint's or an old one, or Anthyx did not send this"
    if not body:
        cause = "the body is empty: was it read before? Pass the raw bytes"
    elif b'": ' in body[:64] or not (body[:1] == b"{" and body[-1:] == b"}"):
        # Anthyx sends JSON without a space between its parts.
        cause = "the body was written anew, as by json.dumps: pass the bytes as they came"
    raise WebhookSignatureError(f"No signature fits. Probably {cause}.")


def _verify_time(moment: str, tolerance: float) -> None:
    if not (moment.isascii() and moment.isdigit() and len(moment) <= _LONGEST_TIMESTAMP):
        raise WebhookHeaderError("webhook-timestamp is not a number of seconds.")
    age = time.time() - int(moment)
    # Written so that a tolerance that is no number allows nothing.
    if abs(age) <= tolerance:
        return
    when = f"{age:.0f} s ago" if age > 0 else f"{-age:.0f} s from now"
    raise WebhookTimestampError(
        f"It was signed {when}, and {tolerance:g} s are allowed. Either this machine's clock is "
        "off, the request was held up, or somebody sends an old one again.",
        age,
    )


def _event(body: bytes) -> AnyEvent:
    try:
        return _reader()(_decode(body))
    except RecursionError:
        cause = "its JSON is nested too deeply"
    except UnicodeDecodeError:
        cause = "it is not UTF-8"
    except json.JSONDecodeError:
        cause = "it is not JSON"
    except ValueError as error:
        cause = str(error)
    raise WebhookPayloadError(f"The body is signed, but no event: {cause}.")


@functools.cache
def _reader() -> Callable[[JSON], AnyEvent]:
    # Only now: it loads every model, which takes longer than all the rest.
    from anthyx._event_decoding import lazy_event  # noqa: PLC0415

    return lazy_event


def _id_in(body: bytes) -> str:
    try:
        data = _decode(body)
    except (ValueError, RecursionError):
        data = None
    name = data.get("id") if isinstance(data, dict) else None
    if not isinstance(name, str) or not name:
        raise ValueError("the body has no id: give one as event_id=")
    return name


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


_decoder = json.JSONDecoder(parse_constant=_constant)


def _decode(body: bytes) -> JSON:
    data: JSON = _decoder.decode(body.decode())
    return data
