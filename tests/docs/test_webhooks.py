"""The receivers' page is right: its code against our signatures, its numbers against ours."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.sending.signing import Signer
from tests.docs.test_examples import ROOT, blocks

PAGE = ROOT / "docs" / "content" / "webhooks.md"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEXT = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
EVENT_ID = "evt_01m89kfnrjx9sfp8zaj6q4fcp0"
BODY = (
    b'{"id":"evt_01m89kfnrjx9sfp8zaj6q4fcp0","type":"brand.of_tomorrow","api_version":"2026-11-01",'
    b'"created_at":"2026-11-25T14:44:39.120Z","workspace_id":"ws_1","brand_id":null,"mode":"live",'
    b'"actor":{"type":"system","id":null,"name":"\xc3\xbc"},"request":null,'
    b'"subject":{"type":"brand","id":"brand_1"},'
    b'"data":{"object":{"id":"brand_1"},"previous":null,"truncated":false}}'
)


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """What the page's Python defines."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks(PAGE, "python"):
        exec(block, names)  # noqa: S102  (it is our own page)
    names["SECRET"] = SECRET
    return names


def sent(*secrets: str, seconds_ago: int = 0, body: bytes = BODY) -> dict[str, str]:
    """The headers of an attempt, as the server signs it."""
    timestamp = int(time.time()) - seconds_ago
    current, next_ = (*secrets, None)[:2]
    signer = Signer(str(current), next_)
    always = {"Webhook-Id": EVENT_ID, "Webhook-Timestamp": str(timestamp)}
    return always | signer.headers(EVENT_ID, timestamp, body)


def test_what_anthyx_sent_is_taken(shown: dict[str, Any]) -> None:
    for headers in (sent(SECRET), sent(SECRET, NEXT), sent(NEXT, SECRET)):
        assert shown["is_from_anthyx"](BODY, headers, SECRET)
        assert shown["receive"](BODY, headers) == 204
    assert shown["has_good_body"](BODY, sent(SECRET)["X-Anthyx-Signature"], SECRET)


def test_what_somebody_else_sent_is_refused(shown: dict[str, Any]) -> None:
    good = sent(SECRET)
    for body, headers in (
        (BODY + b" ", good),
        (BODY, sent(NEXT)),
        (BODY, sent(SECRET, seconds_ago=301)),
        (BODY, sent(SECRET, seconds_ago=-310)),
        (BODY, good | {"Webhook-Timestamp": "now"}),
        (BODY, good | {"Webhook-Timestamp": "²"}),
        (BODY, good | {"Webhook-Id": "evt_other"}),
        (BODY, good | {"webhook-signature": ""}),
        (BODY, {"X-Anthyx-Signature": good["X-Anthyx-Signature"]}),
        (BODY, {}),
    ):
        assert not shown["is_from_anthyx"](body, headers, SECRET)
        assert shown["receive"](body, headers) == 400
    assert not shown["has_good_body"](BODY + b" ", good["X-Anthyx-Signature"], SECRET)
    assert not shown["has_good_body"](BODY, "sha256=ü", SECRET)


def test_the_signatures_to_try_ones_code_with_are_right(shown: dict[str, Any]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    (signature,) = re.findall(r"`(sha256=[0-9a-f]{64})`", text)
    assert shown["has_good_body"](b"Hello, World!", signature, "It's a Secret to Everybody")
    (standard,) = re.findall(r"`(v1,\S{44})`", text)
    signed = Signer(SECRET, None).headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signed["webhook-signature"] == standard
    assert SECRET in text


def test_the_waits_are_those_of_the_server() -> None:
    text = PAGE.read_text(encoding="utf-8")
    (row,) = re.findall(r"^\| wait \|(.+)\|$", text, re.MULTILINE)
    units = {"s": 1, "min": 60, "h": 3600}
    waits = [(int(each.split()[0]), each.split()[1]) for each in row.split("|")]
    assert tuple(count * units[unit] for count, unit in waits) == WebhookSettings().retry_seconds
    hours, seconds = divmod(sum(WebhookSettings().retry_seconds), 3600)
    assert f"{hours:.0f} hours and {seconds // 60:.0f} minutes" in text
    assert f"within {WebhookSettings().timeout_seconds} seconds" in text
