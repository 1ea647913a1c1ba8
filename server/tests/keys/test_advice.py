"""Which keys are marked, and with what."""

from __future__ import annotations

from datetime import timedelta

import pytest

from anthyx_server import clock, db
from anthyx_server.keys import ApiKey
from anthyx_server.keys.advice import marks
from tests.support.apps import Account
from tests.support.visiting import Browser, make_team

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("expected", "used", "created", "expires"),
    [
        ([], None, 29.9, None),
        (["Unused"], None, 30, None),
        (["Unused"], 30, 200, None),
        ([], 29.9, 89.9, None),
        (["Old"], 0, 90, None),
        (["Expiring"], 0, 1, 7),
        ([], 0, 1, 7.1),
        (["Expiring", "Old"], 0, 90, 6),
        (["Expiring", "Unused"], None, 90, 6),
        ([], None, 90, 0),
    ],
)
def test_marks(
    expected: list[str], used: float | None, created: float, expires: float | None
) -> None:
    moment = clock.now()
    key = ApiKey(
        created_at=moment - created * DAY,
        last_used_at=None if used is None else moment - used * DAY,
        expires_at=None if expires is None else moment + expires * DAY,
    )
    assert [mark.word for mark in marks(key, moment)] == expected


def test_a_replaced_key_says_so_alone() -> None:
    moment = clock.now()
    key = ApiKey(created_at=moment - 200 * DAY, superseded_by="key_1", expires_at=moment + DAY)
    assert [mark.word for mark in marks(key, moment)] == ["Replaced"]


def test_a_deleted_key_has_no_marks_and_a_leaked_one_has() -> None:
    moment = clock.now()
    ended = {"created_at": moment - 200 * DAY, "revoked_at": moment}
    assert marks(ApiKey(**ended, revoked_reason="deleted"), moment) == []
    leaked = marks(ApiKey(**ended, revoked_reason="leaked"), moment)
    assert [(mark.word, mark.kind) for mark in leaked] == [("Leaked", "bad")]


@pytest.mark.parametrize(("days", "is_shown"), [(29, True), (31, False)])
def test_a_leaked_key_stays_in_sight_for_a_while(
    account: Account, days: int, is_shown: bool
) -> None:
    team = make_team(account.app)
    key = Account(account.app, team.workspace_id, "", "").with_key(name="Leaky")
    answer = account.app.test_client().post("/v1/leaked-keys", json={"tokens": [key.token]})
    assert answer.status_code == 202
    browser: Browser = team.browser()
    assert ">Leaked<" in browser.get("/settings/integrations/api-keys").text
    with account.app.app_context(), db.transaction():
        stored = db.db.session.get(ApiKey, key.key_id)
        assert stored is not None
        stored.revoked_at = clock.now() - days * DAY
    shown = browser.get("/settings/integrations/api-keys").text
    assert ("Leaky" in shown) is is_shown
