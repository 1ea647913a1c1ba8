"""The calls that schemathesis makes of the document; `test_schemathesis.py` runs this file.

It is no test file by name, because collecting it takes seconds.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.config import SchemathesisConfig

from anthyx_server import app as _declaring_all_operations
from anthyx_server import events, openapi
from anthyx_server.ids import PATTERN
from anthyx_server.keys import standing
from tests.support.apps import Account, make_account
from tests.support.webhooks import add_delivery, add_endpoint, add_recovery

__all__ = ["_declaring_all_operations"]

pytestmark = pytest.mark.timeout(300)  # one test is all calls of an operation

CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            # What fits the document can still be refused: a dead cursor, a time in the past.
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", 304, 400, 401, 403, 404, 409, 412, 422, 428, 429]
            },
            # Any method that is not documented is 405, but HEAD.
            "unsupported_method": {"enabled": False},
        },
        "operations": [
            {
                # Each item is refused on its own, the request is not.
                "include-path": ["/v1/posts/bulk", "/v1/posts/bulk-approve"],
                "checks": {"negative_data_rejection": {"enabled": False}},
            }
        ],
    }
)
SCHEMA = schemathesis.openapi.from_dict(openapi.document(), config=CONFIG)
# What they do depends on what was there before, or they end the caller's key.
ON_THEIR_OWN = {"POST /v1/brands", "POST /v1/api-keys", "DELETE /v1/api-keys/current"}
IDS: dict[str, Callable[[Account], str]] = {
    "brand_id": lambda each: str(
        each.post("/brands", json={"name": f"Brand {next(_numbers)}"}).get_json()["id"]
    ),
    "channel_id": lambda each: str(
        each.post(
            "/channels",
            json={"brand_id": IDS["brand_id"](each), "platform": "x", "name": "A"},
        ).get_json()["id"]
    ),
    "event_id": lambda each: str(each.get("/events?limit=1").get_json()["data"][0]["id"]),
    # With a key of its own: three requests for each call would use up the caller's minute.
    "post_id": lambda each: _post(each.with_key()),
    "key_id": lambda each: each.with_key().key_id,
    "endpoint_id": lambda each: _endpoint(each.with_key()),
    "delivery_id": lambda each: add_delivery(each, add_endpoint(each)),
    "recovery_id": lambda each: add_recovery(each, add_endpoint(each)),
}


def _post(account: Account) -> str:
    brand_id = IDS["brand_id"](account)
    return str(account.post("/posts", json={"brand_id": brand_id}).get_json()["id"])


def _endpoint(account: Account) -> str:
    """One that there is, or a new one: a plan allows 50."""
    found = account.get("/webhook-endpoints?limit=1").get_json()["data"]
    body = {"url": "https://93.184.216.34/hook", "event_types": ["post.*"]}
    made = found[0] if found else account.post("/webhook-endpoints", json=body).get_json()
    return str(made["id"])


_numbers: Iterator[int] = itertools.count()
_serving: list[Flask] = []
_accounts: dict[str, Account] = {}


def _application(environ: dict[str, Any], start_response: Any) -> Any:
    return _serving[-1](environ, start_response)


SCHEMA.app = _application


@pytest.fixture(autouse=True)
def _served(shared_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send the calls to an application in this process, where a revocation takes no time."""
    monkeypatch.setattr(standing, "SETTLE_SECONDS", 0)
    # Nobody delivers here: who waits for the attempt at a test would wait in vain.
    monkeypatch.setattr(events, "wait_until", lambda _condition, _seconds: None)
    _serving.append(shared_app)


def _account_for(operation: str) -> Account:
    if operation in ON_THEIR_OWN or operation not in _accounts:
        _accounts[operation] = make_account(_serving[-1])
    return _accounts[operation]


@SCHEMA.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
def test_the_api_does_what_it_documents(case: Case[Any]) -> None:
    account = _account_for(case.operation.label)
    for name, value in (case.path_parameters or {}).items():
        # What could be an id is made one, so that not all answers are 404.
        if re.fullmatch(rf"[a-z]+_{PATTERN}", str(value)):
            case.path_parameters[name] = IDS[name](account)
    number = next(_numbers)
    case.call_and_validate(
        headers={"Authorization": f"Bearer {account.token}"},
        environ_overrides={"REMOTE_ADDR": f"192.0.{number // 256 % 256}.{number % 256}"},
    )
