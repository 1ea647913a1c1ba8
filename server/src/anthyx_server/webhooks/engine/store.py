"""The engine's own connection: plans of its statements must not depend on how full a table is."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from anthyx_server.db import engine_options, set_up_engine

# Each statement looks rows up by an index. A plan that is kept from when a table was empty, or made
# before it was ever analyzed, would read all of it.
_BY_INDEX = " ".join(
    f"-c {name}=off"
    for name in (
        "enable_seqscan",
        "enable_hashjoin",
        "enable_mergejoin",
        "enable_bitmapscan",
        "jit",
    )
)


def open_engine(database_url: str) -> sa.Engine:
    """An engine with one connection, for one thread."""
    options: dict[str, Any] = engine_options(database_url)
    if not database_url.startswith("sqlite"):
        connect = options["connect_args"]
        options["connect_args"] = connect | {"options": f"{connect['options']} {_BY_INDEX}"}
        options["pool_size"] = 1
    engine = sa.create_engine(database_url, **options)
    set_up_engine(engine)
    return engine
