"""The words that posts are found by: whole words, whatever their case, width or composition."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

_WORD = re.compile(r"\w+")


class WordList(sa.types.TypeDecorator[list[int]]):
    """Numbers of words: `bigint[]` on PostgreSQL, on SQLite a text of tokens for FTS5."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        """Pick the native type where there is one."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.ARRAY(sa.BigInteger))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: list[int] | None, dialect: sa.Dialect) -> Any:
        """To the database."""
        if value is None or dialect.name == "postgresql":
            return value
        return "".join(f" {token(number)}" for number in value) + " "

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> list[int] | None:
        """From the database."""
        if value is None or dialect.name == "postgresql":
            return value  # type: ignore[no-any-return]
        return [int.from_bytes(bytes.fromhex(each), signed=True) for each in value.split()]


def token(number: int) -> str:
    """A word's number as FTS5 and `instr` take it: 16 hexadecimal digits."""
    return number.to_bytes(8, signed=True).hex()


def words_of(workspace_id: str, mode: str, texts: Iterable[str]) -> list[int]:
    """The numbers of the words in these texts, each once.

    A number is a digest of the word together with the workspace and mode: one index serves all
    workspaces, and a word that is frequent in one of them costs the others nothing.
    """
    found = {
        word
        for text in texts
        for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    }
    return sorted(_number(f"{workspace_id}\0{mode}\0{word}") for word in found)


def _number(text: str) -> int:
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)
