"""SQL that is handed to the driver as it is: for statements that nearly every commit runs.

Between a statement of SQLAlchemy and the driver lies more than the statement itself costs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from anthyx_server.db import is_sqlite

_NAMED = re.compile(r":(\w+)")


class Statement:
    """A statement with parameters such as `:name`, and parts that each database spells its way.

    Each `{part}` is replaced by that of the database. Parameters are given as the driver takes
    them: `db.UTCTime` says how it takes a time.
    """

    def __init__(
        self, text: str, *, sqlite: Mapping[str, str], postgresql: Mapping[str, str]
    ) -> None:
        self._on_sqlite = text.format(**sqlite)
        escaped = text.format(**postgresql).replace("%", "%%")
        self._on_postgresql = _NAMED.sub(r"%(\1)s", escaped)

    def run(self, connection: sa.Connection, values: Mapping[str, Any]) -> sa.CursorResult[Any]:
        """Run it in the connection's transaction.

        Raises:
            DBAPIError: the database refuses.
        """
        text = self._on_sqlite if is_sqlite(connection) else self._on_postgresql
        return connection.exec_driver_sql(text, dict(values))
