"""The applications beside which this repository is measured; `stock` has a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import orjson
from flask import Flask, Response, request
from sqlalchemy import select

from anthyx_server import db
from anthyx_server.app import create_app
from anthyx_server.brands import Brand, service
from anthyx_server.brands.schemas import BrandSchema
from anthyx_server.brands.views import present
from anthyx_server.config import Settings
from anthyx_server.posts import listing
from anthyx_server.posts.schemas import ListPostsQuerySchema
from anthyx_server.tenancy import system_caller
from tests.bench.stock import stock

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
_HELLO = {"hello": "world"}
_BRAND_ATTRIBUTES = ["metadata_" if name == "metadata" else name for name in BrandSchema().fields]


def callable_alone(_settings: Settings, _workspace_id: str) -> WsgiApp:
    """No framework: what the web server alone costs."""
    body = orjson.dumps(_HELLO)
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]

    def application(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", headers)
        return [body]

    return application


def bare_flask(_settings: Settings, _workspace_id: str) -> WsgiApp:
    """Flask with one view that answers a constant."""
    app = Flask("bare")

    @app.get("/")
    def hello() -> dict[str, str]:
        return _HELLO

    return app


def view_by_hand(settings: Settings, workspace_id: str) -> WsgiApp:
    """The SQL and the JSON of our list as one writes them by hand, and nothing around them."""
    app = _naked(settings)
    columns = tuple(getattr(Brand, name) for name in _BRAND_ATTRIBUTES)

    @app.get("/v1/brands")
    def list_brands() -> Response:
        db.read_only()
        limit = request.args.get("limit", 25, type=int)
        query = (
            select(*columns)
            .where(Brand.workspace_id == workspace_id, Brand.mode == "live")
            .order_by(Brand.id.desc())
            .limit(limit + 1)
        )
        rows = db.db.session.execute(query).all()
        data = [present(cast("Brand", row)) for row in rows[:limit]]
        has_more = len(rows) > limit
        cursor = rows[limit - 1].id if has_more else None
        page = {"data": data, "has_more": has_more, "next_cursor": cursor}
        return Response(orjson.dumps(page), content_type="application/json")

    return app


def naked_view(settings: Settings, workspace_id: str) -> WsgiApp:
    """The same, by the very functions that our list runs: what is left is our overhead."""
    app = _naked(settings)
    caller = system_caller(workspace_id, "live")

    @app.get("/v1/brands")
    def list_brands() -> Response:
        limit = request.args.get("limit", 25, type=int)
        arguments = {"limit": limit, "cursor": None, "status": None, "sort": "-created_at"}
        page = service.list_page(caller, arguments)
        return Response(orjson.dumps(page), content_type="application/json")

    defaults: dict[str, Any] = ListPostsQuerySchema().load({})

    @app.get("/v1/posts")
    def list_posts() -> Response:
        limit = request.args.get("limit", 25, type=int)
        page = listing.list_page(caller, {**defaults, "limit": limit})
        return Response(orjson.dumps(page), content_type="application/json")

    return app


def _naked(settings: Settings) -> Flask:
    app = Flask("naked")
    db.init_db(app, settings.database_url)
    app.extensions["anthyx_secret_key"] = settings.secret_key.encode()
    return app


def ours(settings: Settings, _workspace_id: str) -> WsgiApp:
    """The product."""
    return create_app(settings)


APPLICATIONS: dict[str, Callable[[Settings, str], WsgiApp]] = {
    "wsgi": callable_alone,
    "bare": bare_flask,
    "by-hand": view_by_hand,
    "naked": naked_view,
    "stock": stock,
    "ours": ours,
}
