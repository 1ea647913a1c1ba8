"""Two workspaces with rows in every table, and those who try to reach the rows of one of them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask
from marshmallow import Schema, ValidationError, fields

from anthyx_server import db
from anthyx_server.db import Base, OwnedByWorkspace
from anthyx_server.events import Event
from anthyx_server.fields import Id
from anthyx_server.ids import new_id
from anthyx_server.keys import DEFAULT_SCOPES
from anthyx_server.operations import Operation, operations
from anthyx_server.posts import editing
from anthyx_server.posts.schemas import CreatePostSchema
from anthyx_server.webhooks.models import WebhookDelivery
from tests.isolation.seeds import BODIES, LISTED, PATH_IDS, SEEDERS
from tests.support.apps import Account, make_account

KINDS = ("another workspace", "the other mode", "another brand")
HOME_MARK = 987_654_321
OTHER_MARK = 123_456
_PATH_ID = re.compile(r"<(\w+)>")

OPERATIONS = [each for each in operations() if each.view.__module__.startswith("anthyx_server.")]

Rows = dict[tuple[str, ...], str]


@dataclass(frozen=True)
class World:
    """`home` owns what is to be reached; the others own rows of the same kinds."""

    app: Flask
    home: Account
    home_ids: dict[type[OwnedByWorkspace], str]
    elsewhere: Account
    test_mode: Account
    other_brand_id: str

    @functools.cached_property
    def intruders(self) -> dict[str, Account]:
        """Those who must not get at home's rows, by kind."""
        return {kind: self.intruder(kind) for kind in KINDS}

    def intruder(self, kind: str) -> Account:
        """One more of a kind, with a new key."""
        if kind == "another workspace":
            return self.elsewhere.with_key()
        if kind == "the other mode":
            return self.test_mode.with_key()
        return self.home.with_key(brand_ids=[self.other_brand_id], scopes=list(DEFAULT_SCOPES))

    def foreign(self, intruder: Account) -> set[str]:
        """The words that no answer to this intruder may hold, unless they were in the question."""
        words = {str(HOME_MARK), *self.home_ids.values()}
        # What belongs to the other brand, its key may see.
        rows = {key for key, row in self.home_rows().items() if self.other_brand_id not in row}
        words |= {part for key in rows for part in key[1:]}
        allowed = {intruder.key_id, self.other_brand_id, "live", "test", ""}
        if intruder.workspace_id != self.home.workspace_id:
            return words - allowed
        return words - allowed - {self.home.workspace_id} - self._told_with_the_brand()

    def _told_with_the_brand(self) -> set[str]:
        """What the other brand's own events tell: their ids, which key acted, where they go."""
        made = sa.select(Event.id).where(Event.brand_id == self.other_brand_id)
        sent = sa.select(WebhookDelivery.endpoint_id)
        sent = sent.where(WebhookDelivery.brand_id == self.other_brand_id)
        with self.app.app_context():
            ids = db.db.session.scalars(made).all(), db.db.session.scalars(sent).all()
            return {self.home.key_id, *ids[0], *ids[1]}

    def home_rows(self, besides: str | None = None) -> Rows:
        """Home's rows by table and primary key.

        With `besides` less those that tell of this key, or of the brand that it may write to.
        How far the feed and the audit log have come is left out too: both move on with whatever
        that key does.
        """
        found: Rows = {}
        # What belongs to no workspace is told to nobody.
        moving = {"event_feeds", "audit_heads", "webhook_hosts", "webhook_marks", "wanted_resets"}
        tables = [each for each in Base.metadata.sorted_tables if each.name not in moving]
        with self.app.app_context():
            for table in tables:
                for row in db.db.session.execute(_owned_rows(table, self.home)):
                    names = [column.name for column in table.primary_key]
                    values = [str(getattr(row, name)) for name in names]
                    found[table.name, *values] = repr(tuple(row))
        if besides is None:
            return found
        own = {besides, self.other_brand_id}
        # A queue names nothing but its endpoint.
        made = {at[1] for at, row in found.items() if at[0] == "webhook_endpoints"
                and any(word in row for word in own)}  # fmt: skip
        own |= made
        return {at: row for at, row in found.items() if not any(word in row for word in own)}


def make_world(app: Flask) -> World:
    """Seed both workspaces; home's in both modes."""
    home, elsewhere = make_account(app), make_account(app)
    test_mode = home.with_key(mode="test")
    home_ids = seed(home, HOME_MARK)
    seed(elsewhere, OTHER_MARK)
    seed(test_mode, OTHER_MARK)
    other_brand: dict[str, str] = home.post("/brands", json={"name": "The other"}).get_json()
    with app.app_context(), db.transaction():
        editing.create(home.caller, CreatePostSchema().load({"brand_id": other_brand["id"]}))
    return World(app, home, home_ids, elsewhere, test_mode, other_brand["id"])


def seed(account: Account, mark: int) -> dict[type[OwnedByWorkspace], str]:
    """A row in every table; the ids of those that have one."""
    made = {model: seeder(account, mark) for model, seeder in SEEDERS.items()}
    return {model: row_id for model, row_id in made.items() if row_id}


def models(base: type[OwnedByWorkspace] = OwnedByWorkspace) -> Iterator[type[OwnedByWorkspace]]:
    """Every table of the server that a workspace owns."""
    for model in base.__subclasses__():
        if model.__module__.startswith("anthyx_server."):
            yield model
        yield from models(model)


def rows_of(account: Account, model: type[OwnedByWorkspace]) -> int:
    """How many rows of a table this workspace has in this mode."""
    query = sa.select(sa.func.count()).select_from(model)
    query = query.where(model.workspace_id == account.workspace_id, model.mode == account.mode)
    with account.app.app_context():
        return db.db.session.scalar(query) or 0


def path_ids(operation: Operation) -> list[str]:
    """The names of the ids in an operation's path."""
    return _PATH_ID.findall(operation.path)


def send(
    account: Account,
    operation: Operation,
    ids: dict[type[OwnedByWorkspace], str],
    **options: Any,
) -> Any:
    """Ask for an operation with its example body, the path's ids taken from `ids`.

    Ids in the body are taken from there too, or else from what the account has.
    """
    path = _PATH_ID.sub(lambda found: ids[PATH_IDS[found[1]]], operation.path)
    body = {**BODIES.get(operation.id, {}), **options.pop("extra", {})}
    if operation.body is not None:
        body = {name: _with_ids(account, value, ids) for name, value in body.items()}
        options["json"] = body if operation.most_items is None else [body]
    return account.request(operation.method, path, **options)


def _with_ids(account: Account, value: Any, ids: dict[type[OwnedByWorkspace], str]) -> Any:
    """A value of a body, with ids where it has tables."""
    if isinstance(value, list):
        return [_with_ids(account, each, ids) for each in value]
    return ids.get(value) or _own(account, value) if isinstance(value, type) else value


def _own(account: Account, model: type[OwnedByWorkspace]) -> str:
    """The newest row of a table that the account's key may see."""
    newest: str = account.get(f"{LISTED[model]}?limit=1").get_json()["data"][0]["id"]
    return newest


def id_fields(schema: type[Schema] | None) -> dict[str, fields.Field[Any]]:
    """The fields of a schema that take ids, alone or in a list."""
    named = schema().fields if schema is not None else {}
    return {
        field.data_key or name: field
        for name, field in named.items()
        if isinstance(field.inner if isinstance(field, fields.List) else field, Id)
    }


def accepted(field: fields.Field[Any], ids: Iterable[str]) -> Any:
    """Those of the ids that a field takes by their prefix, as the field wants them.

    Members are no rows of a mode, and there are no media yet: any id of theirs is a stranger's.
    """
    is_list = isinstance(field, fields.List)
    for each in (*ids, new_id("usr"), new_id("media")):
        value = [each] if is_list else each
        try:
            field.deserialize(value)
        except ValidationError:
            continue
        return value
    raise AssertionError(f"no seeded row has an id that {field} takes: seed one")


def _owned_rows(table: sa.Table, owner: Account) -> sa.Select[Any]:
    query = sa.select(table)
    if table.name == "workspaces":
        return query.where(table.c.id == owner.workspace_id)
    if "workspace_id" not in table.c:
        members = Base.metadata.tables["members"]
        own = sa.select(members.c.id).where(members.c.workspace_id == owner.workspace_id)
        query = query.where(table.c.member_id.in_(own))
    else:
        query = query.where(table.c.workspace_id == owner.workspace_id)
    return query.where(table.c.mode == owner.mode) if "mode" in table.c else query
