"""Signatures are what the contract's vectors say, with one secret and with two."""

from __future__ import annotations

import base64
import hashlib
import hmac
import traceback

import pytest

from anthyx_server.webhooks.sending.signing import Signer, body_signature

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEXT = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ID, TIME = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'


def test_the_documented_signature_is_that_of_its_vector() -> None:
    keyed = hmac.new(b"It's a Secret to Everybody", digestmod="sha256")
    expected = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    # Twice: a prepared key must not remember what it signed.
    assert body_signature(keyed, b"Hello, World!") == expected
    assert body_signature(keyed, b"Hello, World!") == expected


def test_the_standard_signature_is_that_of_its_vector() -> None:
    signer = Signer(SECRET, None)
    for _ in range(2):
        headers = signer.headers(ID, TIME, BODY)
        assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_without_a_next_secret_there_is_one_signature_of_each_kind() -> None:
    headers = Signer(SECRET, None).headers(ID, TIME, BODY)
    assert list(headers) == ["X-Anthyx-Signature", "webhook-signature"]
    assert headers["X-Anthyx-Signature"] == by_hand(SECRET, BODY)
    assert " " not in headers["webhook-signature"]


def test_during_a_rotation_the_documented_header_keeps_one_value() -> None:
    headers = Signer(SECRET, NEXT).headers(ID, TIME, BODY)
    old, new = (Signer(each, None).headers(ID, TIME, BODY) for each in (SECRET, NEXT))
    assert headers == {
        "X-Anthyx-Signature": old["X-Anthyx-Signature"],
        "X-Anthyx-Signature-Next": new["X-Anthyx-Signature"],
        "webhook-signature": f"{old['webhook-signature']} {new['webhook-signature']}",
    }


@pytest.mark.parametrize("body", [b"", '{"text":"Grüße 🥖"}'.encode(), b"\0\xff", b"x" * 300_000])
def test_any_bytes_can_be_signed(body: bytes) -> None:
    assert Signer(SECRET, None).headers(ID, TIME, body)["X-Anthyx-Signature"] == by_hand(
        SECRET, body
    )


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_hush!", "whsec_hush4", "MfKQ9r8G", "whsec_ü"]
)
def test_a_secret_of_another_shape_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ValueError, match="a webhook secret") as caught:
        Signer(SECRET, secret)
    assert "hush" not in "".join(traceback.format_exception_only(caught.value))
    assert caught.value.__cause__ is None


def by_hand(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
