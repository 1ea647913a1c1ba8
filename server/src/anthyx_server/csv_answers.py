"""Answers as CSV (RFC 4180) beside JSON: who asked for it, and how it is written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from flask import Request, Response

CONTENT_TYPE = "text/csv; charset=utf-8; header=present"
NEXT_CURSOR = "X-Next-Cursor"
_JSON = "application/json"
# A range may name the encoding: there is only this one.
_RANGES = ("text/csv", "text/csv;charset=utf-8")
# Spreadsheets take a cell that starts so for a formula; the last four are its full-width forms.
_FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")


def is_wanted(request: Request) -> bool:
    """True where `Accept` prefers CSV to JSON, by quality, then by how closely it names it.

    JSON is the answer to everything else, also where the client accepts neither: there is no 406.
    """
    best = request.accept_mimetypes.best_match((_JSON, *_RANGES), _JSON)
    return best != _JSON


def csv_answer(
    header: Sequence[str], rows: Iterable[Sequence[Any]], *, next_cursor: str | None = None
) -> Response:
    """A 200 whose body is the header and the rows, in UTF-8 with CRLF.

    None is an empty cell, a list or an object its JSON. `next_cursor` goes into `X-Next-Cursor`,
    which the last page of a list doesn't have.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    response = Response(text.getvalue().encode(), content_type=CONTENT_TYPE)
    if next_cursor is not None:
        response.headers[NEXT_CURSOR] = next_cursor
    return response


def _cell(value: Any) -> str:
    """A cell; a text that a spreadsheet would run gets a quote before it, a number never does."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
