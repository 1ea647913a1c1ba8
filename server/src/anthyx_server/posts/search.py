"""Finding posts by words, in the way that costs least: by how many posts have them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, bindparam

from anthyx_server.db import is_sqlite, reader
from anthyx_server.posts.models import Post
from anthyx_server.posts.words import WordList, token, words_of
from anthyx_server.tenancy import Caller

# Up to so many posts are sorted; of more, the list is walked until a page is full.
MOST_SORTED = 2_000
# How words are looked for, on SQLite and on PostgreSQL, beside the number of words in `many:2`.
FEW, MANY = "few", "many"
INDEXED, WALKED = "indexed", "walked"
_index = sa.table("post_words", sa.column("rowid"), sa.column("post_words"))
_matching = sa.select(_index.c.rowid).where(_index.c.post_words.op("MATCH")(bindparam("words")))
_count = sa.select(sa.func.count()).select_from(_matching.limit(MOST_SORTED + 1).subquery())


def find(caller: Caller, text: str) -> tuple[str, dict[str, Any]] | None:
    """How to look for the words of a text, and with which parameters; None where it has none.

    PostgreSQL's statistics say how many posts have them; left to itself, it would find the first
    page in one way and the last in another. SQLite has none of words: the index is asked whether
    it would find more than can well be sorted.
    """
    words = words_of(caller.workspace_id, caller.mode, [text])
    if not words:
        return None
    if not is_sqlite(reader().engine):
        return INDEXED if _estimate(words) <= MOST_SORTED else WALKED, {"words": words}
    tokens = [token(word) for word in words]
    matched = {"words": " AND ".join(f'"{each}"' for each in tokens)}
    if reader().rows(_count, matched)[0][0] <= MOST_SORTED:
        return FEW, matched
    return f"{MANY}:{len(tokens)}", {f"word_{i}": f" {each} " for i, each in enumerate(tokens)}


def _estimate(words: list[int]) -> int:
    """How many posts PostgreSQL expects to have these words; nothing is looked up for that."""
    plan = reader().rows(_PLAN, {"words": words})[0][0]
    return int(plan[0]["Plan"]["Plan Rows"])


_PLAN = sa.text("EXPLAIN (FORMAT JSON) SELECT 1 FROM posts WHERE words @> CAST(:words AS bigint[])")


def conditions(how: str) -> list[ColumnElement[bool]]:
    """The conditions for a way that `find` has named; none for an empty one."""
    if not how:
        return []
    if how in {INDEXED, WALKED}:
        matches = Post.words.op("@>")(bindparam("words", type_=WordList()))
        # A test of a test is what no index answers.
        return [matches if how == INDEXED else matches.is_(sa.true())]
    if how == FEW:
        return [Post.search_number.in_(_matching)]
    stored = sa.type_coerce(Post.words, sa.Text())
    return [
        sa.func.instr(stored, bindparam(f"word_{number}", type_=sa.Text())) > 0
        for number in range(int(how.partition(":")[2]))
    ]
