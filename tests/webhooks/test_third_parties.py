"""Verifiers that others wrote accept what the server signs, and nothing else."""

from __future__ import annotations

from typing import NamedTuple

import gidgethub
import orjson
import pytest
import standardwebhooks
from gidgethub.sansio import validate_event

from sdk.tests import samples
from tests.webhooks.conftest import Judge
from tests.webhooks.signing import NEXT, OTHER, SECRET, delivery, event_body

DOCUMENTED, UPCOMING = "X-Anthyx-Signature", "X-Anthyx-Signature-Next"
EMPTY: dict[str, object] = {"object": {}, "previous": None, "truncated": False}
BODIES = {
    "plain": event_body(),
    "unicode": event_body(name="Zürich 🥖 \u2028 \u0000 𝕏 \ufeff"),
    "empty": orjson.dumps(samples.event(data=EMPTY)),
}
each_body = pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)


class Case(NamedTuple):
    """Headers, and with which secret the header that GitHub's verifiers read must fit."""

    secret: str
    signature: str
    next_: str | None
    accepted: bool


CASES = {
    "settled": Case(SECRET, DOCUMENTED, None, accepted=True),
    "settled, a wrong secret": Case(OTHER, DOCUMENTED, None, accepted=False),
    "rotating, the old secret": Case(SECRET, DOCUMENTED, NEXT, accepted=True),
    "rotating, the new secret": Case(NEXT, UPCOMING, NEXT, accepted=True),
    "rotating, a wrong secret": Case(OTHER, UPCOMING, NEXT, accepted=False),
}
each_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@each_body
@each_case
def test_gidgethub(body: bytes, case: Case) -> None:
    headers = delivery(body, next_=case.next_)
    if case.accepted:
        validate_event(body, signature=headers[case.signature], secret=case.secret)
    else:
        with pytest.raises(gidgethub.ValidationFailure):
            validate_event(body, signature=headers[case.signature], secret=case.secret)


@each_body
@each_case
def test_standardwebhooks_of_python(body: bytes, case: Case) -> None:
    verifier, headers = standardwebhooks.Webhook(case.secret), delivery(body, next_=case.next_)
    if case.accepted:
        assert verifier.verify(body, headers) == orjson.loads(body)
    else:
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            verifier.verify(body, headers)


@pytest.mark.parametrize("age", [-1000, 1000])
def test_standardwebhooks_of_python_heeds_the_time(age: int) -> None:
    body = event_body()
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify(body, delivery(body, age=age))


@pytest.mark.timeout(120)
def test_the_packages_of_npm(judge: Judge) -> None:
    asked = [
        {
            "secret": case.secret,
            "signature": case.signature,
            "body": body.decode(),
            "headers": delivery(body, next_=case.next_),
        }
        for body in BODIES.values()
        for case in CASES.values()
    ]
    expected = [case.accepted for _ in BODIES for case in CASES.values()]
    answers = judge(asked)
    assert [each["octokit"] for each in answers] == expected
    assert [each["standardwebhooks"] for each in answers] == expected
