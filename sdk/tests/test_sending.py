"""What goes out: ids, idempotency keys, bodies, queries, and nothing that must stay secret."""

from __future__ import annotations

import json
import logging
import traceback
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from anthyx import UNSET, Anthyx, APIError, APIResponseError, BrandColor
from sdk.tests import samples
from sdk.tests.loopback import KEY, Answer, Loopback, html, ok, problem, raw

pytestmark = pytest.mark.enable_socket


@pytest.mark.parametrize(
    ("identifier", "path"),
    [
        ("brand_1", "/v1/brands/brand_1"),
        ("../admin", "/v1/brands/..%2Fadmin"),
        ("a/b?c#d e%2f", "/v1/brands/a%2Fb%3Fc%23d%20e%252f"),
        ("ünï\r\nX: 1", "/v1/brands/%C3%BCn%C3%AF%0D%0AX%3A%201"),
        ("...", "/v1/brands/..."),
    ],
)
def test_an_id_is_encoded(client: Anthyx, server: Loopback, identifier: str, path: str) -> None:
    server.answers(ok(samples.brand()))
    client.brands.get(identifier)
    assert server.seen[0].path == path


@pytest.mark.parametrize("identifier", ["", ".", "..", KEY, f"keys/{KEY}", "\ud800"], ids=ascii)
def test_an_id_that_leads_elsewhere_is_refused(
    client: Anthyx, server: Loopback, identifier: str
) -> None:
    for call in (client.brands.get, client.brands.delete, client.brands.archive):
        with pytest.raises(ValueError, match=r"id|surrogates") as raised:
            call(identifier)
        assert KEY not in str(raised.value)
    assert server.seen == []


@pytest.mark.parametrize("identifier", [None, 7, b"brand_1"], ids=str)
def test_an_id_of_another_type_is_refused(client: Anthyx, identifier: object) -> None:
    calls: list[Any] = [client.brands.get, client.brands.delete, client.brands.archive]
    for call in calls:
        with pytest.raises(TypeError):
            call(identifier)


def test_a_record_stands_for_its_id(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(samples.brand(id="brand_7")))
    client.brands.archive(client.brands.get("brand_7"))
    assert server.seen[1].path == "/v1/brands/brand_7/archive"


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_write_has_one_idempotency_key_on_every_try(
    client: Anthyx, server: Loopback, method: str
) -> None:
    server.answers(problem(500, "internal_error"), problem(503, "unavailable"), ok({}))
    client.request(method, "/thing")
    client.request(method, "/thing")
    keys = [seen.headers["idempotency-key"] for seen in server.seen]
    assert keys[0] == keys[1] == keys[2] != keys[3]
    assert all(len(key) >= 32 for key in keys)


def test_a_given_idempotency_key_is_sent(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(samples.brand()))
    client.brands.create(name="Acme", idempotency_key="order-1")
    client.brands.update("brand_1", name="Acme", idempotency_key="order-2")
    client.brands.archive("brand_1", idempotency_key="order-3")
    sent = [seen.headers["idempotency-key"] for seen in server.seen]
    assert sent == ["order-1", "order-2", "order-3"]


def test_a_read_has_no_idempotency_key(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(samples.brand()))
    client.brands.get("brand_1")
    assert "idempotency-key" not in server.seen[0].headers


@pytest.mark.parametrize("key", ["", "a" * 256, "a b", "a\n", "é"])
def test_an_idempotency_key_that_cannot_be_sent_is_refused(client: Anthyx, key: str) -> None:
    with pytest.raises(ValueError, match="idempotency key"):
        client.brands.create(name="Acme", idempotency_key=key)


def test_unset_leaves_a_field_and_none_clears_it(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(samples.brand()))
    client.brands.update("brand_1", website_url=None, metadata={"crm": None, "a": "b"})
    client.brands.update("brand_1", name=UNSET)
    assert server.seen[0].json == {"website_url": None, "metadata": {"crm": None, "a": "b"}}
    assert server.seen[1].json == {}
    assert not UNSET
    assert repr(UNSET) == "UNSET"


def test_models_times_and_text_go_out_as_the_api_wants_them(
    client: Anthyx, server: Loopback
) -> None:
    server.answers(ok(samples.api_key(secret="s"), 201))
    moment = datetime(2026, 12, 1, 12, 0, 0, 123456, timezone(timedelta(hours=2)))
    client.api_keys.create(name="Zürich ✓", expires_at=moment, scopes=("brands:read",))
    assert server.seen[0].json == {
        "name": "Zürich ✓",
        "expires_at": "2026-12-01T10:00:00.123Z",
        "scopes": ["brands:read"],
    }
    server.answers(ok(samples.brand()))
    client.brands.create(
        name="Acme",
        colors=[BrandColor(name="Red", hex="#ff0000"), {"name": "Blue", "hex": "#0000ff"}],
        voice={"tone": "warm"},
    )
    sent = server.seen[1].json
    assert isinstance(sent, dict)
    assert sent["colors"] == [{"name": "Red", "hex": "#ff0000"}, {"name": "Blue", "hex": "#0000ff"}]


def test_a_naive_time_is_refused_with_the_fix(client: Anthyx, server: Loopback) -> None:
    naive = datetime(2026, 12, 1)  # noqa: DTZ001 - naive on purpose
    with pytest.raises(ValueError, match=r"timezone\.utc"):
        client.api_keys.create(name="CI", expires_at=naive)
    with pytest.raises(ValueError, match=r"timezone\.utc"):
        client.usage.history(from_=naive)
    assert server.seen == []


@pytest.mark.parametrize(
    ("body", "error"),
    [({"a": float("nan")}, ValueError), ({"a": "\ud800"}, ValueError), ({"a": {1}}, TypeError)],
)
def test_what_is_not_json_is_refused(
    client: Anthyx, server: Loopback, body: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        client.request("POST", "/thing", json=body)
    assert server.seen == []


def test_if_match_is_sent(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(samples.brand(), headers={"ETag": '"3"'}))
    brand = client.brands.get("brand_1")
    client.brands.update(brand, name="New", if_match=brand)
    client.brands.archive(brand, if_match='"2"')
    client.brands.delete(brand, if_match=brand.response.etag)
    assert [seen.headers.get("if-match") for seen in server.seen] == [None, '"3"', '"2"', '"3"']


def test_a_record_from_a_list_cannot_be_matched(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(samples.page(samples.brand()), headers={"ETag": '"list"'}))
    brand = client.brands.list().page().data[0]
    with pytest.raises(ValueError, match="list"):
        client.brands.update(brand, name="New", if_match=brand)
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "answer",
    [
        html(200),
        html(502),
        html(404),
        raw(200, b"{", {}),
        raw(200, json.dumps(samples.brand()).encode(), {"Content-Type": "text/html"}),
        ok([]),
        ok({"id": 1}),
        ok({}, 302),
    ],
    ids=["HTML 200", "HTML 502", "HTML 404", "no JSON", "text", "a list", "half", "redirect"],
)
def test_what_is_not_the_apis_answer_is_one_kind_of_error(
    client: Anthyx, server: Loopback, answer: Answer
) -> None:
    server.answers(answer)
    with pytest.raises(APIResponseError, match="not the API's") as raised:
        client.brands.get("brand_1")
    assert raised.value.status in {200, 302, 404, 502}
    assert raised.value.response is not None


def test_logs_have_method_path_status_and_ids_only(
    client: Anthyx, server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "anthyx")
    server.answers(ok(samples.brand(), headers={"X-Request-Id": "req_7"}))
    client.brands.create(name="a secret name")
    client.request("GET", "/thing", query={"q": "a secret name"})
    lines = [each.getMessage() for each in caplog.records if each.name == "anthyx"]
    assert lines == [
        "POST /brands: 200 in 0 ms (try 1, request req_7)",
        "GET /thing: 200 in 0 ms (try 1, request req_7)",
    ]


def test_the_key_is_in_no_error_repr_or_log(
    client: Anthyx, server: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers(problem(401, "invalid_api_key", detail=f"{KEY} is wrong"))
    with pytest.raises(APIError) as raised:
        client.whoami()
    shown = "".join(traceback.format_exception(raised.value))
    assert KEY not in shown + repr(raised.value) + repr(client) + caplog.text
    assert "anthyx_test_… is wrong" in shown
    assert KEY not in repr(client.brands)
