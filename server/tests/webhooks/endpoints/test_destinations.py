"""Where an endpoint may be: judged as it is made and moved, outside of any transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anthyx_server import db
from anthyx_server.config import Settings
from anthyx_server.webhooks.endpoints import destinations
from anthyx_server.webhooks.sending.destination import BadDestination
from server.tests.keys.answers import document
from server.tests.webhooks.endpoints.conftest import URL
from tests.support.apps import Account, make_settings
from tests.support.problems import entries, problem

Make = Callable[..., dict[str, Any]]
PUBLIC = "https://93.184.216.34/hooks"
INSIDE = [
    "http://93.184.216.34/hooks",
    "https://127.0.0.1/hooks",
    "https://10.0.0.1/",
    "https://[::1]/",
    "https://169.254.169.254/",
    "https://2130706433/",
]


class Judge:
    """Stands in for the look-up of names: says no to what it was told to, and what it saw."""

    def __init__(self) -> None:
        self.refuses: set[str] = set()
        self.asked: list[str] = []
        self.was_open = False

    def __call__(self, url: str, _policy: object) -> str:
        """Judge as `judge_url` does."""
        self.asked.append(url)
        self.was_open |= db.db.session().in_transaction()
        if url in self.refuses:
            raise BadDestination("The address is not allowed.")
        return url


@pytest.fixture
def judge(monkeypatch: pytest.MonkeyPatch) -> Judge:
    made = Judge()
    monkeypatch.setattr(destinations, "judge_url", made)
    return made


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
def test_names_are_looked_up_before_the_transaction(
    account: Account, judge: Judge, headers: dict[str, str]
) -> None:
    body = {"url": f" {URL} ", "event_types": ["*"]}
    account.post("/webhook-endpoints", json=body, headers=headers)
    made = document(account.post("/webhook-endpoints", json=body, headers=headers), 201)
    path = f"/webhook-endpoints/{made['id']}"
    other = dict.fromkeys(headers, "twice")
    answer = account.patch(path, json={"url": URL + "/2"}, headers=other)
    assert document(answer)["url"] == URL + "/2"
    assert judge.asked == [URL, URL, URL + "/2"]
    assert not judge.was_open


def test_a_stored_answer_is_given_again_wherever_the_name_leads_now(
    account: Account, judge: Judge
) -> None:
    body, once = {"url": URL, "event_types": ["*"]}, {"Idempotency-Key": "once"}
    first = document(account.post("/webhook-endpoints", json=body, headers=once), 201)
    judge.refuses.add(URL)
    again = account.post("/webhook-endpoints", json=body, headers=once)
    assert document(again, 201) == first
    assert entries(account.post("/webhook-endpoints", json=body)) == {("/url", "invalid")}


def test_other_changes_do_not_judge_it_again(account: Account, judge: Judge) -> None:
    body = {"url": URL, "event_types": ["*"]}
    made = document(account.post("/webhook-endpoints", json=body), 201)
    path = f"/webhook-endpoints/{made['id']}"
    judge.refuses |= {URL, URL + "/2"}
    assert document(account.patch(path, json={"description": "New"}))["version"] == 2
    assert judge.asked == [URL]
    assert document(account.patch(path, json={"url": URL, "description": "A"}))["version"] == 3
    assert entries(account.patch(path, json={"url": URL + "/2"})) == {("/url", "invalid")}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_can_not_be_read_is_told_by_who_reads_it(account: Account, judge: Judge) -> None:
    for body, status in ((b"{", 400), (b"[]", 422), (b'{"url": 5}', 422), (b"\xff", 400)):
        answer = account.post("/webhook-endpoints", data=body, content_type="application/json")
        assert answer.status_code == status
    assert judge.asked == []


class TestOnAPublicServer:
    """With the settings that a server has unless its operator says otherwise."""

    @pytest.fixture
    def settings(self, sqlite_url: str, redis_url: str, tmp_path: Any) -> Settings:
        """Webhooks go to public addresses alone."""
        return make_settings(tmp_path, sqlite_url, redis_url, public_url="https://93.184.216.35")

    def test_nothing_inside_is_allowed(self, account: Account) -> None:
        made = document(
            account.post("/webhook-endpoints", json={"url": PUBLIC, "event_types": ["*"]}), 201
        )
        path = f"/webhook-endpoints/{made['id']}"
        for url in [*INSIDE, "https://93.184.216.35/hooks"]:
            body = {"url": url, "event_types": ["*"]}
            for answer in (
                account.post("/webhook-endpoints", json=body),
                account.patch(path, json={"url": url}),
            ):
                told = problem(answer, 422, "validation_failed")
                assert [entry["pointer"] for entry in told["errors"]] == ["/url"]
        assert document(account.get(path))["url"] == PUBLIC
