"""The parts of the OpenAPI document that operations share: headers, parameters, problems."""

from __future__ import annotations

from typing import Any

from apispec import APISpec

from anthyx_server.operations import Operation

DESCRIPTION = (
    "The REST API of Anthyx, a social-media marketing workspace. Send your key as "
    "`Authorization: Bearer anthyx_live_…`. Errors are problem documents (RFC 9457)."
)

_INTEGER = {"type": "integer"}
_STRING = {"type": "string"}
_HEADERS: dict[str, tuple[str, dict[str, Any]]] = {
    "X-Request-Id": ("Names this request in logs and to support.", _STRING),
    "X-RateLimit-Limit": ("Requests that the binding window allows.", _INTEGER),
    "X-RateLimit-Remaining": ("Requests that are left in the binding window.", _INTEGER),
    "X-RateLimit-Reset": ("When the binding window ends, in Unix seconds.", _INTEGER),
    "RateLimit-Policy": ("The windows: name, quota and length in seconds.", _STRING),
    "RateLimit": ("What remains of each window, and seconds until it ends.", _STRING),
    "ETag": ("The version of the resource.", _STRING),
    "Location": ("The path of what was made.", _STRING),
    "Idempotency-Replayed": ("`true` where a stored answer is given again.", _STRING),
    "Vary": ("`Accept` where the answer can be JSON or CSV.", _STRING),
    "X-Next-Cursor": ("`next_cursor` of a page that is answered as CSV.", _STRING),
    "Cache-Control": ("`no-store` where the answer holds a secret.", _STRING),
    "Retry-After": ("Seconds to wait.", _INTEGER),
    "WWW-Authenticate": ("`Bearer`: how to authenticate.", _STRING),
}
_LIMIT_HEADERS = (
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "RateLimit-Policy",
    "RateLimit",
)
_VISIBLE = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
_PARAMETERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "RequestId": (
        "X-Request-Id",
        "Your own id for this request, 1 to 128 visible characters; anything else is replaced.",
        _STRING,
    ),
    "IdempotencyKey": (
        "Idempotency-Key",
        "Makes a repeated request safe; kept for 24 hours.",
        _VISIBLE,
    ),
    "IfMatch": ("If-Match", "Do it only if the resource still has this ETag.", _STRING),
    "IfNoneMatch": ("If-None-Match", "Answer 304 if the resource still has this ETag.", _STRING),
}
_PROBLEMS = {
    "BadRequest": "The request is malformed.",
    "Unauthorized": "The key is missing, wrong, revoked or expired.",
    "Forbidden": "The key may not do this.",
    "NotFound": "There is no such resource in this workspace and mode.",
    "Conflict": "Not possible in this state.",
    "PreconditionFailed": "If-Match names another version.",
    "PayloadTooLarge": "The body is over 1,000,000 bytes.",
    "UnsupportedMediaType": "The body is not declared as JSON.",
    "UnprocessableEntity": "Fields or parameters are wrong; all problems are listed.",
    "PreconditionRequired": "The version that was read must be named.",
    "TooManyRequests": "A limit is used up; Retry-After says how long to wait.",
    "InternalError": "A defect of the server.",
    "Unavailable": "Something the server stands on does not answer.",
}
_PROBLEM_HEADERS = {
    "Unauthorized": ("WWW-Authenticate",),
    "Conflict": ("Retry-After",),
    "TooManyRequests": ("Retry-After", *_LIMIT_HEADERS),
    "InternalError": ("Retry-After",),
    "Unavailable": ("Retry-After",),
}

DOCUMENT_OPERATION: dict[str, Any] = {
    "operationId": "get_openapi",
    "summary": "Get this document",
    "tags": ["openapi"],
    "security": [],
    "parameters": ["RequestId", "IfNoneMatch"],
    "responses": {
        "200": {
            "description": "An OpenAPI 3.1 document.",
            "headers": {
                name: {"$ref": f"#/components/headers/{name}"}
                for name in ("X-Request-Id", "ETag", "Cache-Control")
            },
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
        "304": "NotModified",
        "422": "UnprocessableEntity",
        "500": "InternalError",
    },
}

_PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "request_id", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": _STRING,
        "status": _INTEGER,
        "detail": _STRING,
        "code": _STRING,
        "request_id": _STRING,
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "code": _STRING,
                    "detail": _STRING,
                    "pointer": _STRING,
                    "parameter": _STRING,
                    "header": _STRING,
                },
            },
        },
    },
}


def add_components(spec: APISpec) -> None:
    """Add what operations refer to by name."""
    spec.components.security_scheme(
        "apiKey",
        {"type": "http", "scheme": "bearer", "description": "An API key: anthyx_live_… or _test_…"},
    )
    spec.components.schema("Problem", _PROBLEM_SCHEMA)
    for name, (description, schema) in _HEADERS.items():
        spec.components.header(name, {"description": description, "schema": schema})
    for component, (name, description, schema) in _PARAMETERS.items():
        parameter = {"name": name, "description": description, "schema": schema}
        spec.components.parameter(component, "header", parameter)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for name, description in _PROBLEMS.items():
        headers = _references("X-Request-Id", *_PROBLEM_HEADERS.get(name, ()))
        described = {"description": description, "headers": headers, "content": content}
        spec.components.response(name, described)
    unchanged = {"description": "Unchanged.", "headers": _references("X-Request-Id", "ETag")}
    spec.components.response("NotModified", unchanged)


def _references(*headers: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in headers}


def success_headers(declared: Operation) -> dict[str, Any]:
    """The headers of a 2xx answer."""
    names = ["X-Request-Id", "Cache-Control"]
    if not declared.is_public:
        names += _LIMIT_HEADERS
    if declared.is_writing and not declared.is_public:
        names.append("Idempotency-Replayed")
    if declared.csv is not None:
        names.append("Vary")
    if declared.csv is not None and declared.is_list:
        names.append("X-Next-Cursor")
    if declared.status in {201, 202} and not declared.is_public:
        names.append("Location")
    has_version = declared.returns is not None and "version" in declared.returns.fields
    is_tagged = declared.is_conditional and (has_version or not declared.is_writing)
    if is_tagged or (has_version and declared.status == 201):
        names.append("ETag")
    return _references(*names)


def error_responses(declared: Operation) -> dict[str, str]:
    """The problems that an operation can answer with: the names of components by status."""
    names = {"400": "BadRequest", "422": "UnprocessableEntity", "429": "TooManyRequests"}
    if not declared.is_public:
        names |= {"401": "Unauthorized", "403": "Forbidden"}
    if "<" in declared.path:
        names["404"] = "NotFound"
    if declared.is_writing:
        names |= {"413": "PayloadTooLarge", "415": "UnsupportedMediaType"}
    if declared.is_writing and not declared.is_public:
        names["409"] = "Conflict"
    if declared.is_writing and declared.is_conditional:
        names["412"] = "PreconditionFailed"
    names |= {"500": "InternalError", "503": "Unavailable"}
    for error in declared.errors:
        names.setdefault(str(error.status), _name_of(error.status))
    return dict(sorted(names.items()))


def _name_of(status: int) -> str:
    return {
        403: "Forbidden",
        404: "NotFound",
        409: "Conflict",
        422: "UnprocessableEntity",
        428: "PreconditionRequired",
    }[status]
