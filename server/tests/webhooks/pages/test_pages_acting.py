"""Secrets, tests, resending, turning off and on, from their pages."""

from __future__ import annotations

import runpy
from datetime import timedelta
from html import unescape
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa

from anthyx.webhooks import sign, verify
from anthyx_server import clock, db
from anthyx_server.webhooks.deliveries import manual
from anthyx_server.webhooks.models import WebhookRecovery
from anthyx_server.webhooks.pages import snippets
from tests.support.apps import Account
from tests.support.deliveries import deliveries, subscribe
from tests.support.webhooks import add_attempt, add_deliveries, add_delivery, disable_endpoint

from .conftest import Person, text_of

URL = "https://example.com/hook"


def shown(account: Account, endpoint_id: str) -> dict[str, object]:
    found: dict[str, object] = account.get(f"/webhook-endpoints/{endpoint_id}").get_json()
    return found


def noted(account: Account) -> list[str]:
    """What was noted last on the audit log."""
    data = account.get("/audit-log").get_json()["data"]
    return [each["action"] for each in data]


def test_the_secret_is_shown_and_that_is_noted(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    answer = owner.get(f"/{endpoint_id}/secret?new=1")
    secret = account.get(f"/webhook-endpoints/{endpoint_id}/secret").get_json()["secret"]
    assert secret in text_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Send test event" in text_of(answer)
    assert noted(account)[:2] == ["webhook_endpoint.secret_revealed"] * 2
    # Nowhere else, but for its end.
    assert secret not in text_of(owner.get(f"/{endpoint_id}"))
    assert f"whsec_…{secret[-4:]}" in text_of(owner.get(f"/{endpoint_id}"))


@pytest.mark.parametrize("snippet", [snippets.WITH_SDK, snippets.WITH_HMAC])
def test_what_is_there_to_copy_verifies(
    account: Account, owner: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, snippet: str
) -> None:
    endpoint_id = subscribe(account, URL)
    page = owner.get(f"/{endpoint_id}/secret").get_data(as_text=True)
    assert snippet in unescape(page)
    secret = account.get(f"/webhook-endpoints/{endpoint_id}/secret").get_json()["secret"]
    monkeypatch.setenv("ANTHYX_WEBHOOK_SECRET", secret)
    script = tmp_path / "receiver.py"
    script.write_text(snippet)
    receive = runpy.run_path(str(script))["receive"]
    example = account.get("/event-types").get_json()["data"][0]["example"]
    body = orjson.dumps(example)
    headers = sign(body, secret, event_id=example["id"])
    assert verify(body, headers, secret).id == example["id"]
    assert receive(body, headers) == 204
    assert receive(body + b" ", headers) == 400
    assert receive(body, {}) == 400


def test_a_rotation_from_its_beginning_to_its_end(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    old = account.get(f"/webhook-endpoints/{endpoint_id}/secret").get_json()["secret"]
    assert "Overlap" in text_of(owner.get(f"/{endpoint_id}/rotate"))
    for _ in range(2):
        answer = owner.post(f"/{endpoint_id}/rotate", form_id="a", overlap_seconds="3600")
        assert answer.headers["Location"].endswith("/secret")
    found = account.get(f"/webhook-endpoints/{endpoint_id}/secret").get_json()
    assert found["previous_secret"] == old, "sent twice, it is rotated once"
    page = text_of(owner.get(f"/{endpoint_id}/secret"))
    assert found["secret"] in page
    assert old in page
    assert "Activate the new secret, or wait until" in page
    again = owner.post(f"/{endpoint_id}/rotate", form_id="b", overlap_seconds="3600")
    assert again.status_code == 422
    assert "rotated already" in text_of(again)
    assert "A rotation is under way" in text_of(owner.get(f"/{endpoint_id}"))
    done = owner.post(f"/{endpoint_id}/activate")
    assert "activated=1" in done.headers["Location"]
    assert "The new secret is active" in text_of(owner.get(f"/{endpoint_id}?activated=1"))
    assert account.get(f"/webhook-endpoints/{endpoint_id}/secret").get_json() == {
        **found,
        "previous_secret": None,
        "secret_activates_at": None,
    }


def test_an_overlap_that_can_not_be(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    for overlap in ("", "-1", "604801", "1.5", "²"):
        answer = owner.post(f"/{endpoint_id}/rotate", form_id="a", overlap_seconds=overlap)
        assert answer.status_code == 422
    assert shown(account, endpoint_id)["secret_activates_at"] is None


def test_a_test_event_goes_on_to_its_attempt(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    owner.post(f"/{endpoint_id}/test", form_id="a")
    answer = owner.post(f"/{endpoint_id}/test", form_id="a")
    (delivery,) = deliveries(account, trigger="test")
    assert answer.headers["Location"].endswith(f"/{endpoint_id}/deliveries/{delivery.id}")
    page = owner.get(f"/{endpoint_id}/deliveries/{delivery.id}").get_data(as_text=True)
    assert "Sending to" in page
    assert 'hx-trigger="load delay:1s"' in page
    assert "webhook_endpoint.test" in page


def test_any_event_can_be_the_test(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    owner.post(f"/{endpoint_id}/test", form_id="a", event_type="post.failed")
    assert [each.event_type for each in deliveries(account, trigger="test")] == ["post.failed"]
    assert owner.post(f"/{endpoint_id}/test", form_id="b", event_type="no").status_code == 422


def test_too_many_by_hand_are_refused_in_words(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    delivery_id = add_delivery(account, endpoint_id)
    for number in range(manual.PER_MINUTE):
        assert owner.post(f"/{endpoint_id}/test", form_id=str(number)).status_code == 303
    for path in (f"/{endpoint_id}/test", f"/{endpoint_id}/deliveries/{delivery_id}/resend"):
        answer = owner.post(path, form_id="more")
        assert answer.status_code == 429
        assert 'id="progress"' in answer.get_data(as_text=True)
    disable_endpoint(account, endpoint_id)
    assert owner.post(f"/{endpoint_id}/test").status_code == 409


def test_a_delivery_shows_request_and_response(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    delivery_id = add_delivery(account, endpoint_id, status="dead")
    add_attempt(account, delivery_id, number=1, status_code=None, error_code="connection_lost")
    add_attempt(
        account,
        delivery_id,
        number=2,
        status_code=500,
        error_code="http_status",
        error_detail="The answer was 500.",
        custom_headers=["X-Env"],
        response_headers=[["Content-Type", "text/plain"], ["Set-Cookie", "secret"]],
        response_body=b"x" * 4_001,
    )
    page = text_of(owner.get(f"/{endpoint_id}/deliveries/{delivery_id}"))
    assert "Try 2: request and response" in page
    assert "X-Env: [masked]" in page
    assert "Content-Type: text/plain" in page
    assert "secret" not in page.partition("Response")[2]
    assert "x" * 4_000 in page
    assert "x" * 4_001 not in page
    assert "Cut here." in page
    first = text_of(owner.get(f"/{endpoint_id}/deliveries/{delivery_id}?attempt=1"))
    assert "Try 1: request and response" in first
    assert "None came." in first


def test_one_delivery_is_sent_again(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    delivery_id = add_delivery(account, endpoint_id, status="dead")
    answer = owner.post(f"/{endpoint_id}/deliveries/{delivery_id}/resend")
    assert answer.headers["Location"].endswith(delivery_id)
    (delivery,) = deliveries(account, id=delivery_id)
    assert delivery.trigger == "manual"


def test_what_failed_is_counted_first_and_then_sent(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    moment = clock.now()
    ages = (timedelta(minutes=5), timedelta(hours=5), timedelta(days=3))
    rows = [{"status": "dead", "created_at": moment - age} for age in ages]
    add_deliveries(account, endpoint_id, rows)
    path = f"/{endpoint_id}/resend-failed"
    assert "Since when" in text_of(owner.get(path))
    for since, count in (("hour", "1 delivery"), ("day", "2 deliveries"), ("week", "3 deliveries")):
        assert f"Resend {count}?" in text_of(owner.get(f"{path}?since={since}"))
    at = (moment - timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M")
    page = owner.get(f"{path}?since=time&at={at}").get_data(as_text=True)
    assert "Resend 2 deliveries?" in page
    assert not deliveries(account, recovery_id=None, status="pending")
    since = page.partition('name="since" value="')[2].partition('"')[0]
    answers = [owner.post(path, since=since) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    with account.app.app_context():
        (recovery,) = db.db.session.scalars(sa.select(WebhookRecovery))
        assert recovery.matched == 2
        assert answers[0].headers["Location"].endswith(f"/{endpoint_id}?recovery={recovery.id}")
    future = owner.get(f"{path}?since=time&at=2999-01-01T00:00")
    assert future.status_code == 422
    assert "Lies in the future." in text_of(future)
    assert owner.get(f"{path}?since=time&at=soon").status_code == 422
    assert owner.post(path, since="soon").status_code == 422


def test_nothing_to_resend_is_said(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    assert "Nothing to resend" in text_of(owner.get(f"/{endpoint_id}/resend-failed?since=day"))


@pytest.mark.parametrize(("backlog", "count"), [("all", 2), ("since", 1), ("none", 0)])
def test_off_and_on_again_with_what_was_missed(
    account: Account, owner: Person, backlog: str, count: int
) -> None:
    endpoint_id = subscribe(account, URL)
    assert owner.post(f"/{endpoint_id}/disable").status_code == 303
    assert owner.post(f"/{endpoint_id}/disable").status_code == 303
    assert shown(account, endpoint_id)["status"] == "disabled"
    moment = clock.now()
    earlier = moment - timedelta(hours=2)
    rows = [
        {"status": "skipped", "created_at": at, "completed_at": moment} for at in (earlier, moment)
    ]
    add_deliveries(account, endpoint_id, rows)
    assert "Somebody disabled this endpoint." in text_of(owner.get(f"/{endpoint_id}/enable"))
    at = (moment - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    answer = owner.post(f"/{endpoint_id}/enable", backlog=backlog, at=at)
    assert "?recovery=rcv_" in answer.headers["Location"]
    assert shown(account, endpoint_id)["status"] == "enabled"
    with account.app.app_context():
        (recovery,) = db.db.session.scalars(sa.select(WebhookRecovery))
        assert recovery.matched == count


def test_enabling_tells_problems_next_to_the_field(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    disable_endpoint(account, endpoint_id)
    path = f"/{endpoint_id}/enable"
    for at in ("", "2999-01-01T00:00", "2001-01-01T00:00"):
        answer = owner.post(path, backlog="since", at=at)
        assert answer.status_code == 422
        assert 'id="backlog-problem"' in answer.get_data(as_text=True)
    assert shown(account, endpoint_id)["status"] == "disabled"
