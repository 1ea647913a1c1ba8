"""Bad input over a real socket: each a 4xx problem document, whatever is broken about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.tests.api.sockets import Wire
from tests.support.apps import Account, make_account, make_settings, open_app, running_server
from tests.support.redis import throwaway_redis

pytestmark = pytest.mark.enable_socket

JSON = b"Content-Type: application/json"
BRAND = b"/v1/brands/brand_01m85b8621tp3njfh6qm82sfwd"
HUGE = [b"1e400", b"-1e400", b"1" * 400, b"%d" % 10**30, b"%d" % 2**63, b"9" * 5_000]

BODIES: dict[str, tuple[bytes, str]] = {
    "wrong type": (b'{"name": 5}', "validation_failed"),
    "unknown field": (b'{"name": "A", "nmae": "B"}', "validation_failed"),
    "no object": (b'["name"]', "validation_failed"),
    "nothing": (b"", "invalid_json"),
    "100,000 arrays": (b"[" * 100_000 + b"]" * 100_000, "invalid_json"),
    "100,000 objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "invalid_json"),
    "nested in a field": (b'{"name":"A","voice":' + b"[" * 99 + b"]" * 99 + b"}", "invalid_json"),
    "NUL": (rb'{"name": "a\u0000b"}', "validation_failed"),
    "raw NUL": (b'{"name": "a\x00b"}', "invalid_json"),
    "escaped lone surrogate": (rb'{"name": "\ud83d"}', "invalid_json"),
    "raw lone surrogate": (b'{"name": "\xed\xa0\xbd"}', "invalid_json"),
    "bad UTF-8": (b'{"name": "\xff\xfe"}', "invalid_json"),
    "overlong UTF-8": (b'{"name": "\xc0\xaf"}', "invalid_json"),
    "truncated": (b'{"name": "Acme"', "invalid_json"),
    "empty list": (b'{"name": "A", "brand_ids": []}', "validation_failed"),
    "2 MB": (b'{"name": "A"}'.ljust(2_000_000), "body_too_large"),
    **{
        f"the number {number[:12].decode()}": (
            b'{"name": "A", "expires_at": %s, "metadata": {"a": %s}}' % (number, number),
            "invalid_json" if b"e400" in number or len(number) > 300 else "validation_failed",
        )
        for number in HUGE
    },
}


@pytest.fixture(scope="module")
def account(
    module_postgresql_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Account]:
    """A workspace on PostgreSQL, which is the stricter of both."""
    directory: Path = tmp_path_factory.mktemp("bad_input")
    with throwaway_redis() as redis:
        settings = make_settings(directory, module_postgresql_url, redis.url)
        with open_app(settings) as app:
            yield make_account(app)


@pytest.fixture(scope="module")
def wire(account: Account) -> Iterator[Wire]:
    """A server over it."""
    app = account.app
    settings = make_settings(
        Path(app.instance_path),
        app.config["SQLALCHEMY_DATABASE_URI"],
        app.extensions["anthyx_redis"].url,
    )
    with running_server(settings, workers=1) as url:
        yield Wire(url, account.token)


@pytest.mark.parametrize("kind", BODIES)
def test_a_bad_body_is_4xx(wire: Wire, kind: str) -> None:
    body, code = BODIES[kind]
    assert wire.request(target=b"/v1/api-keys", body=body).problem()["code"] == code


@pytest.mark.parametrize("size", [1_000_000, 1_000_001, 2_000_000])
def test_a_body_in_chunks_is_not_cut_where_it_is_too_large(wire: Wire, size: int) -> None:
    body = (b'{"name": "%d"}' % size).ljust(size)
    parts = [body[start : start + 100_000] for start in range(0, size, 100_000)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    headers = (JSON, b"Transfer-Encoding: chunked")
    answer = wire.request(headers=headers, body=chunks + b"0\r\n\r\n")
    if size > 1_000_000:
        assert answer.problem()["code"] == "body_too_large"
    else:
        assert answer.status == 201


def test_a_body_that_ends_early(wire: Wire) -> None:
    short = (JSON, b"Content-Length: 100")
    assert wire.request(headers=short, body=b'{"name"').problem()["code"] == "bad_request"
    chunked = (JSON, b"Transfer-Encoding: chunked")
    for body in (b"5\r\n{", b"zz\r\n", b"5\r\n{}"):
        assert wire.request(headers=chunked, body=body).problem()["code"] == "bad_request"


TYPES = [b"text/plain", b"application/xml", b"application/x-www-form-urlencoded", b"\xff", b";;;"]


def test_a_wrong_content_type_is_415(wire: Wire) -> None:
    for headers in ((), *((b"Content-Type: " + each,) for each in TYPES)):
        answer = wire.request(headers=headers, body=b'{"name": "A"}')
        assert answer.problem()["code"] == "unsupported_media_type"


TOKEN = b"anthyx_live_00000000000000000000000000000000"
REPEATED = {
    "Content-Type": (JSON, JSON),
    "Idempotency-Key": (JSON, b"Idempotency-Key: a", b"Idempotency-Key: b"),
    "the same Idempotency-Key": (JSON, b"Idempotency-Key: a", b"idempotency-key: a"),
    "Content-Length": (JSON, b"Content-Length: 13", b"Content-Length: 13"),
    "another Content-Length": (JSON, b"Content-Length: 13", b"Content-Length: 12"),
    "Authorization": (JSON, b"Authorization: Bearer " + TOKEN),
    "lengths and chunks": (JSON, b"Content-Length: 13", b"Transfer-Encoding: chunked"),
}


@pytest.mark.parametrize("kind", REPEATED)
def test_a_header_that_may_stand_once_is_not_repeated(wire: Wire, kind: str) -> None:
    answer = wire.request(headers=REPEATED[kind], body=b'{"name": "A"}')
    assert answer.problem()["code"] == "bad_request"


def test_bad_bytes_in_headers(wire: Wire) -> None:
    odd = [b"\xff", b"\xc3\xa4", b"a b", b"a" * 256, b"\x80" * 20]
    for value in odd:
        headers = (JSON, b"Idempotency-Key: " + value)
        document = wire.request(headers=headers, body=b'{"name": "A"}').problem()
        assert document["errors"][0]["header"] == "Idempotency-Key"
    for value in (b"Bearer \xff\xfe", b"Bearer", b"", b"Basic YTpi", b"Bearer " + b"a" * 8_000):
        answer = wire.request(authorization=b"Authorization: " + value, body=b"{}")
        assert answer.problem()["status"] == 401
    for value in (b"\xff", b'"\xff"', b"," * 4_000):
        headers = (JSON, b"If-Match: " + value)
        assert wire.request(b"PATCH", BRAND, headers, b"{}").problem()["status"] == 404
    for value in (b"a\x00b", b"a\rb", b"a\x0bb"):
        headers = (JSON, b"Idempotency-Key: " + value)
        answer = wire.request(headers=headers, body=b'{"name": "A"}')
        assert answer.problem()["status"] in {400, 422}


TARGETS = {
    b"/v1/brands/%00": 404,
    b"/v1/brands/%ff%fe": 404,
    b"/v1/brands/\xff\xfe": 400,
    b"/v1/brands/%ed%a0%80": 404,
    b"/v1/brands/%zz": 404,
    b"/v1/api-keys/%00": 404,
    b"/v1/brands/" + b"a" * 8_000: 404,
    b"/v1/brands/" + b"a" * 9_000: 400,
    b"/v1/brands/../../etc/passwd": 404,
    b"//brands": 404,
    b"/v1//brands": 404,
    b"/v1/brands?limit=" + b"9" * 4_000: 422,
    b"/v1/brands?limit=1e400": 422,
    b"/v1/brands?limit=5&limit=6": 422,
    b"/v1/brands?status=%ff": 422,
    b"/v1/brands?status=\xff": 400,
    b"/v1/brands?%00=%00": 422,
    b"/v1/brands?cursor=": 400,
    b"/v1/brands?cursor=%00": 400,
    b"/v1/brands?cursor=" + b"A" * 7_000: 400,
    b"/v1/brands?cursor=W10": 400,
    b"/v1/brands?cursor=%ed%a0%80": 400,
    b"/v1/usage/history?key_id=%00": 422,
    b"/v1/usage/history?from=9999-99-99T99:99:99Z": 422,
    b"/v1/usage/history?from=0000-01-01T00:00:00Z": 422,
    b"/v1/usage/history?from=2026-01-01T00:00:00%2B99:99": 422,
    b"/v1/openapi.json?x": 422,
}


@pytest.mark.parametrize("target", TARGETS, ids=lambda each: f"{each[:40]!r} {len(each)}")
def test_a_bad_target_is_4xx(wire: Wire, target: bytes) -> None:
    assert wire.request(b"GET", target, ()).problem()["status"] == TARGETS[target]


def test_odd_methods_are_405(wire: Wire) -> None:
    for method in (b"PUT", b"OPTIONS", b"TRACE", b"PROPFIND", b"BREW"):
        answer = wire.request(method, b"/v1/brands", ())
        assert answer.problem()["code"] == "method_not_allowed"
        assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("field", ["scopes", "ip_allowlist", "brand_ids"])
def test_an_empty_list_is_not_everything(wire: Wire, account: Account, field: str) -> None:
    body = b'{"name": "A", "%s": []}' % field.encode()
    (entry,) = wire.request(target=b"/v1/api-keys", body=body).problem()["errors"]
    assert entry["pointer"] == f"/{field}"
    if field != "brand_ids":
        target = f"/v1/api-keys/{account.key_id}".encode()
        (entry,) = wire.request(b"PATCH", target, body=body[:1] + body[14:]).problem()["errors"]
        assert entry["pointer"] == f"/{field}"


@pytest.mark.parametrize("host", [b"", b"a b", b"a/b", b"\xff", b"evil.example:99999", b"[::1"])
def test_the_host_means_nothing(wire: Wire, host: bytes) -> None:
    key = f"Authorization: Bearer {wire.token}".encode()
    lines = [b"GET /v1/workspace HTTP/1.1", b"Host: " + host, b"Connection: close", key, b"", b""]
    answer = wire.send(b"\r\n".join(lines))
    assert answer.status in {200, 400}
    assert b"evil" not in answer.body
    if answer.status == 400:
        answer.problem()


def test_what_is_left_after_all_that_works(wire: Wire) -> None:
    made = wire.request(body=b'{"name": "Acme"}')
    assert made.status == 201
    assert wire.request(b"GET", b"/v1/brands", ()).status == 200
