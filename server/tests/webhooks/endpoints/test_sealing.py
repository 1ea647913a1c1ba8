"""Secrets and headers move to a new encryption key without being lost; operators see how far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from anthyx_server import batches, checks, db
from anthyx_server.audit import jobs as audit_jobs
from anthyx_server.config import NamedSecret, Settings
from anthyx_server.sealing import keyring
from anthyx_server.webhooks import WebhookEndpoint
from anthyx_server.webhooks.endpoints import jobs
from anthyx_server.webhooks.secret import Opened, Secrets, open_endpoint
from server.tests.keys.answers import document
from server.tests.keys.operating import operate
from tests.support.apps import Account, open_app

Make = Callable[..., dict[str, Any]]
NEW = NamedSecret("2", "another-encryption-key-" * 3)


def stored(app: Flask, endpoint_id: str) -> tuple[str | None, Opened | None]:
    """The id of the encryption key, and what the engine would get."""
    with app.app_context():
        endpoint = db.db.session.get_one(WebhookEndpoint, endpoint_id)
        return endpoint.encryption_key_id, open_endpoint(keyring(), endpoint)


def counts(settings: Settings) -> dict[str, tuple[int, str]]:
    """What `anthyx-server peppers` prints of each encryption key."""
    ours = "encryption key, webhook endpoints "
    output = operate(settings, "peppers").output
    told = [line for line in output.splitlines() if line.startswith(ours)]
    lines = [line.removeprefix(ours).split() for line in told]
    return {name: (int(count), note) for name, count, note in lines}


def problems(settings: Settings) -> list[str]:
    return [each.text for each in checks.run(settings) if each.level == "problem"]


@pytest.fixture
def rotated(settings: Settings) -> Settings:
    """Settings in which the encryption key that was current has become an older one."""
    return replace(settings, encryption_keys=(NEW, *settings.encryption_keys))


@pytest.fixture
def dropped(settings: Settings) -> Settings:
    """Settings without that key."""
    return replace(settings, encryption_keys=(NEW,))


def test_the_job_seals_everything_under_the_current_key(
    account: Account, make_endpoint: Make, rotated: Settings, dropped: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(batches, "_SIZE", 2)
    made = [make_endpoint(headers={"N": str(number)}) for number in range(4)]
    rotating = f"/webhook-endpoints/{made[3]['id']}"
    new = document(account.post(rotating + "/rotate-secret"))["secret"]
    shown = document(account.get(rotating))
    gone = make_endpoint()["id"]
    account.delete(f"/webhook-endpoints/{gone}")
    with open_app(rotated) as app:
        late = replace(account, app=app)
        changed = late.patch(f"/webhook-endpoints/{made[0]['id']}", json={"headers": {"N": "9"}})
        assert changed.status_code == 200
        assert counts(rotated) == {"2": (1, "current"), "1": (3, "older")}
        assert counts(dropped)["1"] == (3, "MISSING")
        assert problems(rotated) == []
        told = "encryption key 1 is not in ANTHYX_ENCRYPTION_KEYS but 3 webhook endpoints were "
        assert told + "made with it" in problems(dropped)
        with app.app_context():
            for _ in range(2):
                jobs.seal_secrets_anew()
        expected = ["9", "1", "2", "3"]
        for endpoint, text in zip(made, expected, strict=True):
            key_id, opened = stored(app, endpoint["id"])
            assert (key_id, opened and opened.headers) == ("2", {"N": text})
            assert opened is not None
            secrets = Secrets(endpoint["secret"], new if endpoint is made[3] else None)
            assert opened.secrets == secrets
        assert document(late.get(rotating)) == shown, "nothing that is shown has changed"
    assert counts(dropped) == {"2": (4, "current")}
    with open_app(rotated) as app, app.app_context():
        audit_jobs.go_on_with_current_key()
    assert problems(dropped) == []


def test_what_can_not_be_opened_is_left_as_it_is(
    account: Account, make_endpoint: Make, dropped: Settings
) -> None:
    made = make_endpoint(headers={"A": "b"})
    with open_app(dropped) as app:
        with app.app_context():
            jobs.seal_secrets_anew()
            jobs.end_rotations()
        assert stored(app, made["id"]) == ("1", None)
    assert stored(account.app, made["id"]) == (
        "1",
        Opened(Secrets(made["secret"]), {"A": "b"}, None),
    )


def test_a_new_secret_at_once_heals_an_endpoint_without_headers(
    account: Account, make_endpoint: Make, dropped: Settings
) -> None:
    made = make_endpoint()
    path = f"/webhook-endpoints/{made['id']}/rotate-secret"
    with open_app(dropped) as app:
        there = replace(account, app=app)
        rotated = document(there.post(path, json={"overlap_seconds": 0}))
        assert stored(app, made["id"]) == ("2", Opened(Secrets(rotated["secret"]), {}, None))
