"""Writes down what `anthyx.testing` knows of the API, from its OpenAPI document.

Usage: python make_contract.py OPENAPI.json CONTRACT.json; `nox -s openapi` runs it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]


def contract_of(document: Json) -> Json:
    """The operations, and the schemas of what they take."""
    operations = [
        _operation(method.upper(), path.removeprefix("/v1"), declared)
        for path, item in document["paths"].items()
        if path.startswith("/v1/")
        for method, declared in item.items()
    ]
    wanted = {each["body"] for each in operations if each["body"]}
    schemas = document["components"]["schemas"]
    return {
        "operations": sorted(operations, key=lambda each: (each["path"], each["method"])),
        "schemas": {name: _bare(schemas[name]) for name in sorted(_reachable(wanted, schemas))},
    }


def _operation(method: str, path: str, declared: Json) -> Json:
    body = declared.get("requestBody")
    return {
        "id": declared["operationId"],
        "method": method,
        "path": path,
        "scopes": declared.get("x-required-scopes", []),
        "is_public": not declared.get("security", True),
        "is_counted": declared.get("x-counts-against-limits", True),
        "body": _name(body["content"]["application/json"]["schema"]) if body else None,
        "is_body_required": bool(body and body.get("required")),
        "query": [each["name"] for each in declared["parameters"] if each.get("in") == "query"],
    }


def _name(schema: Json) -> str | None:
    """The schema that a body has, or its items; bodies without a name are not checked."""
    reference = schema.get("$ref") or schema.get("items", {}).get("$ref")
    return reference.rpartition("/")[2] if reference else None


def _reachable(names: set[str], schemas: Json) -> set[str]:
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _references(schemas[name])
    return found


def _references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [name for item in node for name in _references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"].rpartition("/")[2]] if "$ref" in node else []
    return own + [name for value in node.values() for name in _references(value)]


def _bare(node: Any) -> Any:
    """A schema without its prose."""
    if isinstance(node, list):
        return [_bare(item) for item in node]
    if not isinstance(node, dict):
        return node
    prose = {
        name for name, value in node.items() if name == "description" and isinstance(value, str)
    }
    return {name: _bare(value) for name, value in node.items() if name not in prose}


if __name__ == "__main__":
    read_from, write_to = (Path(argument) for argument in sys.argv[1:])
    made = contract_of(json.loads(read_from.read_text(encoding="utf-8")))
    write_to.write_text(json.dumps(made, separators=(",", ":")) + "\n", encoding="utf-8")
