"""Credentials go in and never come out, and move to a new encryption key without being lost."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from anthyx_server import batches, checks, db
from anthyx_server.audit import jobs as audit_jobs
from anthyx_server.channels import Channel, credentials, jobs
from anthyx_server.config import NamedSecret, Settings
from anthyx_server.db import Base
from server.tests.keys.operating import operate
from tests.support.apps import Account, open_app
from tests.support.problems import problem

Make = Callable[..., dict[str, Any]]
SECRET = "hush-4711-and-not-a-word"
NEW = NamedSecret("2", "another-encryption-key-" * 3)


def stored(app: Flask, channel_id: str) -> tuple[str | None, dict[str, str] | None]:
    """The id of the encryption key, and the credentials as a publisher would get them."""
    with app.app_context():
        channel = db.db.session.get_one(Channel, channel_id)
        return channel.encryption_key_id, credentials.unseal(channel)


def everything(app: Flask) -> str:
    """Every row of every table."""
    with app.app_context():
        return "\n".join(
            str(tuple(bytes(value) if isinstance(value, memoryview) else value for value in row))
            for table in Base.metadata.sorted_tables
            for row in db.db.session.execute(sa.select(table))
        )


def test_credentials_are_nowhere_in_the_clear(
    account: Account, make_brand: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = {
        "brand_id": make_brand()["id"],
        "platform": "x",
        "name": "A",
        "credentials": {"token": SECRET},
    }
    headers = {"Idempotency-Key": "once"}
    made = account.post("/channels", json=body, headers=headers)
    path = f"/channels/{made.get_json()['id']}"
    again = account.post("/channels", json=body, headers=headers)
    assert again.headers["Idempotency-Replayed"] == "true"
    secret = {"credentials": {"token": SECRET + "2"}}
    answers = [
        made,
        again,
        account.get(path),
        account.get("/channels"),
        account.patch(path, json=secret, headers={"Idempotency-Key": "twice"}),
        account.patch(path, json={"credentials": {"token": SECRET, "b": 1}}),
        account.post("/channels", json={**body, "credentials": {SECRET: SECRET * 500}}),
        account.delete(path, headers={"If-Match": '"1"'}),
    ]
    texts = [answer.get_data(as_text=True) + str(answer.headers) for answer in answers[:-2]]
    assert [answer.status_code for answer in answers] == [201, 201, 200, 200, 200, 422, 422, 412]
    for text in (*texts, everything(account.app), caplog.text):
        assert SECRET not in text
    assert stored(account.app, made.get_json()["id"]) == ("1", {"token": SECRET + "2"})
    with account.app.app_context():
        assert SECRET not in repr(db.db.session.get_one(Channel, made.get_json()["id"]))


def test_they_are_merged_cleared_and_removed(account: Account, make_channel: Make) -> None:
    channel = make_channel(credentials={"a": "1", "b": "2"})
    path = f"/channels/{channel['id']}"
    for number, (patch, expected) in enumerate(
        [
            ({"c": "3"}, {"a": "1", "b": "2", "c": "3"}),
            ({"a": None, "b": "4"}, {"b": "4", "c": "3"}),
            ({"b": None, "c": None}, None),
            ({"d": "5"}, {"d": "5"}),
            (None, None),
        ],
        start=2,
    ):
        changed = account.patch(path, json={"credentials": patch}).get_json()
        assert changed["version"] == number, "who changed them has to be seen by If-Match"
        found = stored(account.app, channel["id"])
        assert found == (None if expected is None else "1", expected)
        again = account.patch(path, json={"credentials": patch}).get_json()
        assert again == changed, "what changes nothing is no version"
    account.patch(path, json={"credentials": {"e": "6"}})
    account.patch(path, json={"name": "Other"})
    assert stored(account.app, channel["id"]) == ("1", {"e": "6"})


@pytest.mark.parametrize("column", ["id", "workspace_id", "mode"])
def test_they_are_bound_to_their_channel(account: Account, make_channel: Make, column: str) -> None:
    channel = make_channel(credentials={"a": "1"})
    with account.app.app_context():
        row = db.db.session.get_one(Channel, channel["id"])
        assert credentials.unseal(row) == {"a": "1"}
        with db.db.session.no_autoflush:
            setattr(row, column, "test" if column == "mode" else "chan_other")
            assert credentials.unseal(row) is None


@pytest.fixture
def rotated(settings: Settings) -> Settings:
    """Settings in which the encryption key that was current has become an older one."""
    return replace(settings, encryption_keys=(NEW, *settings.encryption_keys))


@pytest.fixture
def dropped(settings: Settings) -> Settings:
    """Settings without that key."""
    return replace(settings, encryption_keys=(NEW,))


def counts(output: str) -> dict[str, tuple[int, str]]:
    """What `anthyx-server peppers` prints of each encryption key."""
    of_channels = "encryption key, channels "
    told = [line for line in output.splitlines() if line.startswith(of_channels)]
    lines = [line.removeprefix(of_channels).split() for line in told]
    return {name: (int(count), note) for name, count, note in lines}


def problems(settings: Settings) -> list[str]:
    return [each.text for each in checks.run(settings) if each.level == "problem"]


def test_the_job_seals_them_under_the_current_key(
    account: Account, make_channel: Make, rotated: Settings, dropped: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(batches, "_SIZE", 2)
    brand = make_channel()["brand_id"]  # and a channel without any
    made = [make_channel(brand_id=brand, credentials={"n": str(n)}) for n in range(5)]
    with open_app(rotated) as app:
        late = replace(account, app=app).patch(
            f"/channels/{made[0]['id']}", json={"credentials": {"n": "new"}}
        )
        assert late.status_code == 200
        assert counts(operate(rotated, "peppers").output) == {
            "2": (1, "current"),
            "1": (4, "older"),
        }
        assert counts(operate(dropped, "peppers").output)["1"] == (4, "MISSING")
        assert problems(rotated) == []
        told = "encryption key 1 is not in ANTHYX_ENCRYPTION_KEYS but 4 channels were made with it"
        assert told in problems(dropped)
        with app.app_context():
            for _ in range(2):
                jobs.seal_credentials_anew()
        expected = ["new", "1", "2", "3", "4"]
        for channel, text in zip(made, expected, strict=True):
            assert stored(app, channel["id"]) == ("2", {"n": text})
        shown = replace(account, app=app).get(f"/channels/{made[1]['id']}").get_json()
        assert shown == made[1], "nothing that is shown has changed"
    assert counts(operate(dropped, "peppers").output) == {"2": (5, "current")}
    with open_app(rotated) as app, app.app_context():
        audit_jobs.go_on_with_current_key()
    assert problems(dropped) == []
    with open_app(dropped) as app:
        assert stored(app, made[4]["id"]) == ("2", {"n": "4"})


def test_a_run_that_is_interrupted_loses_nothing(
    account: Account, make_channel: Make, rotated: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [make_channel(credentials={"n": str(n)})["id"] for n in range(4)]
    monkeypatch.setattr(batches, "_SIZE", 2)
    sealed: list[str] = []
    seal = credentials.seal

    def crash_at_the_fourth(channel: Channel, pairs: dict[str, str] | None) -> None:
        if len(sealed) == 3:
            raise RuntimeError("killed")
        sealed.append(channel.id)
        seal(channel, pairs)

    with open_app(rotated) as app:
        with app.app_context():
            monkeypatch.setattr(credentials, "seal", crash_at_the_fourth)
            with pytest.raises(RuntimeError):
                jobs.seal_credentials_anew()
            monkeypatch.setattr(credentials, "seal", seal)
        keys = [stored(app, channel_id)[0] for channel_id in made]
        assert keys == ["2", "2", "1", "1"], "batches that were done stay done"
        assert [stored(app, one)[1] for one in made] == [{"n": str(n)} for n in range(4)]
        with app.app_context():
            jobs.seal_credentials_anew()
        assert [stored(app, one) for one in made] == [("2", {"n": str(n)}) for n in range(4)]


def test_what_can_not_be_opened_is_left_as_it_is(
    account: Account, make_channel: Make, settings: Settings, dropped: Settings
) -> None:
    """The key was dropped too early: putting it back must bring the credentials back."""
    channel = make_channel(credentials={"a": "1"})
    path = f"/channels/{channel['id']}"
    with open_app(dropped) as app:
        there = replace(account, app=app)
        with app.app_context():
            jobs.seal_credentials_anew()
        assert there.patch(path, json={"name": "New"}).status_code == 200
        assert stored(app, channel["id"]) == ("1", None)
    assert stored(account.app, channel["id"]) == ("1", {"a": "1"})
    with open_app(dropped) as app:
        there = replace(account, app=app)
        merged = there.patch(path, json={"credentials": {"b": "2"}})
        problem(merged, 503, "unavailable")
        assert stored(account.app, channel["id"]) == ("1", {"a": "1"})
        for patch, expected in ((None, (None, None)), ({"b": "2"}, ("2", {"b": "2"}))):
            assert there.patch(path, json={"credentials": patch}).status_code == 200
            assert stored(app, channel["id"]) == expected
        assert there.delete(path).status_code == 204


def test_a_channel_whose_credentials_are_lost_can_be_deleted(
    account: Account, make_channel: Make, dropped: Settings
) -> None:
    channel = make_channel(credentials={"a": "1"})
    with open_app(dropped) as app:
        there = replace(account, app=app)
        assert there.delete(f"/channels/{channel['id']}").status_code == 204
