"""Whatever comes in, `verify` gives an event or raises its own family of errors."""

from __future__ import annotations

import json
import pickle
import time
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from anthyx.webhooks import WebhookVerificationError, verify
from anthyx.webhooks._schemes import body_signature, standard_key, standard_signature
from sdk.tests import samples
from tests.webhooks.signing import SECRET, delivery, event_body

NAMES = (
    "webhook-id", "webhook-timestamp", "webhook-signature", "X-Anthyx-Signature",
    "HTTP_WEBHOOK_ID", "Webhook-Signature", "x-anthyx-signature-next", "",
)  # fmt: skip
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=())) | st.sampled_from(
    ["1e400", "nan", "inf", "-1", "٣", "9" * 400, "v1,", "v1,v1,", "sha256=", "sha256=é", "\ud800"]
)
VALUES = ANY_TEXT | st.binary() | st.lists(ANY_TEXT | st.binary()) | st.none() | st.integers()
HEADERS = (
    ANY_TEXT
    | st.binary()
    | st.dictionaries(st.sampled_from(NAMES) | ANY_TEXT | st.binary(), VALUES)
    | st.lists(st.tuples(st.sampled_from(NAMES) | ANY_TEXT, VALUES))
    | st.none()
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=8,
)


@st.composite
def nearly_events(draw: st.DrawFn) -> Any:
    """An event of which one member, anywhere, is something else or missing."""
    event = samples.event()
    at = draw(st.sampled_from([event, event["data"], event["actor"], event["data"]["object"]]))
    name = draw(st.sampled_from(sorted(at)))
    if draw(st.booleans()):
        at[name] = draw(JSON_VALUES)
    else:
        del at[name]
    return event


def outcome(*arguments: Any, **more: Any) -> str | None:
    """The id of the event, or None where it was refused; its fields are read as well."""
    try:
        event = verify(*arguments, **more)
        assert isinstance(event.to_dict(), dict)
        return event.id
    except WebhookVerificationError as error:
        refusal = error
    assert str(pickle.loads(pickle.dumps(refusal))) == str(refusal)  # noqa: S301 - our own
    assert SECRET not in str(refusal)
    return None


@given(
    body=st.binary() | ANY_TEXT | st.none(),
    headers=HEADERS,
    secret=ANY_TEXT | st.lists(ANY_TEXT) | st.none(),
    tolerance=st.floats(),
    required=st.none() | st.booleans(),
)
@example(body=b"", headers="", secret=["\ud800"], tolerance=0.0, required=None)
@settings(deadline=None)
def test_whatever_is_sent_nothing_is_believed(
    body: Any, headers: Any, secret: Any, tolerance: float, required: bool | None
) -> None:
    assert outcome(body, headers, secret, tolerance, required) is None


@given(changes=st.dictionaries(st.sampled_from(NAMES[:4]), VALUES, min_size=1))
@settings(deadline=None)
def test_a_real_delivery_with_other_headers(changes: dict[str, Any]) -> None:
    body = event_body()
    found = outcome(body, {**delivery(body), **changes}, SECRET)
    assert found is None or changes.keys() <= {"X-Anthyx-Signature"}


@given(data=JSON_VALUES | nearly_events())
@example(data={"id": "evt_1", "type": "post.published", "data": {"object": [[]]}})
@settings(deadline=None)
def test_whatever_is_signed_is_an_event_or_refused(data: Any) -> None:
    check(json.dumps(data).encode())


@given(body=st.binary())
@example(body=b'{"id":"evt_1","id":"evt_2"}')
@example(body=b"\xef\xbb\xbf" + event_body())
@example(body='{"id":"evt_1"}'.encode("utf-16"))
@example(body=b'{"a":' * 50_000)
@example(body=event_body().replace(b'"Acme"', b'"\\ud800"'))
@example(body=event_body().replace(b'"Acme"', b"1" + b"0" * 10_000))
@example(body=event_body().replace(b'"Acme"', b"Infinity"))
@settings(deadline=None)
def test_whatever_bytes_are_signed(body: bytes) -> None:
    check(body)


def check(body: bytes) -> None:
    key = standard_key(SECRET)
    assert key is not None
    moment = str(int(time.time()))
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": moment,
        "webhook-signature": standard_signature(key, "evt_1", moment, body),
    }
    by_header = outcome(body, body_signature(SECRET, body), SECRET)
    assert by_header == outcome(body, headers, SECRET)


@given(moment=ANY_TEXT, event_id=ANY_TEXT)
@settings(deadline=None)
def test_whatever_time_is_signed(moment: str, event_id: str) -> None:
    body, key = event_body(), standard_key(SECRET)
    assert key is not None
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": moment,
        "webhook-signature": standard_signature(key, event_id, moment, body),
    }
    assert outcome(body, headers, SECRET) is None
