"""Custom headers: which are taken, how they are merged, and that no value ever comes out."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from anthyx_server import db
from anthyx_server.config import NamedSecret, Settings
from anthyx_server.webhooks import WebhookEndpoint
from anthyx_server.webhooks.secret import opened
from server.tests.channels.test_credentials import everything
from server.tests.keys.answers import audit_of, document
from server.tests.webhooks.endpoints.conftest import URL
from tests.support.apps import Account, open_app
from tests.support.problems import entries, problem

Make = Callable[..., dict[str, Any]]
HUSH = "hush-4711-and-not-a-word"

REFUSED = [
    "Host", "content-type", "Content-Length", "CONTENT-ENCODING", "Connection", "Keep-Alive",
    "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Expect", "Forwarded", "X-Forwarded-For",
    "x-forwarded-proto", "Proxy-Authorization", "webhook-id", "Webhook-Signature", "User-Agent",
    "X-Anthyx-Signature", "x-anthyx-anything", "Accept-Encoding",
    "", " ", "A B", "A:", "Ä", "A\r\nB", "A\n", "A\x00", "(A)",
]  # fmt: skip
BAD_VALUES = ["", " ", " a", "a ", "a\r\nX-Evil: b", "a\nb", "a\rb", "a\x00", "ä", "a\x7fb", "🥖"]


def stored(app: Flask, endpoint_id: str) -> dict[str, str]:
    with app.app_context():
        return opened(db.db.session.get_one(WebhookEndpoint, endpoint_id)).headers


def test_what_is_ours_or_malformed_is_refused_by_name(account: Account) -> None:
    for name in REFUSED:
        body = {"url": URL, "event_types": ["*"], "headers": {name: "a", "X-Fine": "b"}}
        answer = account.post("/webhook-endpoints", json=body)
        assert entries(answer) == {(f"/headers/{name}", "invalid")}, name
    for value in BAD_VALUES:
        body = {"url": URL, "event_types": ["*"], "headers": {"X-Bad": value}}
        answer = account.post("/webhook-endpoints", json=body)
        assert entries(answer) == {("/headers/X-Bad", "invalid")}, value
        assert not value.strip() or value not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "headers",
    [
        {f"X-{number}": "a" for number in range(21)},
        {"X-A": "b", "x-a": "c"},
        {"X-A": "b" * 4_094},
        {"X-A": "b" * 2_045, "X-B": "b" * 2_046},
        ["X-A"],
        "X-A: b",
        {"X-A": 1},
        {"X-A": None},
    ],
)
def test_there_are_bounds(account: Account, headers: Any) -> None:
    body = {"url": URL, "event_types": ["*"], "headers": headers}
    (pointer,) = {place for place, _ in entries(account.post("/webhook-endpoints", json=body))}
    assert pointer in {"/headers", "/headers/X-A"}


def test_as_much_as_fits(account: Account, make_endpoint: Make) -> None:
    for headers in (
        {f"X-{number}": "a\tb c" for number in range(20)},
        {"X-A": "b" * 4_093},
        {"Authorization": "Bearer a.b-c_d~e+f/g==", "Cookie": 'a="b"', "!#$%&'*+.^_`|~-x": "!"},
    ):
        made = make_endpoint(headers=headers)
        assert sorted(made["headers"]) == sorted(headers)
        assert stored(account.app, made["id"]) == headers


def test_they_are_merged_without_regard_to_case(account: Account, make_endpoint: Make) -> None:
    made = make_endpoint(headers={"Authorization": "1", "X-Team": "2"})
    path = f"/webhook-endpoints/{made['id']}"
    for number, (patch, expected) in enumerate(
        [
            ({"x-new": "3"}, {"Authorization": "1", "X-Team": "2", "x-new": "3"}),
            ({"AUTHORIZATION": "4", "X-NEW": None}, {"Authorization": "4", "X-Team": "2"}),
            ({"authorization": "5"}, {"Authorization": "5", "X-Team": "2"}),
            ({"x-team": None, "x-gone": None}, {"Authorization": "5"}),
            (None, {}),
            ({"A": "b"}, {"A": "b"}),
        ],
        start=2,
    ):
        changed = document(account.patch(path, json={"headers": patch}))
        assert changed["headers"] == list(expected)
        assert changed["version"] == number, "who changed a value has to be seen by If-Match"
        assert stored(account.app, made["id"]) == expected
        again = account.patch(path, json={"headers": patch})
        assert document(again) == changed, "what changes nothing is no version"
    account.patch(path, json={"description": "Other"})
    assert stored(account.app, made["id"]) == {"A": "b"}
    twice = account.patch(path, json={"headers": {"b": "1", "B": "2"}})
    assert entries(twice) == {("/headers", "invalid")}
    other_names = account.patch(path, json={"headers": ["A", "B"]})
    assert entries(other_names) == {("/headers", "invalid")}


def test_values_are_nowhere_in_the_clear(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = {"url": URL, "event_types": ["*"], "headers": {"X-Token": HUSH}}
    once = {"Idempotency-Key": "once"}
    made = account.post("/webhook-endpoints", json=body, headers=once)
    path = f"/webhook-endpoints/{document(made, 201)['id']}"
    changed = {"headers": {"X-Token": HUSH + "2"}}
    answers = [
        made,
        account.post("/webhook-endpoints", json=body, headers=once),
        account.get(path),
        account.get("/webhook-endpoints"),
        account.get(path + "/secret"),
        account.patch(path, json=changed, headers={"Idempotency-Key": "twice"}),
        account.post(path + "/rotate-secret"),
        account.post(path + "/disable"),
        account.get("/audit-log"),
        account.get("/events"),
    ]
    assert [answer.status_code for answer in answers] == [201, 201, *[200] * 8]
    texts = [answer.get_data(as_text=True) + str(answer.headers) for answer in answers]
    for text in (*texts, everything(account.app), caplog.text):
        assert HUSH not in text
    updated = audit_of(account.app, made.get_json()["id"])[2]
    assert updated.action == "webhook_endpoint.updated"
    assert updated.detail["changed"] == {"headers": ["X-Token"]}
    with account.app.app_context():
        row = db.db.session.get_one(WebhookEndpoint, made.get_json()["id"])
        assert HUSH not in repr(row) + repr(opened(row))
        assert opened(row).headers == {"X-Token": HUSH + "2"}


def test_without_their_key_they_are_not_merged_but_kept(
    account: Account, make_endpoint: Make, settings: Settings
) -> None:
    """The key was dropped too early: putting it back must bring everything back."""
    made = make_endpoint(headers={"A": "b"})
    path = f"/webhook-endpoints/{made['id']}"
    other_key = NamedSecret("2", "another-encryption-key-" * 3)
    with open_app(replace(settings, encryption_keys=(other_key,))) as app:
        there = replace(account, app=app)
        assert there.patch(path, json={"description": "New"}).status_code == 200
        for answer in (
            there.patch(path, json={"headers": {"C": "d"}}),
            there.patch(path, json={"headers": None}),
            there.get(path + "/secret"),
            there.post(path + "/rotate-secret"),
        ):
            problem(answer, 503, "unavailable")
    assert stored(account.app, made["id"]) == {"A": "b"}
    assert document(account.get(path + "/secret"))["secret"] == made["secret"]
    with open_app(replace(settings, encryption_keys=(other_key,))) as app:
        assert replace(account, app=app).delete(path).status_code == 204
