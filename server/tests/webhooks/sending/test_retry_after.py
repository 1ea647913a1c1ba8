"""`Retry-After` is a floor where it says something clear, and nothing otherwise."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from anthyx_server import clock
from anthyx_server.webhooks.sending.answers import retry_after_seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("86400", 86_400),
        ("86401", 86_400),
        ("999999999999", 86_400),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
        ("9" * 5_000, None),
        ("-1", None),
        ("+5", None),
        ("1.5", None),
        ("1e3", None),
        ("٣", None),
        ("", None),
        ("soon", None),
        ("Fri, 99 Dec 1999 23:59:59 GMT", None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0),
        ("\ufffd", None),
    ],
)
def test_values(value: str, seconds: int | None) -> None:
    assert retry_after_seconds([["retry-AFTER", value]]) == seconds


def test_a_date() -> None:
    date = format_datetime(clock.now() + timedelta(hours=1), usegmt=True)
    assert 3_500 < (retry_after_seconds([["Retry-After", date]]) or 0) <= 3_600


def test_two_values_say_nothing() -> None:
    assert retry_after_seconds([["Retry-After", "5"], ["Retry-After", "9"]]) is None
    assert retry_after_seconds([]) is None
