"""Creating brands."""

from __future__ import annotations

from tests.support.apps import Account


def test_a_brand_is_created_with_defaults(account: Account) -> None:
    answer = account.post("/brands", json={"name": "  Äcme  "})
    assert answer.status_code == 201
    assert answer.json is not None
    assert answer.json["name"] == "Äcme"
    assert answer.json["slug"] == "acme"
    assert answer.headers["Location"] == f"/v1/brands/{answer.json['id']}"
    assert account.get(f"/brands/{answer.json['id']}").json == answer.json
