"""The ready pieces in real Flask, Django and FastAPI applications: 400, or the typed event."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

import django
import httpx
import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient as DjangoAsyncClient
from django.test import Client as DjangoClient
from django.test import override_settings
from django.urls import path
from fastapi import Depends, FastAPI
from flask import Flask
from flask.typing import ResponseReturnValue

from anthyx import AnyEvent, BrandUpdated
from anthyx.webhooks.django import webhook as django_webhook
from anthyx.webhooks.fastapi import webhook as fastapi_webhook
from anthyx.webhooks.flask import webhook as flask_webhook
from tests.webhooks.signing import NEXT, OTHER, SECRET, delivery, event_body

Secret = Any


class Answer(NamedTuple):
    """What came back: the status, the type of the content, and the content."""

    status: int
    kind: str
    body: bytes


class Shop:
    """What a receiver does: each event once, whatever comes twice."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.seen: set[str] = set()

    def take(self, event: AnyEvent) -> None:
        """The documented pattern; where there is a database, `seen` is a unique column."""
        assert isinstance(event, BrandUpdated)
        if event.id in self.seen:
            return
        self.seen.add(event.id)
        self.handled.append(event.id)


Post = Callable[[bytes, dict[str, str]], Answer]
Start = Callable[[Shop, Secret], Post]


def in_flask(shop: Shop, secret: Secret) -> Post:
    app = Flask("shop")

    @app.post("/hooks/<place>")
    @flask_webhook(secret)
    def on_event(event: AnyEvent, place: str) -> ResponseReturnValue:
        assert place == "anthyx"
        shop.take(event)
        return "", 204

    def post(body: bytes, headers: dict[str, str]) -> Answer:
        answer = app.test_client().post("/hooks/anthyx", data=body, headers=headers)
        return Answer(answer.status_code, answer.content_type, answer.data)

    return post


def in_flask_async(shop: Shop, secret: Secret) -> Post:
    app = Flask("shop")

    @app.post("/hooks")
    @flask_webhook(secret)
    async def on_event(event: AnyEvent) -> ResponseReturnValue:
        shop.take(event)
        return "", 204

    def post(body: bytes, headers: dict[str, str]) -> Answer:
        answer = app.test_client().post("/hooks", data=body, headers=headers)
        return Answer(answer.status_code, answer.content_type, answer.data)

    return post


def in_django(shop: Shop, secret: Secret) -> Post:
    @django_webhook(secret)
    def on_event(request: HttpRequest, event: AnyEvent, place: str) -> HttpResponse:
        assert (request.method, place) == ("POST", "anthyx")
        shop.take(event)
        return HttpResponse(status=204)

    def post(body: bytes, headers: dict[str, str]) -> Answer:
        urls = (path("hooks/<place>", on_event),)
        with override_settings(ROOT_URLCONF=urls):
            answer = DjangoClient(enforce_csrf_checks=True).post(
                "/hooks/anthyx", body, headers["Content-Type"], headers=without_type(headers)
            )
        return Answer(answer.status_code, answer["Content-Type"], answer.content)

    return post


def in_django_asgi(shop: Shop, secret: Secret) -> Post:
    @django_webhook(secret)
    async def on_event(_request: HttpRequest, event: AnyEvent) -> HttpResponse:
        shop.take(event)
        return HttpResponse(status=204)

    async def send(body: bytes, headers: dict[str, str]) -> Answer:
        with override_settings(ROOT_URLCONF=(path("hooks", on_event),)):
            answer = await DjangoAsyncClient(enforce_csrf_checks=True).post(
                "/hooks", body, headers["Content-Type"], headers=without_type(headers)
            )
        return Answer(answer.status_code, answer["Content-Type"], answer.content)

    return lambda body, headers: run(send(body, headers))


def in_fastapi(shop: Shop, secret: Secret) -> Post:
    app = FastAPI()
    verified = fastapi_webhook(secret)

    @app.post("/hooks", status_code=204)
    async def on_event(event: AnyEvent = Depends(verified)) -> None:  # noqa: B008, FAST002
        shop.take(event)

    async def send(body: bytes, headers: dict[str, str]) -> Answer:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
            answer = await client.post("/hooks", content=body, headers=headers)
        return Answer(answer.status_code, answer.headers.get("content-type", ""), answer.content)

    return lambda body, headers: run(send(body, headers))


def run(coroutine: Coroutine[Any, Any, Answer]) -> Answer:
    return asyncio.run(coroutine)


def without_type(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "Content-Type"}


@pytest.fixture(scope="module", autouse=True)
def configured_django() -> None:
    if not settings.configured:
        settings.configure(
            ALLOWED_HOSTS=["testserver"],
            MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
            SECRET_KEY="of a test",
        )
        django.setup()


@pytest.fixture(params=[in_flask, in_flask_async, in_django, in_django_asgi, in_fastapi])
def start(request: pytest.FixtureRequest) -> Start:
    start: Start = request.param
    return start


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_good_webhook_is_handled(start: Start, shop: Shop) -> None:
    body = event_body(name="Zürich 🥖")
    assert start(shop, SECRET)(body, delivery(body)).status == 204
    assert shop.handled == ["evt_1"]


def test_a_forged_webhook_is_refused(start: Start, shop: Shop) -> None:
    post, body = start(shop, SECRET), event_body()
    forged = body.replace(b"Acme", b"Evil")
    unsigned = {"Content-Type": "application/json"}
    for headers in (delivery(body), unsigned, {**unsigned, "X-Anthyx-Signature": "sha256=0"}):
        answer = post(forged, headers)
        assert answer.status == 400
        assert json.loads(answer.body)["detail"]
        assert "json" in answer.kind
    assert shop.handled == []


def test_a_stale_webhook_is_refused(start: Start, shop: Shop) -> None:
    body = event_body()
    answer = start(shop, SECRET)(body, delivery(body, age=1000))
    assert answer.status == 400
    assert "s ago" in json.loads(answer.body)["detail"]
    assert shop.handled == []


def test_a_captured_webhook_without_its_time_is_refused(start: Start, shop: Shop) -> None:
    body = event_body()
    captured = {
        name: value
        for name, value in delivery(body, age=1000).items()
        if not name.startswith("webhook-")
    }
    assert start(shop, SECRET)(body, captured).status == 400
    assert shop.handled == []


def test_a_replayed_webhook_is_accepted_and_handled_once(start: Start, shop: Shop) -> None:
    post, body = start(shop, SECRET), event_body()
    assert [post(body, delivery(body, age=age)).status for age in (2, 2, 0)] == [204] * 3
    assert shop.handled == ["evt_1"]


@pytest.mark.parametrize(
    "secret", [[OTHER, NEXT], lambda: NEXT, lambda: [NEXT]], ids=["list", "function", "functions"]
)
def test_secrets_in_all_shapes(start: Start, shop: Shop, secret: Secret) -> None:
    body = event_body()
    post = start(shop, secret)
    assert post(body, delivery(body, next_=NEXT)).status == 204
    assert post(body, delivery(body)).status == 400
    assert shop.handled == ["evt_1"]


def test_a_secret_that_was_not_set_lets_nothing_in(start: Start, shop: Shop) -> None:
    body = event_body()
    nothings: list[Secret] = ["", None, []]
    post = start(shop, lambda: nothings[0])
    while nothings:
        assert post(body, delivery(body)).status == 400
        del nothings[0]
    assert shop.handled == []
