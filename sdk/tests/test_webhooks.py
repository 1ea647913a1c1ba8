"""Verifying and signing: what passes, what doesn't, and what each refusal says."""

from __future__ import annotations

import base64
import copy
import json
import pickle
import time
from email.message import Message
from typing import Any

import pytest

from anthyx import BrandUpdated, PostPublished
from anthyx.webhooks import (
    WebhookHeaderError,
    WebhookPayloadError,
    WebhookSignatureError,
    WebhookTimestampError,
    WebhookVerificationError,
    sign,
    verify,
)
from anthyx.webhooks._schemes import standard_key, standard_signature
from sdk.tests import samples

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEXT = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(b"other" * 6).decode()
GITHUB = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
BODY = json.dumps(samples.event(), separators=(",", ":"), ensure_ascii=False).encode()
NAMES = {"webhook-id", "webhook-timestamp", "webhook-signature", "X-Anthyx-Signature"}


def signed(body: bytes = BODY, secret: str | list[str] = SECRET, **when: Any) -> dict[str, str]:
    return sign(body, secret, **when)


def environ(headers: dict[str, str]) -> dict[str, object]:
    """As a WSGI server has them, beside what is no header."""
    named = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
    return {"REQUEST_METHOD": "POST", "wsgi.version": (1, 0), "wsgi.input": None, **named}


def message(headers: dict[str, str]) -> Message:
    found = Message()
    for name, value in headers.items():
        found[name] = value
    return found


def test_the_vector_of_standard_webhooks() -> None:
    headers = sign(
        b'{"test": 2432232314}',
        SECRET,
        event_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers.keys() == NAMES


def test_the_vector_of_the_documented_scheme() -> None:
    # Signed but no event: so the signature was right.
    with pytest.raises(WebhookPayloadError):
        verify(b"Hello, World!", GITHUB, "It's a Secret to Everybody")
    with pytest.raises(WebhookSignatureError):
        verify(b"Hello, World?", GITHUB, "It's a Secret to Everybody")


def test_the_event_is_typed() -> None:
    event = verify(BODY, signed(), SECRET)
    assert isinstance(event, BrandUpdated)
    assert event.to_dict() == samples.event()


@pytest.mark.parametrize(
    "body", [BODY, bytearray(BODY), memoryview(BODY)], ids=["bytes", "bytearray", "memoryview"]
)
def test_bytes_of_all_kinds(body: bytes) -> None:
    assert verify(body, signed(), SECRET).id == "evt_1"


@pytest.mark.parametrize(
    "shape",
    [
        dict,
        lambda headers: {name.upper(): value for name, value in headers.items()},
        lambda headers: {name.lower(): value for name, value in headers.items()},
        lambda headers: {name.title(): [value] for name, value in headers.items()},
        lambda headers: {name: (f" {value} ",) for name, value in headers.items()},
        lambda headers: {name.encode(): value.encode() for name, value in headers.items()},
        lambda headers: [(name.encode(), value.encode()) for name, value in headers.items()],
        lambda headers: iter(list(headers.items())),
        lambda headers: list(headers.items()) * 2,
        environ,
        message,
    ],
    ids=[
        "as-sent", "upper", "lower", "lists", "tuples", "bytes", "asgi", "iterator", "doubled",
        "environ", "message",
    ],
)  # fmt: skip
def test_headers_of_all_kinds(shape: Any) -> None:
    headers = shape({**signed(), "Content-Type": "application/json"})
    assert verify(BODY, headers, SECRET).id == "evt_1"
    only = {"X-Anthyx-Signature": signed()["X-Anthyx-Signature"]}
    assert verify(BODY, shape(only), SECRET, require_timestamp=False).id == "evt_1"


def test_a_header_that_is_there_twice_is_ambiguous() -> None:
    headers = {**signed(), "Webhook-Id": "evt_2"}
    del headers["webhook-id"]
    headers["WEBHOOK-ID"] = "evt_1"
    with pytest.raises(WebhookHeaderError, match=r"webhook-id is there 2 times"):
        verify(BODY, headers, SECRET)


@pytest.mark.parametrize("value", [signed()["X-Anthyx-Signature"], b" sha256=x "])
def test_the_bare_value_of_the_documented_header(value: str | bytes) -> None:
    bare = signed()["X-Anthyx-Signature"]
    right: str | bytes = bare if isinstance(value, str) else bare.encode()
    assert verify(BODY, right, SECRET).id == "evt_1"
    with pytest.raises(WebhookHeaderError, match="pass all headers"):
        verify(BODY, right, SECRET, require_timestamp=True)


def test_a_bare_value_of_another_shape() -> None:
    for wrong in ("", " ", "sha1=abc", "757107"):
        with pytest.raises(WebhookHeaderError, match="X-Anthyx-Signature"):
            verify(BODY, wrong, SECRET)


@pytest.mark.parametrize("missing", sorted(NAMES - {"X-Anthyx-Signature"}))
def test_a_mapping_without_a_time_is_refused_by_default(missing: str) -> None:
    headers = signed()
    del headers[missing]
    for required in (None, True):
        with pytest.raises(WebhookHeaderError, match=f"Missing: {missing}"):
            verify(BODY, headers, SECRET, require_timestamp=required)
    assert verify(BODY, headers, SECRET, require_timestamp=False).id == "evt_1"


def test_the_time_is_checked_wherever_it_is_there() -> None:
    old = signed(timestamp=int(time.time()) - 1000)
    for required in (None, True, False):
        with pytest.raises(WebhookTimestampError):
            verify(BODY, old, SECRET, require_timestamp=required)


@pytest.mark.parametrize(
    ("away", "when"), [(-1000, "1000 s ago"), (1000, "1000 s from now")], ids=["past", "future"]
)
def test_an_old_or_a_future_time_is_told_in_seconds(
    monkeypatch: pytest.MonkeyPatch, away: int, when: str
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    headers = signed(timestamp=1_800_000_000 + away)
    with pytest.raises(WebhookTimestampError, match=when) as caught:
        verify(BODY, headers, SECRET)
    assert caught.value.age == -away
    assert verify(BODY, headers, SECRET, tolerance=1000).id == "evt_1"
    for nothing in (999, 0, -1, float("nan")):
        with pytest.raises(WebhookTimestampError):
            verify(BODY, headers, SECRET, nothing)


@pytest.mark.parametrize("moment", ["1e400", "nan", "-5", "1.5", "١٢٣", "9" * 5000, "0x10", "1_0"])
def test_a_time_that_is_no_number_of_seconds(moment: str) -> None:
    headers = signed()
    headers["webhook-timestamp"] = moment
    with pytest.raises(WebhookVerificationError):
        verify(BODY, headers, SECRET)
    key = standard_key(SECRET)
    assert key is not None
    headers["webhook-signature"] = standard_signature(key, "evt_1", moment, BODY)
    with pytest.raises(WebhookHeaderError, match="number of seconds"):
        verify(BODY, headers, SECRET)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body"])
def test_whatever_is_signed_can_t_be_changed(changed: str) -> None:
    headers, body = signed(), BODY
    if changed == "body":
        body = BODY.replace(b"Acme", b"Acne")
    elif changed == "webhook-id":
        headers[changed] = "evt_2"
    else:
        headers[changed] = str(int(headers[changed]) + 1)
    with pytest.raises(WebhookSignatureError, match="another endpoint's"):
        verify(body, headers, SECRET)


def test_during_a_rotation_either_secret_is_enough() -> None:
    headers = signed(secret=[SECRET, NEXT])
    assert headers.keys() == NAMES | {"X-Anthyx-Signature-Next"}
    plain = {name: headers[name] for name in headers if name.startswith("X-")}
    for secret in (SECRET, NEXT, [OTHER, NEXT], (SECRET, OTHER), f"{NEXT}\n"):
        assert verify(BODY, headers, secret).id == "evt_1"
        assert verify(BODY, plain, secret, require_timestamp=False).id == "evt_1"
    for kept in (headers, plain):
        with pytest.raises(WebhookSignatureError):
            verify(BODY, kept, [OTHER], require_timestamp=False)


@pytest.mark.parametrize("secret", ["", " ", [], [""], [SECRET, ""], None, 5, b"x", {SECRET: 1}])
def test_a_secret_that_is_not_there_fits_nothing(secret: Any) -> None:
    for headers in (signed(), signed()["X-Anthyx-Signature"]):
        with pytest.raises(WebhookSignatureError, match="secret= is"):
            verify(BODY, headers, secret)


@pytest.mark.parametrize(
    "secret", ["anthyx_live_hush", "whsec_", "whsec_hush!", "'whsec_hush'", "whsec_ü"]
)
def test_a_secret_of_another_shape_is_told_and_not_shown(secret: str) -> None:
    with pytest.raises(WebhookSignatureError, match="whsec_<base64>") as caught:
        verify(BODY, signed(), secret)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("body", [BODY.decode(), samples.event(), None, 5])
def test_what_is_not_bytes_is_refused_with_the_fix(body: Any) -> None:
    with pytest.raises(WebhookPayloadError, match=r"request\.get_data\(\).*request\.body.*await"):
        verify(body, signed(), SECRET)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (json.dumps(samples.event()).encode(), "written anew"),
        (BODY + b"\n", "written anew"),
        (b"", "empty"),
    ],
)
def test_a_body_that_is_not_as_it_was_sent(body: bytes, cause: str) -> None:
    for headers in (signed(), signed()["X-Anthyx-Signature"]):
        with pytest.raises(WebhookSignatureError, match=cause):
            verify(body, headers, SECRET)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"id":NaN}', "NaN is no number"),
        (b'{"id":' + b"1" * 5000 + b"}", "no event"),
        (b"[]", "not an object"),
        (b'{"id":"evt_1"}', "has no"),
        (BODY.replace(b'"data":{', b'"data":[],"extra":{'), "'data' is not an object"),
        (BODY.replace(b'"evt_1"', b"5"), "'id' is not a text"),
    ],
    ids=["empty", "cut", "bytes", "deep", "nan", "huge", "list", "id-only", "data", "id"],
)
def test_what_is_signed_but_no_event(body: bytes, cause: str) -> None:
    with pytest.raises(WebhookPayloadError, match=cause):
        verify(body, sign(body, SECRET, event_id="evt_1"), SECRET)


def test_too_many_signatures() -> None:
    headers = signed()
    right = headers["webhook-signature"]
    headers["webhook-signature"] = "v1,x v2,y v1a, " + right
    assert verify(BODY, headers, SECRET).id == "evt_1"
    headers["webhook-signature"] = "v1,x " * 20 + right
    with pytest.raises(WebhookHeaderError, match="too many"):
        verify(BODY, headers, SECRET)


@pytest.mark.parametrize("headers", [None, 5, [1], ["ab"], [("a",)], object()])
def test_what_is_no_mapping_is_told(headers: Any) -> None:
    for required in (None, False):
        with pytest.raises(WebhookHeaderError):
            verify(BODY, headers, SECRET, require_timestamp=required)


def test_signing_asks_for_what_it_needs() -> None:
    for secret in ([], "", "hush", [SECRET, NEXT, OTHER], [SECRET, "hush"]):
        with pytest.raises(ValueError, match="whsec_<base64>"):
            sign(BODY, secret)
    for body in (b"{}", b"", b"[]", b'{"id":5}', b'{"id":""}', b"[" * 100_000):
        with pytest.raises(ValueError, match="event_id="):
            sign(body, SECRET)


@pytest.mark.parametrize("body", [BODY, '{"id":"évt ✨"}'.encode()])
def test_signing_takes_the_id_from_the_body(body: bytes) -> None:
    assert sign(body, SECRET)["webhook-id"] == json.loads(body)["id"]
    assert abs(int(sign(body, SECRET)["webhook-timestamp"]) - time.time()) < 60


def test_errors_survive_a_pickle() -> None:
    for error in (
        WebhookTimestampError("late", 7.5),
        WebhookHeaderError("missing"),
        WebhookSignatureError("wrong"),
        WebhookPayloadError("broken"),
    ):
        for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own
            assert (type(twin), str(twin), vars(twin)) == (type(error), str(error), vars(error))


def test_a_post_that_was_published() -> None:
    event = samples.event(
        type="post.published",
        data={"object": samples.post(), "previous": None, "truncated": False},
    )
    body = json.dumps(event).encode()
    match verify(body, sign(body, SECRET), SECRET):
        case PostPublished(data=data):
            assert data.object.to_dict() == samples.post()
        case other:
            raise AssertionError(other)
