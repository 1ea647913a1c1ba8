"""What the API's operations take, and what is wrong with a body, from the API's own description."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any
from urllib.parse import unquote

import jsonschema


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the API; `body` names the schema of what it takes."""

    id: str
    method: str
    path: str
    scopes: tuple[str, ...]
    is_public: bool
    is_counted: bool
    body: str | None
    is_body_required: bool
    query: frozenset[str]


@functools.cache
def _contract() -> dict[str, Any]:
    text = resources.files(__package__ or "").joinpath("contract.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


@functools.cache
def operations() -> tuple[Operation, ...]:
    """All operations; those without a variable in their path first, as they win."""
    found = [
        Operation(**{**each, "scopes": tuple(each["scopes"]), "query": frozenset(each["query"])})
        for each in _contract()["operations"]
    ]
    return tuple(sorted(found, key=lambda each: each.path.count("{")))


def find(method: str, path: str) -> tuple[Operation | None, dict[str, str], bool]:
    """The operation of a call, what stands for the variables, and whether the path is one."""
    is_known = False
    for operation in operations():
        variables = _match(operation.path, path)
        if variables is not None:
            is_known = True
            if operation.method == method:
                return operation, variables, True
    return None, {}, is_known


def _match(template: str, path: str) -> dict[str, str] | None:
    expected, given = template.split("/"), path.split("/")
    if len(expected) != len(given):
        return None
    variables: dict[str, str] = {}
    for name, value in zip(expected, given, strict=True):
        if name.startswith("{"):
            variables[name[1:-1]] = unquote(value)
        elif name != value:
            return None
    return variables


@functools.cache
def _validator(name: str) -> Any:
    schemas = _contract()["schemas"]
    document = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
    return jsonschema.Draft202012Validator(document)


def problems(name: str, value: object) -> list[dict[str, str]]:
    """What is wrong with a body, as the entries of a problem document's `errors`."""
    return [entry for error in _validator(name).iter_errors(value) for entry in _entries(error)]


def _entries(error: Any) -> Iterator[dict[str, str]]:
    place = "".join(f"/{part}" for part in error.absolute_path)
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        yield {"code": "required", "detail": "This is required.", "pointer": f"{place}/{missing}"}
    elif error.validator == "additionalProperties" and error.validator_value is False:
        for name in set(error.instance) - set(error.schema.get("properties", ())):
            detail = "There is no such field."
            yield {"code": "unknown_field", "detail": detail, "pointer": f"{place}/{name}"}
    else:
        yield {"code": "invalid", "detail": f"{error.message}.", "pointer": place}


def with_defaults(name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """A body with what the API takes for the fields that it leaves out."""
    schema = _contract()["schemas"][name]
    return {
        field: value[field] if field in value else _default(declared)
        for field, declared in schema["properties"].items()
    }


def _default(schema: Mapping[str, Any]) -> Any:
    if "default" in schema:
        return schema["default"]
    if "$ref" in schema:
        return with_defaults(schema["$ref"].rpartition("/")[2], {})
    return {"array": [], "object": {}}.get(schema.get("type", ""))
