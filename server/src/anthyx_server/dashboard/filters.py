"""What the address of a list asks for, judged by the schema of the API's own list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import request
from marshmallow import Schema

from anthyx_server.dashboard.forms import Problems
from anthyx_server.errors import ValidationFailed
from anthyx_server.inputs import load


class Given(NamedTuple):
    """`texts` are as they were sent, `values` as the list takes them, without what is wrong."""

    texts: dict[str, str]
    values: dict[str, Any]
    problems: Problems

    def address(self, **changed: Any) -> str:
        """The query of this list with some filters changed, from its beginning; None drops one."""
        wanted = {**self.texts, "cursor": None, **changed}
        return "?" + urlencode({name: value for name, value in wanted.items() if value})

    @property
    def is_filtered(self) -> bool:
        """True where something is asked for, beyond the place in the list."""
        return bool(self.texts.keys() - {"cursor"})


def given_filters(schema: Schema, names: Sequence[str]) -> Given:
    """Read the filters that a page knows; empty ones are none, as a form sends them."""
    sent = {name: request.args.get(name, "").strip() for name in names}
    texts = {name: text for name, text in sent.items() if text}
    try:
        return Given(texts, load(schema, texts), Problems())
    except ValidationFailed as error:
        problems = Problems.of(error)
    right = {name: text for name, text in texts.items() if name not in problems}
    return Given(texts, load(schema, right), problems)
