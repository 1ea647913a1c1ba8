"""The OpenAPI 3.1 document, made from the declared operations (https://spec.openapis.org)."""

from __future__ import annotations

import functools
import hashlib
import re
from typing import Any

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Response, request
from marshmallow import Schema, fields, missing

from anthyx_server import conditional, inputs, openapi_parts
from anthyx_server.fields import MAX_PAIRS, Metadata, Time, TimeZone, WebUrl
from anthyx_server.ids import PATTERN, prefix_of
from anthyx_server.operations import Operation, operations

blueprint = Blueprint("openapi", __name__)

VERSION = "2026-11-01"
_PATH_ID = re.compile(r"<(\w+)>")


@blueprint.get("/openapi.json", endpoint="get_openapi", provide_automatic_options=False)
def get_openapi() -> Response:
    """Serve the document; public."""
    inputs.read_query(request, None)
    etag = entity_tag()
    if conditional.is_unchanged(request, etag):
        return Response(status=304, headers={"ETag": etag})
    response = Response(document_bytes(), content_type="application/json")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@functools.cache
def document_bytes() -> bytes:
    """The document as it is served and committed: indented, keys in the order of declaration."""
    return orjson.dumps(document(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@functools.cache
def entity_tag() -> str:
    """The document's own, so that a new release is not taken for the old one."""
    return f'"{hashlib.sha256(document_bytes()).hexdigest()[:32]}"'


def document() -> dict[str, Any]:
    """Build the document."""
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(
        title="Anthyx API",
        version=VERSION,
        openapi_version="3.1.0",
        plugins=[plugin],
        info={"description": openapi_parts.DESCRIPTION},
        servers=[{"url": "https://api.useanthyx.com"}],
    )
    plugin.converter.add_attribute_function(_field_type)  # type: ignore[union-attr]
    openapi_parts.add_components(spec)
    for declared in operations():
        path = "/v1" + _PATH_ID.sub(r"{\1}", declared.path)
        spec.path(
            path=path,
            operations={declared.method.lower(): _operation(declared)},
        )
    spec.path(path="/v1/openapi.json", operations={"get": openapi_parts.DOCUMENT_OPERATION})
    return spec.to_dict()


def _schema_name(schema: type[Schema] | Schema | str) -> str:
    cls = schema if isinstance(schema, type) else type(schema)
    name: str = getattr(cls, "__name__", str(schema)).removesuffix("Schema")
    return f"{name}Patch" if getattr(schema, "partial", False) else name


def _field_type(_converter: object, field: Any, **_: Any) -> dict[str, Any]:
    """What our own fields take, where the converter can't know it."""
    if isinstance(field, WebUrl):
        return {"format": "uri"}
    if isinstance(field, TimeZone):
        return {"examples": ["Europe/Berlin"]}
    if isinstance(field, Time):
        return {"format": "date-time"}
    if isinstance(field, Metadata):
        keys = {"minLength": 1, "maxLength": field.max_key}
        return {"maxProperties": MAX_PAIRS, "propertyNames": keys}
    return {}


def _operation(declared: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": declared.id,
        "summary": declared.summary,
        "tags": [declared.tag],
        "parameters": _parameters(declared),
        "responses": _responses(declared),
    }
    if declared.description:
        described["description"] = declared.description
    if declared.body is not None:
        described["requestBody"] = _request_body(declared)
    if declared.is_public:
        described["security"] = []
    else:
        described["security"] = [{"apiKey": [declared.scope] if declared.scope else []}]
        described["x-required-scopes"] = [declared.scope] if declared.scope else []
        described["x-counts-against-limits"] = declared.is_counted
        if declared.uncounted_with is not None:
            described["x-uncounted-with-parameter"] = declared.uncounted_with
    return described


def _request_body(declared: Operation) -> dict[str, Any]:
    is_patch = declared.method == "PATCH"
    schema: Any = _as_patch(declared.body()) if is_patch and declared.body else declared.body
    if declared.most_items is not None:
        count = {"minItems": 1, "maxItems": declared.most_items}
        schema = {"type": "array", "items": schema, **count}
    media = "application/merge-patch+json" if is_patch else "application/json"
    content = {media: {"schema": schema}}
    if is_patch:
        content["application/json"] = {"schema": schema}
    return {"required": not declared.is_body_optional, "content": content}


def _as_patch(schema: Schema) -> Schema:
    """A schema as a merge patch of it: nothing is required, null resets what has a default."""
    schema.partial = True
    for field in schema.fields.values():
        field.allow_none = not field.required
        field.load_default = missing
        if isinstance(field, fields.Nested):
            _as_patch(field.schema)
        if isinstance(field, Metadata) and field.value_field is not None:
            field.value_field.allow_none = True
    return schema


def _as_query(schema: Schema) -> Schema:
    """A schema as query parameters, which are never null."""
    for field in schema.fields.values():
        field.allow_none = False
        if field.load_default is None:
            field.load_default = missing
    return schema


def _id(name: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{prefix_of(name)}_{PATTERN}$"}


def _parameters(declared: Operation) -> list[dict[str, Any] | str]:
    """The parameters; those that operations share are named, apispec makes references of them."""
    parameters: list[dict[str, Any] | str] = [
        {"name": name, "in": "path", "required": True, "schema": _id(name)}
        for name in _PATH_ID.findall(declared.path)
    ]
    if declared.query is not None:
        parameters.append({"in": "query", "schema": _as_query(declared.query())})
    names = ["RequestId"]
    if declared.is_writing and not declared.is_public:
        names.append("IdempotencyKey")
    if declared.is_conditional:
        names.append("IfMatch" if declared.is_writing else "IfNoneMatch")
    return parameters + names


def _responses(declared: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {
        "description": "Done.",
        "headers": openapi_parts.success_headers(declared),
    }
    if declared.is_list and declared.returns is not None:
        success["content"] = {"application/json": {"schema": _page(declared.returns)}}
    elif declared.returns is not None:
        success["content"] = {"application/json": {"schema": declared.returns}}
    if declared.csv is not None:
        success["content"]["text/csv"] = {"schema": {"type": "string"}}
    responses: dict[str, dict[str, Any] | str] = {str(declared.status): success}
    for status, schema in declared.also.items():
        content = {"application/json": {"schema": schema}}
        responses[str(status)] = success | {"content": content}
    if declared.is_conditional and not declared.is_writing:
        responses["304"] = "NotModified"
    responses.update(openapi_parts.error_responses(declared))
    return responses


def _page(item: Schema) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["data", "has_more", "next_cursor"],
        "properties": {
            "data": {"type": "array", "items": item},
            "has_more": {"type": "boolean"},
            "next_cursor": {"type": ["string", "null"]},
        },
    }
