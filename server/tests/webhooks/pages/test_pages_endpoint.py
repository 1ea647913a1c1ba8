"""The list and the page of an endpoint: how it does, in words, in charts, attempt by attempt."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from anthyx_server import clock
from anthyx_server.webhooks import disabling
from anthyx_server.webhooks.models import WebhookQueue
from anthyx_server.webhooks.pages import words
from tests.support.apps import Account
from tests.support.deliveries import change, subscribe
from tests.support.webhooks import add_attempt, add_deliveries, add_delivery, add_recovery

from .conftest import Person, text_of

URL = "https://example.com/hook"
MARKUP = '"><script>alert(1)</script>'
ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;"


def fail(account: Account, endpoint_id: str, code: str | None, status: int | None = None) -> None:
    """Let its latest attempts have failed."""
    moment = clock.now()
    failure = {
        "at": clock.rfc3339(moment),
        "delivery_id": "dlv_" + "0" * 26,
        "event_type": "post.created",
        "status_code": status,
        "error_code": code,
    }
    change(
        account,
        WebhookQueue,
        {"endpoint_id": endpoint_id},
        failing_since=moment - timedelta(hours=2),
        consecutive_failures=7,
        last_failure=failure,
    )


def test_the_list_says_how_each_does(account: Account, owner: Person) -> None:
    good = subscribe(account, f"{URL}/good", description="Our CMS", event_types=["post.*"])
    bad = subscribe(account, f"{URL}/bad")
    subscribe(account, f"{URL}/off", status="disabled", disabled_at=clock.now())
    for endpoint_id, statuses in ((good, [204] * 4), (bad, [204, 500, 500, 500])):
        for status in statuses:
            code = None if status == 204 else "http_status"
            delivery_id = add_delivery(account, endpoint_id)
            add_attempt(account, delivery_id, status_code=status, error_code=code)
    fail(account, bad, "http_status", 500)
    page = text_of(owner.get())
    assert "3 of 50 endpoints" in page
    assert f"{URL}/good Our CMS all of post.* Healthy" in page
    assert "100 % 100 % of 4" in page
    assert f"{URL}/bad all events Failing 500 Internal Server Error 25 % 25 % of 4" in page
    assert f"{URL}/off all events Disabled no attempts" in page


def test_endpoints_of_the_other_mode_count_too(account: Account, owner: Person) -> None:
    subscribe(account, URL)
    subscribe(account.with_key(mode="test"), f"{URL}/test")
    page = text_of(owner.get())
    assert "2 of 50 endpoints, those of test data included" in page
    assert f"{URL}/test" not in page


@pytest.mark.parametrize(
    ("code", "status", "what", "advice"),
    [
        ("timeout", None, "did not finish its answer in time", "do the work afterwards"),
        ("dns_failed", None, "did not resolve", "DNS records"),
        ("tls_failed", None, "TLS certificate", "intermediate certificates"),
        ("http_status", 302, "302 Found", "Redirects are not followed"),
        ("http_status", 400, "400 Bad Request", "raw bytes of the body"),
        ("http_status", 404, "404 Not Found", "Check the path"),
        ("http_status", 503, "503 Service Unavailable", "look at its logs"),
        ("http_status", 418, "418", "Only 2xx counts as received"),
        ("http_status", 799, "799", "look at its logs"),
        ("a new one", None, "The attempt failed", "Look at the attempt"),
    ],
)
def test_every_failure_has_a_cause_and_an_advice(
    code: str, status: int | None, what: str, advice: str
) -> None:
    cause = words.cause_of({"error_code": code, "status_code": status})
    assert what in cause.what
    assert advice in cause.advice


def test_a_failing_endpoint_says_why_and_what_to_change(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    fail(account, endpoint_id, "http_status", 404)
    page = text_of(owner.get(f"/{endpoint_id}"))
    assert "Your server answered 404 Not Found. Check the path of the URL" in page
    assert "7 times in a row" in page


def test_a_disabled_one_says_why(account: Account, owner: Person) -> None:
    said = set()
    for reason in disabling.REASONS:
        endpoint_id = subscribe(
            account, URL, status="disabled", disabled_at=clock.now(), disabled_reason=reason
        )
        page = text_of(owner.get(f"/{endpoint_id}"))
        assert "Nothing has been sent to this endpoint since" in page
        assert "Send test event" not in page
        said.add(page.partition("disabled this endpoint")[2].partition("Events are kept")[0])
    assert len(said) == len(disabling.REASONS)


def test_nothing_that_is_stored_is_markup(account: Account, owner: Person) -> None:
    brand = account.post("/brands", json={"name": MARKUP}).get_json()["id"]
    endpoint_id = subscribe(
        account, f"{URL}?{MARKUP}", description=MARKUP, brand_ids=[brand], headers={"X-'<b>": "1"}
    )
    delivery_id = add_delivery(account, endpoint_id, event_type=MARKUP)
    add_attempt(
        account,
        delivery_id,
        url=f"{URL}?{MARKUP}",
        status_code=500,
        error_code="http_status",
        error_detail=MARKUP,
        peer_address=MARKUP,
        custom_headers=[MARKUP],
        signatures={MARKUP: MARKUP},
        response_headers=[[MARKUP, MARKUP]],
        response_body=MARKUP.encode(),
    )
    paths = ("", *(f"/{endpoint_id}{path}" for path in
             ("", "/edit", "/secret", "/rotate", "/delete", "/resend-failed",
              f"/deliveries/{delivery_id}")))  # fmt: skip
    for path in paths:
        page = owner.get(path).get_data(as_text=True)
        assert ESCAPED in page, path
        assert "<script>alert" not in page, path
        assert "'<b>" not in page, path


def log_of(owner: Person, path: str) -> list[str]:
    """The rows of the table of attempts."""
    page = owner.get(path).get_data(as_text=True)
    table = page.partition('id="attempts"')[2]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in rows]


def test_attempts_are_shown_with_what_came_of_them(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    later = clock.now() + timedelta(minutes=29, seconds=50)
    rows: list[dict[str, Any]] = [
        {"status": "succeeded", "round_attempts": 2, "attempts_made": 2},
        {"status": "failed", "round_attempts": 3, "next_attempt_at": later},
        {"status": "skipped"},
        {"status": "pending", "next_attempt_at": clock.now()},
        {"status": "dead", "round_attempts": 0, "attempts_made": 1},
    ]
    ids = add_deliveries(account, endpoint_id, rows)
    add_attempt(account, ids[0], number=1, status_code=500, error_code="http_status")
    add_attempt(account, ids[0], number=2, status_code=204, duration_ms=35)
    add_attempt(account, ids[1], status_code=None, error_code="timeout", duration_ms=15_001)
    add_attempt(account, ids[4], trigger="test", status_code=404, error_code="http_status")
    dead, pending, skipped, failed, succeeded = log_of(owner, f"/{endpoint_id}")
    assert succeeded.startswith("post.published Delivered 204 No Content 35 ms 2 of 10 —")
    assert "Will be retried No answer in time 15.0 s 3 of 10 in 30 minutes" in failed
    assert skipped.startswith("post.published Skipped — — — —")
    assert pending.startswith("post.published Waiting — — — now")
    assert dead.startswith("post.published Failed for good 404 Not Found 20 ms test —")


def test_the_log_is_filtered_and_paged(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    moment = clock.now()
    add_deliveries(
        account,
        endpoint_id,
        [
            {
                "created_at": moment - timedelta(minutes=60 - number),
                "status": "dead" if number % 2 else "succeeded",
                "event_type": "brand.created" if number < 4 else "post.created",
            }
            for number in range(60)
        ],
    )
    path = f"/{endpoint_id}"
    page = owner.get(path).get_data(as_text=True)
    assert len(log_of(owner, path)) == 25
    older = re.search(r'href="[^"?]*(\?[^"]*cursor=[^"#]*)#attempts">Older', page)
    assert older is not None
    second = log_of(owner, path + older[1].replace("&amp;", "&"))
    assert len(second) == 25
    assert not {*second} & {*log_of(owner, path)} - {*second}
    assert len(log_of(owner, f"{path}?status=dead&event_type=brand.created")) == 2
    assert all("Failed" in row for row in log_of(owner, f"{path}?status=dead"))
    assert len(log_of(owner, f"{path}?event_type=brand.created&status=")) == 4
    assert "Nothing here fits these filters" in text_of(
        owner.get(f"{path}?event_type=usage.threshold_reached")
    )
    before = (moment - timedelta(minutes=59, seconds=30)).strftime("%Y-%m-%dT%H:%M:%S")
    assert len(log_of(owner, f"{path}?before={before}")) == 1


def test_addresses_that_somebody_made_up(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    for query, status in {
        "status=unheard": 422,
        "event_type=unheard": 422,
        "before=yesterday": 422,
        "before=0001-01-01T00:00": 422,
        "cursor=made": 400,
        "period=unheard": 200,
        "recovery=unheard": 200,
        "period=month": 200,
    }.items():
        assert owner.get(f"/{endpoint_id}?{query}").status_code == status, query


def test_charts_have_their_numbers_as_a_table(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    delivery_id = add_delivery(account, endpoint_id)
    for number, status in enumerate((204, 204, 204, 500), 1):
        code = None if status == 204 else "http_status"
        add_attempt(account, delivery_id, number=number, status_code=status, error_code=code)
    for query in ("", "?period=month"):
        answer = owner.get(f"/{endpoint_id}{query}")
        page = answer.get_data(as_text=True)
        assert page.count('class="bar good"') == page.count('class="bar bad"') == 1
        assert "3 delivered, 1 failed: 75 % delivered." in text_of(answer)
        assert re.search(r"<td class=\"number\">3</td><td class=\"number\">1</td>", page)
        assert "style=" not in page


def test_a_recovery_is_followed(account: Account, owner: Person) -> None:
    endpoint_id = subscribe(account, URL)
    running = add_recovery(account, endpoint_id, matched=9, queued=4, completed_at=None)
    page = owner.get(f"/{endpoint_id}").get_data(as_text=True)
    assert "Resending: 4 of 9 put in line." in " ".join(page.split())
    assert f"?recovery={running}" in page
    other = subscribe(account, f"{URL}/other")
    foreign = add_recovery(account, other, matched=9, queued=9)
    assert "put in line again" not in text_of(owner.get(f"/{endpoint_id}?recovery={foreign}"))
    assert "9 deliveries were put in line again" in text_of(
        owner.get(f"/{other}?recovery={foreign}")
    )
