"""What turns an endpoint off by itself here: its last brand goes, the key that made it leaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from anthyx_server import db
from anthyx_server.config import Settings
from anthyx_server.webhooks import WebhookEndpoint
from anthyx_server.webhooks.models import WebhookDelivery
from server.tests.keys.answers import audit_of, document, events_of
from server.tests.keys.operating import operate
from tests.support.apps import Account
from tests.support.problems import entries

Make = Callable[..., dict[str, Any]]


def sent(account: Account, endpoint_id: str) -> list[tuple[str, str]]:
    """The deliveries of an endpoint: types of events and status, oldest first."""
    query = select(WebhookDelivery.event_type, WebhookDelivery.status)
    query = query.where(WebhookDelivery.endpoint_id == endpoint_id).order_by(WebhookDelivery.id)
    with account.app.app_context():
        return [(name, status) for name, status in db.db.session.execute(query)]


def test_a_deleted_brand_leaves_and_its_deletion_is_still_sent(
    account: Account, make_endpoint: Make, make_brand: Make
) -> None:
    going, staying = make_brand()["id"], make_brand()["id"]
    both = make_endpoint(brand_ids=[going, staying])
    unrestricted, other = make_endpoint(), make_endpoint(brand_ids=[staying])
    assert account.delete(f"/brands/{going}").status_code == 204
    shown = document(account.get(f"/webhook-endpoints/{both['id']}"))
    assert (shown["brand_ids"], shown["status"], shown["version"]) == ([staying], "enabled", 2)
    for untouched in (unrestricted, other):
        now = document(account.get(f"/webhook-endpoints/{untouched['id']}"))
        assert now["version"] == 1
    assert sent(account, both["id"]) == [("brand.deleted", "pending")]
    assert sent(account, other["id"]) == []
    entry = audit_of(account.app, both["id"])[1]
    assert (entry.action, entry.actor["id"]) == ("webhook_endpoint.updated", account.key_id)
    assert entry.detail["previous"] == {"brand_ids": [going, staying]}
    assert entry.detail["changed"] == {"brand_ids": [staying]}


def test_losing_the_last_brand_turns_it_off_and_tells_the_others(
    account: Account, make_endpoint: Make, make_brand: Make
) -> None:
    brand = make_brand()["id"]
    endpoint, listener = make_endpoint(brand_ids=[brand]), make_endpoint()
    path = f"/webhook-endpoints/{endpoint['id']}"
    account.delete(f"/brands/{brand}")
    shown = document(account.get(path))
    assert (shown["brand_ids"], shown["status"]) == ([], "disabled")
    assert (shown["disabled_reason"], shown["health"]["state"]) == ("brands_deleted", "disabled")
    assert shown["disabled_at"] is not None
    assert sent(account, endpoint["id"]) == [("brand.deleted", "skipped")]
    told = [("brand.deleted", "pending"), ("webhook_endpoint.disabled", "pending")]
    assert sent(account, listener["id"]) == told
    (event,) = events_of(account.app, endpoint["id"])
    assert event["subject"] == {"type": "webhook_endpoint", "id": endpoint["id"]}
    assert event["data"]["object"]["disabled_reason"] == "brands_deleted"
    assert event["data"]["previous"]["status"] == "enabled"
    assert "secret" not in event["data"]["object"]
    actions = [entry.action for entry in audit_of(account.app, endpoint["id"])]
    assert sorted(actions[1:]) == ["webhook_endpoint.disabled", "webhook_endpoint.updated"]
    assert document(account.patch(path, json={**shown, "description": "x"}))["brand_ids"] == []
    assert entries(account.patch(path, json={"brand_ids": [brand]})) == {
        ("/brand_ids/0", "invalid")
    }
    new = make_brand()["id"]
    assert document(account.patch(path, json={"brand_ids": [new]}))["brand_ids"] == [new]


def test_archiving_a_brand_is_no_loss(
    account: Account, make_endpoint: Make, make_brand: Make
) -> None:
    brand = make_brand()["id"]
    endpoint = make_endpoint(brand_ids=[brand])
    account.post(f"/brands/{brand}/archive")
    shown = document(account.get(f"/webhook-endpoints/{endpoint['id']}"))
    assert (shown["status"], shown["version"]) == ("enabled", 1)
    assert document(account.get("/webhook-endpoints"))["data"] == [shown]
    assert make_endpoint(brand_ids=[brand])["status"] == "enabled"


def test_a_leaked_key_takes_its_endpoints_along(account: Account, make_endpoint: Make) -> None:
    leaked = account.with_key(name="Zapier")
    made = [make_endpoint(leaked)["id"] for _ in range(2)]
    others = [make_endpoint()["id"], make_endpoint(account.with_key(mode="test"))["id"]]
    off = make_endpoint(leaked)["id"]
    account.post(f"/webhook-endpoints/{off}/disable")
    report = {"tokens": [leaked.token], "source": "a scanner"}
    answer = account.app.test_client().post("/v1/leaked-keys", json=report)
    assert answer.status_code == 202
    for endpoint_id in made:
        shown = document(account.get(f"/webhook-endpoints/{endpoint_id}"))
        assert (shown["status"], shown["disabled_reason"]) == ("disabled", "key_leaked")
        (event,) = events_of(account.app, endpoint_id)
        assert (event["type"], event["actor"]["type"]) == ("webhook_endpoint.disabled", "system")
        entry = audit_of(account.app, endpoint_id)[1]
        assert (entry.action, entry.detail["reason"]) == ("webhook_endpoint.disabled", "key_leaked")
    assert document(account.get(f"/webhook-endpoints/{others[0]}"))["status"] == "enabled"
    shown = document(account.get(f"/webhook-endpoints/{off}"))
    assert shown["disabled_reason"] == "requested"
    disabled = [name for name, _ in sent(account, others[0]) if name.startswith("webhook")]
    assert disabled == ["webhook_endpoint.disabled"] * 2


@pytest.mark.parametrize("end", ["deleted", "rotated"])
def test_any_other_end_of_a_key_leaves_them(
    account: Account, make_endpoint: Make, end: str
) -> None:
    key = account.with_key()
    endpoint = make_endpoint(key)
    if end == "deleted":
        account.delete(f"/api-keys/{key.key_id}")
    else:
        account.post(f"/api-keys/{key.key_id}/rotate", json={"overlap_seconds": 0})
    assert document(account.get(f"/webhook-endpoints/{endpoint['id']}"))["status"] == "enabled"


def test_a_closed_workspace_sends_nothing_more(
    account: Account, other_account: Account, make_endpoint: Make, settings: Settings
) -> None:
    by_mode = [make_endpoint(each)["id"] for each in (account, account.with_key(mode="test"))]
    others = make_endpoint(other_account)["id"]
    operate(settings, "workspaces", "remove", account.workspace_id, "--yes")
    query = select(WebhookEndpoint.id).where(WebhookEndpoint.status == "enabled")
    with account.app.app_context():
        assert list(db.db.session.scalars(query)) == [others]
    for endpoint_id in by_mode:
        assert audit_of(account.app, endpoint_id)[1].action == "webhook_endpoint.disabled"
        assert sent(account, endpoint_id) == []
