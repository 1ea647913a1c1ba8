"""CSV beside JSON: which of them `Accept` asks for, and how it is written."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson
import pytest
from flask import Flask, request

from anthyx_server import csv_answers


@pytest.mark.parametrize(
    ("accept", "is_csv"),
    [
        (None, False),
        ("", False),
        ("*/*", False),
        ("application/json", False),
        ("text/csv", True),
        ("TEXT/CSV", True),
        ("text/*", True),
        ("text/csv;charset=UTF-8", True),
        ("text/csv;q=0.5", True),
        ("text/csv, application/json", False),
        ("text/csv, application/json;q=0.9", True),
        ("text/csv;q=0.9, application/json", False),
        ("text/csv;q=0.9, */*;q=0.8", True),
        ("text/csv, */*", True),
        ("text/csv;q=0.1, */*", False),
        ("text/csv;q=0", False),
        ("text/csv;q=0, */*", False),
        ("application/json;q=0, */*", True),
        ("application/json;q=0", False),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False),
        ("image/png", False),
        ("csv", False),
        ("text/csv;q=nan, */*;q=x", False),
        (";;;,,,=", False),
    ],
)
def test_accept_decides(accept: str | None, is_csv: bool) -> None:
    headers = {} if accept is None else {"Accept": accept}
    with Flask("test").test_request_context(headers=headers):
        assert csv_answers.is_wanted(request) is is_csv


def written(*cells: Any) -> str:
    text = csv_answers.csv_answer(["a"], [cells]).get_data(as_text=True)
    return text.removeprefix("a\r\n").removesuffix("\r\n")


def test_lines_end_as_rfc_4180_says_and_the_header_comes_first() -> None:
    answer = csv_answers.csv_answer(["id", "name"], [["1", "Ä"], ["2", "日本"]])
    assert answer.get_data() == "id,name\r\n1,Ä\r\n2,日本\r\n".encode()
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    assert "X-Next-Cursor" not in answer.headers


def test_without_rows_the_header_is_left() -> None:
    assert csv_answers.csv_answer(["id", "name"], []).get_data() == b"id,name\r\n"


def test_the_next_cursor_is_a_header() -> None:
    answer = csv_answers.csv_answer(["id"], [], next_cursor="abc")
    assert answer.headers["X-Next-Cursor"] == "abc"


def test_what_separates_cells_is_quoted() -> None:
    cells = ["a,b", 'say "hi"', "two\nlines", "two\r\nlines", " spaced ", "it's", ""]
    answer = csv_answers.csv_answer(["x"] * len(cells), [cells, cells])
    text = answer.get_data(as_text=True)
    assert list(csv.reader(io.StringIO(text, newline="")))[1:] == [cells, cells]
    assert written("a,b", 'say "hi"') == '"a,b","say ""hi"""'


@pytest.mark.parametrize("start", list("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"))
def test_a_text_that_a_spreadsheet_would_run_is_disarmed(start: str) -> None:
    row = csv_answers.csv_answer(["x"], [[f"{start}1+1"]]).get_data(as_text=True)
    (_, (cell,)) = csv.reader(io.StringIO(row, newline=""))
    assert cell == f"'{start}1+1"


def test_other_values_are_written_as_json_writes_them() -> None:
    assert written(None, True, False, 0, -5, 0.25, -0.5) == ",true,false,0,-5,0.25,-0.5"
    assert written({"a": None}, ["=1"]) == '"{""a"":null}","[""=1""]"'
    assert written(orjson.Fragment('{"a": 1}')) == '"{""a"": 1}"'
