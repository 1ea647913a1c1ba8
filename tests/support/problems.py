"""What every error answer must look like (RFC 9457, and our own members)."""

from __future__ import annotations

from typing import Any

import orjson
from werkzeug.test import TestResponse

MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "errors"}
PLACES = ({"pointer"}, {"parameter"}, {"header"})


def check_problem(status: int, headers: Any, body: bytes) -> dict[str, Any]:
    """Check an error answer, however it was received; the document."""
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["Cache-Control"] == "no-store"
    document: dict[str, Any] = orjson.loads(body)
    assert document.keys() >= MEMBERS
    assert document["status"] == status
    assert document["type"] == f"https://docs.useanthyx.com/errors/{document['code']}"
    assert document["request_id"] == headers["X-Request-Id"]
    assert document["title"]
    assert document["detail"]
    assert all(entry.keys() - {"code", "detail"} in PLACES for entry in document["errors"])
    assert all(isinstance(text, str) for entry in document["errors"] for text in entry.values())
    assert "Traceback" not in body.decode()
    return document


def problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is the problem that is expected; the document."""
    document = check_problem(response.status_code, response.headers, response.get_data())
    assert (response.status_code, document["code"]) == (status, code), document
    return document


def entries(response: TestResponse, status: int = 422) -> set[tuple[str, str]]:
    """The single problems of an answer: where each is, and its code."""
    document = problem(response, status, "validation_failed" if status == 422 else "")
    return {
        (next(value for name, value in entry.items() if name not in {"code", "detail"}), code)
        for entry in document["errors"]
        if (code := entry["code"])
    }
