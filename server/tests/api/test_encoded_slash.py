"""A slash that an id brings along, percent-encoded, reaches no other route."""

from __future__ import annotations

from tests.support.apps import Account


def test_an_id_with_an_encoded_slash_is_not_another_operation(account: Account) -> None:
    created = account.post("/brands", json={"name": "Acme"}).json
    assert created is not None
    for slash in ("%2F", "%2f"):
        answer = account.post(f"/brands/{created['id']}{slash}archive")
        assert answer.status_code == 404
    assert account.get(f"/brands/{created['id']}").json == created
