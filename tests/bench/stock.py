"""The stock application: the usual libraries as they come, doing the work that ours does."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

from flask import Flask, Response, abort, g, jsonify, request
from flask_limiter import Limiter
from flask_sqlalchemy import SQLAlchemy
from marshmallow import fields
from sqlalchemy import select

from anthyx_server import clock, keys
from anthyx_server.brands import Brand
from anthyx_server.brands.schemas import BrandSchema
from anthyx_server.config import Settings
from anthyx_server.posts.answers import PostSchema
from anthyx_server.posts.models import Post, PostTarget
from anthyx_server.workspaces import Workspace
from anthyx_server.workspaces.schemas import WorkspaceSchema

_LIMITS = ["1000000000 per minute", "1000000000 per day"]
_FORBIDDEN = 403
_UNAUTHORIZED = 401


class _StockPostSchema(PostSchema):
    metadata = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, attribute="metadata_"
    )


class _StockBrandSchema(BrandSchema):
    metadata = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, attribute="metadata_"
    )


def stock(settings: Settings, _workspace_id: str) -> Flask:
    """Flask, the key's row by the ORM, Flask-Limiter with two windows and headers, marshmallow."""
    app = Flask("stock")
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.database_url
    db = SQLAlchemy(app)
    hasher = keys.Hasher(settings.key_peppers)

    @app.before_request
    def authenticate() -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        digest = hasher.digest(token)
        key = db.session.scalar(select(keys.ApiKey).where(keys.ApiKey.digest == digest))
        if key is None or not key.is_in_force(clock.now()):
            abort(_UNAUTHORIZED)
        address = ip_address(request.remote_addr or "")
        networks = map(ip_network, key.ip_allowlist or ())
        if key.ip_allowlist is not None and not any(address in network for network in networks):
            abort(_FORBIDDEN)
        g.key = key

    # After the hook above, which it needs; two fixed windows are two round trips each for hits
    # and for headers.
    Limiter(
        lambda: g.key.family_id,
        app=app,
        default_limits=[*_LIMITS],
        headers_enabled=True,
        storage_uri=settings.redis_url.replace("unix:", "redis+unix:", 1),
    )
    _add_views(app, db)
    return app


def _add_views(app: Flask, db: SQLAlchemy) -> None:
    brand_list, workspace_schema = _StockBrandSchema(many=True), WorkspaceSchema()

    @app.get("/v1/brands")
    def list_brands() -> Response:
        if "brands:read" not in g.key.scopes:
            abort(_FORBIDDEN)
        limit = request.args.get("limit", 25, type=int)
        query = (
            select(Brand)
            .where(Brand.workspace_id == g.key.workspace_id, Brand.mode == g.key.mode)
            .order_by(Brand.id.desc())
            .limit(limit + 1)
        )
        found = db.session.scalars(query).all()
        page, has_more = found[:limit], len(found) > limit
        answer: dict[str, Any] = {"data": brand_list.dump(page), "has_more": has_more}
        return jsonify(answer | {"next_cursor": page[-1].id if has_more else None})

    _add_posts(app, db)

    @app.get("/v1/workspace")
    def get_workspace() -> Response:
        workspace = db.session.get(Workspace, g.key.workspace_id)
        return jsonify(workspace_schema.dump(workspace))


def _add_posts(app: Flask, db: SQLAlchemy) -> None:
    post_list = _StockPostSchema(many=True)

    @app.get("/v1/posts")
    def list_posts() -> Response:
        if "posts:read" not in g.key.scopes:
            abort(_FORBIDDEN)
        limit = request.args.get("limit", 25, type=int)
        query = (
            select(Post)
            .where(Post.workspace_id == g.key.workspace_id, Post.mode == g.key.mode)
            .order_by(Post.created_at.desc(), Post.id.desc())
            .limit(limit + 1)
        )
        found: Any = db.session.scalars(query).all()
        page, has_more = found[:limit], len(found) > limit
        # What a relationship loads with `selectinload`.
        ids = [post.id for post in page]
        targets = select(PostTarget).where(PostTarget.post_id.in_(ids))
        of_posts: dict[str, list[PostTarget]] = {}
        for target in db.session.scalars(targets.order_by(PostTarget.position)):
            of_posts.setdefault(target.post_id, []).append(target)
        for post in page:
            post.targets = of_posts.get(post.id, [])
            post.review = {
                "status": post.review_status,
                "by": post.review_by,
                "at": post.review_at,
                "comment": post.review_comment,
            }
        answer: dict[str, Any] = {"data": post_list.dump(page), "has_more": has_more}
        return jsonify(answer | {"next_cursor": page[-1].id if has_more else None})
