"""Both clients against the description of the API: operations, parameters, bodies, answers."""

from __future__ import annotations

import inspect
import json
import re
import typing
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from anthyx import Model, Page
from tests.contract import calls
from tests.contract.calls import BESIDE, IRREGULAR, Kind, hints_of
from tests.contract.description import OPERATIONS, Operation
from tests.contract.shapes import (
    body_differences,
    literals,
    model_differences,
    page_differences,
)

ROOT = Path(__file__).resolve().parents[2]
KINDS = calls.kinds()
# Headers that every call may have, by `request(headers=…)`.
OF_EVERY_CALL = {"X-Request-Id", "If-None-Match"}
OF_BODIES = {"Content-Type", "Content-Length"}
# Codes that the client acts on.
ACTED_ON = {"idempotency_in_progress", "invalid_cursor", "too_many_failed_attempts"}

each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


@each_kind
def test_every_method_is_an_operation_and_every_operation_a_method(kind: Kind) -> None:
    of_operations = calls.of_operations(kind)
    assert len(of_operations) == len(OPERATIONS)
    assert kind.methods.keys() - of_operations == BESIDE.keys()
    assert IRREGULAR.keys() <= OPERATIONS.keys(), "no longer needed"


@each_kind
@each_operation
def test_a_call_sends_what_its_operation_takes(kind: Kind, operation: Operation) -> None:
    request = kind.call(operation).request
    template = re.sub(r"\{\w+\}", "[^/]+", operation.path)
    assert request.method == operation.method
    assert re.fullmatch(template, request.path)
    assert parse_qs(request.query).keys() == operation.names("query")
    sent, taken = request.headers.keys() - OF_BODIES, operation.names("header") - OF_EVERY_CALL
    assert sent - {"Idempotency-Key"} == taken - {"Idempotency-Key"}
    assert taken <= sent  # a POST that takes no key has one nevertheless, which does no harm
    assert request.counted == operation.is_counted(parse_qs(request.query))


@each_kind
@each_operation
def test_a_body_has_every_field_and_no_other(kind: Kind, operation: Operation) -> None:
    request = kind.call(operation).request
    assert (request.body is None) == (operation.body is None)
    if request.body is not None and operation.body is not None:
        assert list(body_differences(json.loads(request.body), operation.body, "body")) == []


@each_kind
@each_operation
def test_an_answer_has_every_field_and_no_other(kind: Kind, operation: Operation) -> None:
    sent, described = kind.call(operation), operation.answer
    result = hints_of(kind.named(operation))["return"]
    if sent.model is None:
        assert described is None or "properties" not in described
    elif typing.get_origin(result) is None:
        assert described is not None
        assert list(model_differences(_model(sent.model), described, operation.id)) == []
    else:
        assert described is not None
        assert list(page_differences(_model(sent.model), described, operation.id)) == []


def _model(found: object) -> type[Model]:
    assert isinstance(found, type)
    assert issubclass(found, Model)
    return found


@each_operation
def test_a_parameter_names_the_values_that_its_operation_takes(operation: Operation) -> None:
    hints = hints_of(KINDS["sync"].named(operation))
    for (place, name), schema in operation.parameters.items():
        if place == "query" and "enum" in schema:
            hint = hints.get(name, hints.get(f"{name}_"))
            assert literals(hint) in (set(), set(schema["enum"])), name


def test_both_clients_are_called_alike() -> None:
    sync, other = (kind.methods for kind in KINDS.values())
    assert sync.keys() == other.keys()
    for name in sync:
        ours, theirs = (_without_kind(inspect.signature(each[name])) for each in (sync, other))
        assert ours == theirs, name


def _without_kind(signature: inspect.Signature) -> str:
    return re.sub(r"\bAsync", "", str(signature))


def test_codes_that_the_client_acts_on_are_codes_of_the_api() -> None:
    text = (ROOT / "docs" / "content" / "errors.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) >= ACTED_ON
    files = (ROOT / "sdk/src/anthyx").rglob("*.py")
    # The fake API gives codes, it doesn't act on them.
    source = "".join(path.read_text("utf-8") for path in files if path.parent.name != "testing")
    compared = set(re.findall(r"\bcode [!=]= \"(\w+)\"", source))
    assert compared == ACTED_ON


def test_a_page_is_what_lists_answer() -> None:
    assert {"data", "has_more", "next_cursor"} <= typing.get_type_hints(Page).keys()
