"""Results for people (tables) or for programs (JSON), on standard output."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import islice

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from anthyx._json import JSON
from anthyx._models import Model
from anthyx._pages import Pages
from anthyx._response import ResponseInfo

_MOST_COLUMNS = 6
_WIDEST = 48
# As many rows decide what a table looks like; the others follow.
_BATCH = 100
_FIRST_COLUMNS = ("id", "name", "type", "status", "state", "url", "content", "created_at")


def show(result: object, *, as_json: bool) -> None:
    """Print what a method returned."""
    if isinstance(result, ResponseInfo):
        _show_done(result, as_json=as_json)
    elif isinstance(result, Model):
        _show_one(result.to_dict(), as_json=as_json)
    elif isinstance(result, Pages):
        _show_list((item.to_dict() for item in result), as_json=as_json)
    elif isinstance(result, Iterator):
        for item in result:
            click.echo(item.to_json())
    else:
        raise TypeError(type(result).__name__)


def _show_done(result: ResponseInfo, *, as_json: bool) -> None:
    click.echo(json.dumps({"request_id": result.request_id}) if as_json else "Done.")


def _show_one(shown: dict[str, JSON], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, value in shown.items():
        table.add_row(name, Text(printable(value)))
    _console().print(table)


def _show_list(items: Iterator[dict[str, JSON]], *, as_json: bool) -> None:
    if as_json:
        _stream_json(_counted(items))
        return
    batch = list(islice(items, _BATCH))
    if not batch:
        click.echo("Nothing found.", err=True)
        return
    columns = columns_of(batch)
    console, is_first = _console(), True
    rows = _counted(items, len(batch))
    while batch:
        console.print(_table(batch, columns, is_first=is_first))
        batch, is_first = list(islice(rows, _BATCH)), False


def _counted(items: Iterator[dict[str, JSON]], start: int = 0) -> Iterator[dict[str, JSON]]:
    """The items, counted on standard error while they come, where a person looks on."""
    is_watched = sys.stderr.isatty() and not sys.stdout.isatty()
    number = start
    for number, item in enumerate(items, start + 1):
        if is_watched and number % _BATCH == 0:
            click.echo(f"\r{number:,}", err=True, nl=False)
        yield item
    if is_watched and number >= _BATCH:
        click.echo(f"\r{number:,} in all", err=True)


def _stream_json(items: Iterable[dict[str, JSON]]) -> None:
    """An array, item by item: it may be long."""
    separator = "["
    for item in items:
        click.echo(separator + "\n" + json.dumps(item, ensure_ascii=False), nl=False)
        separator = ","
    click.echo("[]" if separator == "[" else "\n]")


def columns_of(rows: list[dict[str, JSON]]) -> list[str]:
    """The columns that tell most: the usual ones first, and none without a value."""
    names = [name for name in rows[0] if any(_is_short(row.get(name)) for row in rows)]
    usual = [name for name in _FIRST_COLUMNS if name in names]
    return [*usual, *(name for name in names if name not in usual)][:_MOST_COLUMNS]


def _is_short(value: JSON) -> bool:
    return value is not None and value != "" and not isinstance(value, (dict, list))


def _table(rows: list[dict[str, JSON]], columns: list[str], *, is_first: bool) -> Table:
    table = Table(box=None, show_header=is_first, pad_edge=False, header_style="bold")
    for name in columns:
        # What is copied from a table is never cut.
        width = None if name.endswith(("id", "_at")) else _WIDEST
        table.add_column(name, no_wrap=True, overflow="ellipsis", max_width=width)
    for row in rows:
        table.add_row(*(Text(printable(row.get(name))) for name in columns))
    return table


def printable(value: JSON) -> str:
    """A value in one line, without what a terminal would obey instead of show."""
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(" " if char in "\n\t" else _visible(char) for char in text)


def _visible(char: str) -> str:
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in {"Cc", "Cf"} else char


def _console() -> Console:
    # Piped, there is no width to keep to: a line is a row.
    return Console(soft_wrap=True, highlight=False, width=None if sys.stdout.isatty() else 10_000)
