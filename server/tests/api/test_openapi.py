"""The OpenAPI document: valid, served, committed, and whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from anthyx_server import keys, openapi, openapi_parts
from anthyx_server.operations import operations
from tests.support.apps import Account

COMMITTED = Path(__file__).resolve().parents[3] / "docs" / "openapi.json"
PUBLIC = {"get_openapi", "report_leaked_keys"}
VERBS = {
    ("GET", True): "list_",
    ("GET", False): "get_",
    ("POST", True): "create_",
    ("PATCH", False): "update_",
    ("DELETE", False): "delete_",
}
ERRORS = ("400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "500", "503")
# Lists beside a resource, with the operations on them.
SUB_LISTS = {
    "/v1/posts/{post_id}/comments": {"list_comments", "create_comment"},
    "/v1/posts/{post_id}/history": {"list_history"},
}

Described = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """As it is served."""
    parsed: dict[str, Any] = orjson.loads(openapi.document_bytes())
    return parsed


@pytest.fixture
def described(document: dict[str, Any]) -> list[Described]:
    """Path, method and description of every operation."""
    return [
        (path, method.upper(), operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def test_it_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    errors = list(OpenAPIV31SpecValidator(document).iter_errors())
    assert errors == []


def test_the_committed_one_is_fresh() -> None:
    assert COMMITTED.read_bytes() == openapi.document_bytes(), "run: nox -s openapi"


def test_it_is_served_to_everybody(shared_app: Flask) -> None:
    client = shared_app.test_client()
    answer = client.get("/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.get_data() == openapi.document_bytes()
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    tag = answer.headers["ETag"]
    again = client.get("/v1/openapi.json", headers={"If-None-Match": tag})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_its_tag_follows_its_content(monkeypatch: pytest.MonkeyPatch, shared_app: Flask) -> None:
    client = shared_app.test_client()
    before = client.get("/v1/openapi.json").headers["ETag"]
    for cached in (openapi.document_bytes, openapi.entity_tag):
        monkeypatch.setattr(openapi, cached.__name__, cached.__wrapped__)
    monkeypatch.setattr(openapi_parts, "DESCRIPTION", "Another description")
    assert client.get("/v1/openapi.json").headers["ETag"] != before


def test_it_has_every_route(shared_app: Flask, described: list[Described]) -> None:
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method)
        for rule in shared_app.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule.startswith("/v1/") and method != "HEAD"
    }
    assert {(path, method) for path, method, _ in described} == routes


def test_operations_are_named_as_the_sdk_names_them(described: list[Described]) -> None:
    ids = [operation["operationId"] for _, _, operation in described]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", each) for each in ids)
    for path, method, operation in described:
        segments = path.removeprefix("/v1/").split("/")
        is_collection = len(segments) == 1 and path.endswith(("s", "/audit-log"))
        if path in SUB_LISTS:
            assert operation["operationId"] in SUB_LISTS[path], (path, method)
            continue
        is_member = segments[-1].startswith("{") or not is_collection
        if (method == "POST" and not is_collection) or segments == ["leaked-keys"]:
            continue  # an action, named after its last segment or by itself
        verb = VERBS[method, not is_member]
        assert operation["operationId"].startswith(verb), (path, method)


def test_actions_are_named_after_their_path(described: list[Described]) -> None:
    for path, method, operation in described:
        last = path.rsplit("/", 1)[1]
        is_action = path.count("/") > 3 and not last.startswith("{") and path not in SUB_LISTS
        if method == "POST" and is_action:
            assert operation["operationId"].startswith(last.replace("-", "_") + "_")


def test_every_operation_names_its_scope(described: list[Described]) -> None:
    for _, method, operation in described:
        if operation["operationId"] in PUBLIC:
            assert operation["security"] == []
            continue
        scopes = operation["x-required-scopes"]
        assert operation["security"] == [{"apiKey": scopes}]
        assert set(scopes) <= set(keys.SCOPES)
        assert isinstance(operation["x-counts-against-limits"], bool)
        if scopes:
            needed = {"read"} if method == "GET" else {"write", "approve"}
            # Of secrets one scope does both.
            needed.add("secrets")
            assert scopes[0].rpartition(":")[2] in needed


def test_the_scopes_are_those_that_are_asked_for(account: Account) -> None:
    """What the document says of scopes is what a key without them is told."""
    without: dict[str, Account] = {}
    for declared in operations():
        if declared.scope is None or declared.is_public:
            continue
        others = [scope for scope in keys.SCOPES if scope != declared.scope]
        bare = without.setdefault(declared.scope, account.with_key(scopes=others))
        path = re.sub(r"<\w+>", "brand_01m85b8621tp3njfh6qm82sfwd", declared.path)
        answer = bare.request(declared.method, path)
        assert answer.status_code == 403, declared.id
        assert answer.get_json()["required_scopes"] == [declared.scope]


def test_texts_say_what_is_what(described: list[Described]) -> None:
    for _, _, operation in described:
        assert operation["summary"]
        assert not operation["summary"].endswith(".")
        for parameter in operation.get("parameters", []):
            assert "$ref" in parameter or parameter["name"]


def responses(document: dict[str, Any], operation: dict[str, Any]) -> Iterator[Any]:
    for status, response in operation["responses"].items():
        name = response.get("$ref", "").rpartition("/")[2]
        yield [status, document["components"]["responses"][name] if name else response]


def test_every_answer_documents_its_headers(
    document: dict[str, Any], described: list[Described]
) -> None:
    needed = {"401": "WWW-Authenticate", "429": "Retry-After", "503": "Retry-After"}
    for _, _, operation in described:
        for status, response in responses(document, operation):
            assert "X-Request-Id" in response["headers"]
            assert needed.get(status, "X-Request-Id") in response["headers"]
            if status in ERRORS:
                (media,) = response["content"]
                assert media == "application/problem+json"


def test_every_operation_tells_which_errors_there_are(described: list[Described]) -> None:
    for path, method, operation in described:
        found = set(operation["responses"])
        if operation["operationId"] in PUBLIC:
            assert not found & {"401", "403"}
            continue
        expected = {"400", "401", "403", "422", "429", "500", "503"}
        expected |= {"404"} if "{" in path else set()
        expected |= {"409", "413", "415"} if method != "GET" else set()
        assert expected <= found, operation["operationId"]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_inputs_are_closed_and_answers_are_open(
    document: dict[str, Any], described: list[Described]
) -> None:
    """Within a version members are only added to answers: clients must not refuse them."""
    found = document["components"]["schemas"]

    def below(part: Any) -> set[str]:
        names: set[str] = set(references(part)) & found.keys()
        return names.union(*(below(found[name]) for name in names))

    inputs = below([operation.get("requestBody") for _, _, operation in described])
    answers = below([list(responses(document, operation)) for _, _, operation in described])
    assert {"WritableBrand", "WritableVoice", "WritableBrandPatch"} <= inputs
    assert {"Brand", "Voice", "Problem"} <= answers
    assert all(found[name]["additionalProperties"] is False for name in inputs)
    assert not any("additionalProperties" in found[name] for name in answers)


def test_a_patch_may_clear_what_has_a_default(document: dict[str, Any]) -> None:
    patch = document["components"]["schemas"]["WritableBrandPatch"]
    assert "required" not in patch
    for name, described in patch["properties"].items():
        is_nullable = "null" in str(described.get("type", described.get("anyOf")))
        assert is_nullable is (name != "name"), name
    metadata = patch["properties"]["metadata"]
    assert metadata["additionalProperties"]["type"] == ["string", "null"]
    assert metadata["maxProperties"] == 20
    create = document["components"]["schemas"]["WritableBrand"]
    assert create["required"] == ["name"]
    assert create["properties"]["description"]["type"] == "string"


def test_parameters_are_never_null(described: list[Described]) -> None:
    for _, _, operation in described:
        for parameter in operation.get("parameters", []):
            if "$ref" not in parameter:
                assert parameter["schema"].get("type") in {"string", "integer"}
                assert None not in parameter["schema"].get("enum", [])
