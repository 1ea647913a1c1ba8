"""One declaration per operation, and the edge that runs it: inputs, one commit, the answer."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypedDict, Unpack, cast

import orjson
from flask import Blueprint, Response, g, has_request_context, request
from marshmallow import Schema
from werkzeug.datastructures import Headers

from anthyx_server import conditional, csv_answers, db, idempotency, inputs
from anthyx_server.errors import ApiError, NotFound
from anthyx_server.tenancy import Caller

# What a payload is as a table: the names of the columns, and the rows.
AsTable = Callable[[dict[str, Any]], tuple[Sequence[str], Iterable[Sequence[Any]]]]

WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_registry: dict[str, Operation] = {}


class InsufficientScope(ApiError):
    """The key lacks a scope; `required_scopes` names what it needs."""

    status, code, title = 403, "insufficient_scope", "Key lacks a scope"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a view answers; the edge turns it into a response.

    `secret` is put into the payload as `secret` and never stored in the clear. `then` is called
    once the write has committed, without a transaction, and may wait; what it replies is answered.
    An Idempotency-Key keeps the reply that the write was committed with.
    """

    payload: dict[str, Any] | None
    status: int = 200
    etag: str | None = None
    location: str | None = None
    secret: str | None = field(default=None, repr=False)
    then: Callable[[], Reply] | None = None


class Options(TypedDict, total=False):
    """What an operation may say of itself; what it leaves out is as `Operation` has it."""

    scope: str
    query: type[Schema]
    body: type[Schema]
    is_body_optional: bool
    most_items: int
    returns: Schema
    status: int
    also: Mapping[int, Schema]
    is_list: bool
    is_conditional: bool
    is_public: bool
    is_counted: bool
    uncounted_with: str
    settles_revocation: bool
    is_noted: bool
    prepare: Callable[[], None]
    csv: AsTable
    errors: tuple[type[ApiError], ...]


@dataclass(frozen=True)
class Operation:
    """One method on one path, as the edge runs it and OpenAPI describes it.

    `is_counted` False leaves the windows alone, and so does a request with the query parameter
    `uncounted_with`; `settles_revocation` marks answers that must not be replayed before a
    revocation holds everywhere; `csv` turns the payload of an operation that reads into a table,
    for those who prefer CSV. With `most_items` the body is an array of one to so many of what
    `body` describes. `also` says what answers with other statuses of success show. A GET that
    `is_noted` leaves an entry on the audit log, and answers only once that is committed. `prepare`
    is called before a transaction begins: for what takes long, such as asking others. It refuses
    nothing, since the request may have been answered before.
    """

    id: str
    method: str
    path: str
    view: Callable[..., Reply]
    tag: str
    scope: str | None = None
    query: type[Schema] | None = None
    body: type[Schema] | None = None
    is_body_optional: bool = False
    most_items: int | None = None
    returns: Schema | None = None
    status: int = 200
    also: Mapping[int, Schema] = field(default_factory=dict)
    is_list: bool = False
    is_conditional: bool = False
    is_public: bool = False
    is_counted: bool = True
    uncounted_with: str | None = None
    settles_revocation: bool = False
    is_noted: bool = False
    prepare: Callable[[], None] | None = None
    csv: AsTable | None = None
    errors: tuple[type[ApiError], ...] = ()

    @property
    def is_writing(self) -> bool:
        """True where the operation may change something."""
        return self.method in WRITING

    def counts(self) -> bool:
        """True where the request at hand counts against the windows."""
        is_spared = self.uncounted_with is not None and self.uncounted_with in request.args
        return self.is_counted and not is_spared

    @property
    def summary(self) -> str:
        """The first line of the view's docstring, without its period."""
        return (self.view.__doc__ or "").strip().partition("\n")[0].rstrip(".")

    @property
    def description(self) -> str:
        """The rest of the view's docstring, in one line."""
        return " ".join((self.view.__doc__ or "").strip().partition("\n")[2].split())


def operation(
    blueprint: Blueprint, method: str, path: str, **options: Unpack[Options]
) -> Callable[[Callable[..., Reply]], Callable[..., Reply]]:
    """Declare a view as an operation of the API.

    The view is called with `caller` (unless `is_public`), the path's ids, and `query` and `body`
    where schemas for them are given (a PATCH gets the patch as it came, and where the body is an
    array, its items are as they came); its name is the
    operationId, its docstring what the documentation says.
    """

    def declare(view: Callable[..., Reply]) -> Callable[..., Reply]:
        declared = Operation(view.__name__, method, path, view, blueprint.name, **options)
        _registry[f"{blueprint.name}.{view.__name__}"] = declared
        blueprint.add_url_rule(
            path,
            endpoint=view.__name__,
            view_func=_edge(declared),
            methods=[method],
            provide_automatic_options=False,
        )
        return view

    return declare


def operation_of(endpoint: str | None) -> Operation | None:
    """The operation behind a Flask endpoint."""
    return _registry.get(endpoint or "")


def operations() -> list[Operation]:
    """All operations that were declared."""
    return list(_registry.values())


def _edge(declared: Operation) -> Callable[..., Response]:
    query_schema = declared.query() if declared.query else None
    body_schema = declared.body() if declared.body else None

    @functools.wraps(declared.view)
    def run(**path: str) -> Response:
        caller = None if declared.is_public else cast("Caller", g.caller)
        if caller is not None:
            require_scope(caller, declared.scope)
        if path and _has_encoded_slash():
            raise NotFound("There is nothing at this path.")
        arguments: dict[str, Any] = {**path} if caller is None else {**path, "caller": caller}
        if not declared.is_writing and not declared.is_noted:
            db.read_only()
            reply = _call(declared, arguments, query_schema, body_schema)
            return _respond(reply) if declared.csv is None else _negotiate(reply, declared.csv)
        if declared.prepare is not None:
            declared.prepare()
        return _write(
            declared, caller, lambda: _call(declared, arguments, query_schema, body_schema)
        )

    return run


def _has_encoded_slash() -> bool:
    """True where `%2F` stands for a slash: an id that holds one must not reach another route."""
    return "%2f" in request.environ.get("RAW_URI", "").partition("?")[0].lower()


def require_scope(caller: Caller, *scopes: str | None) -> None:
    """Check that the caller holds every scope; the second look asks for the same ones.

    Raises:
        InsufficientScope: it doesn't; the document names all that are required.
    """
    needed = {scope for scope in scopes if scope is not None}
    if not needed <= caller.scopes:
        required = sorted(needed)
        raise InsufficientScope(
            f"This needs a key with {' and '.join(required)}.",
            extra={"required_scopes": required},
        )
    if has_request_context():
        g.required_scopes = required_scopes() | needed


def required_scopes() -> frozenset[str]:
    """The scopes that this request has needed so far."""
    required: frozenset[str] = g.get("required_scopes", frozenset())
    return required


def _call(
    declared: Operation,
    arguments: dict[str, Any],
    query_schema: Schema | None,
    body_schema: Schema | None,
) -> Reply:
    query = inputs.read_query(request, query_schema)
    if query_schema is not None:
        arguments["query"] = query
    if body_schema is not None:
        value = inputs.read_json(request, optional=declared.is_body_optional)
        arguments["body"] = _checked(declared, body_schema, value)
    elif declared.is_writing:
        inputs.refuse_body(request)
    return declared.view(**arguments)


def _checked(declared: Operation, schema: Schema, value: Any) -> Any:
    if declared.most_items is not None:
        # Items are judged by the view, each on its own.
        return inputs.require_array(value, declared.most_items)
    if declared.method == "PATCH":
        # A merge patch is judged by the view: what must be right is the merged whole.
        return inputs.require_object(value)
    return inputs.load(schema, value)


def _write(declared: Operation, caller: Caller | None, call: Callable[[], Reply]) -> Response:
    owner = caller if declared.is_writing else None
    try:
        with idempotency.slot(owner, settles_revocation=declared.settles_revocation) as slot:
            if slot is not None and slot.stored is not None:
                return slot.stored
            reply = call()
            payload = _payload_bytes(reply)
            if slot is not None:
                slot.keep(reply.status, payload, _headers(reply), reply.secret)
            db.commit()
            g.is_committed = True
    except BaseException:
        db.rollback()
        raise
    if reply.then is None:
        return _respond(reply, payload)
    reply = reply.then()
    return _respond(reply, _payload_bytes(reply))


def _payload_bytes(reply: Reply) -> bytes:
    if reply.payload is None:
        return b""
    if reply.secret is None:
        return orjson.dumps(reply.payload)
    return orjson.dumps({**reply.payload, "secret": reply.secret})


def _headers(reply: Reply) -> dict[str, str]:
    headers = {}
    if reply.etag is not None:
        headers["ETag"] = reply.etag
    if reply.location is not None:
        headers["Location"] = reply.location
    if reply.secret is not None:
        headers["Cache-Control"] = "no-store"
    return headers


class _Answer(Response):
    """A response whose header fields are complete as soon as it is made."""

    def get_wsgi_headers(self, environ: Any) -> Headers:
        """The header fields; werkzeug would copy and search them."""
        return (
            self.headers if self.status_code == HTTPStatus.OK else super().get_wsgi_headers(environ)
        )


def _negotiate(reply: Reply, as_table: AsTable) -> Response:
    """Answer with JSON or with CSV, as the request's `Accept` prefers."""
    if reply.payload is not None and csv_answers.is_wanted(request):
        header, rows = as_table(reply.payload)
        cursor = reply.payload.get("next_cursor")
        response = csv_answers.csv_answer(header, rows, next_cursor=cursor)
    else:
        response = _respond(reply)
    response.headers["Vary"] = "Accept"
    return response


def _respond(reply: Reply, payload: bytes | None = None) -> Response:
    if reply.etag is not None and payload is None and conditional.is_unchanged(request, reply.etag):
        return Response(status=304, headers={"ETag": reply.etag})
    response = _Answer(
        _payload_bytes(reply) if payload is None else payload,
        reply.status,
        _headers(reply),
        content_type="application/json",
    )
    if reply.payload is None:
        del response.headers["Content-Type"]
    return response
