"""The committed description of the API (docs/openapi.json), by operation."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

DOCUMENT: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "openapi.json").read_text("utf-8")
)
Schema = Mapping[str, Any]


def resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a `$ref` leads to, or the node itself."""
    while "$ref" in node:
        found: Any = DOCUMENT
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        node = found
    return node


def unwrapped(schema: Schema) -> tuple[Schema, bool]:
    """A schema without null, and whether null was allowed."""
    schema = resolved(schema)
    for word in ("anyOf", "oneOf"):
        choices = [each for each in schema.get(word, ()) if each != {"type": "null"}]
        if len(choices) == 1:
            return resolved(choices[0]), True
    kinds = schema.get("type")
    if isinstance(kinds, list):
        (kind,) = (each for each in kinds if each != "null")
        return {**schema, "type": kind}, "null" in kinds
    return schema, False


@dataclass(frozen=True)
class Operation:
    """An operation as it is described; paths are below /v1."""

    id: str
    method: str
    path: str
    described: Mapping[str, Any]

    @cached_property
    def parameters(self) -> dict[tuple[str, str], Schema]:
        """Schemas by place and name."""
        found = map(resolved, self.described.get("parameters", ()))
        return {(each["in"], each["name"]): each["schema"] for each in found}

    def names(self, place: str) -> set[str]:
        """The names of the parameters in "query", "path" or "header"."""
        return {name for where, name in self.parameters if where == place}

    @property
    def body(self) -> Schema | None:
        """The schema of the body; None if there is none."""
        content = self.described.get("requestBody", {}).get("content", {})
        found: Schema | None = content.get("application/json", {}).get("schema")
        return found

    @property
    def answer(self) -> Schema | None:
        """The schema of a success; None where it has no body."""
        for status, answer in self.described["responses"].items():
            if status.startswith("2"):
                content = resolved(answer).get("content", {})
                found: Schema | None = content.get("application/json", {}).get("schema")
                return found
        raise AssertionError(f"{self.id} describes no success")

    def is_counted(self, parameters: Container[str]) -> bool:
        """Whether it draws on the rate limits of the key, called with these parameters."""
        free = self.described.get("x-uncounted-with-parameter")
        return self.described.get("x-counts-against-limits", False) and free not in parameters


OPERATIONS = {
    described["operationId"]: Operation(
        described["operationId"], method.upper(), path.removeprefix("/v1"), described
    )
    for path, methods in DOCUMENT["paths"].items()
    for method, described in methods.items()
    if isinstance(described, dict) and "operationId" in described
}
