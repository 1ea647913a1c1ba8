"""The database: reachable, of a version and with the rights that are needed, migrated."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from anthyx_server import audit, channels, clock, dashboard, db, keys, notices, webhooks
from anthyx_server.app import opened
from anthyx_server.checks.findings import Finding, clocks, is_here, ok, problem, warning
from anthyx_server.config import NamedSecret, Settings

_OLDEST_POSTGRESQL = 130_000
_TLS = {"require", "verify-ca", "verify-full"}


def check_database(settings: Settings) -> list[Finding]:
    """Everything about the database."""
    url = make_url(settings.database_url)
    ours = settings.data_dir / "anthyx.db"
    if settings.is_embedded_database and url.database == str(ours) and not ours.exists():
        return [warning("there is no database yet: serve makes it")]
    try:
        with opened(settings):
            with db.db.engine.connect() as connection:
                is_file = db.is_sqlite(connection)
                found = [] if is_file else [*_way(url), *_postgresql(connection)]
                schema = _schema(connection)
            return [*found, *(schema or _secrets(settings))] or [ok("the database answers")]
    except (SQLAlchemyError, sa.exc.ArgumentError) as error:
        name = type(error).__name__
        told = problem(f"the database does not answer ({name}): see ANTHYX_DATABASE_URL")
        return [*_way(url), told]


def _way(url: sa.URL) -> list[Finding]:
    host = str(url.query.get("host") or url.host or "")
    if url.drivername == "sqlite" or is_here(host) or url.query.get("sslmode") in _TLS:
        return []
    return [
        problem(
            "ANTHYX_DATABASE_URL is on another machine and may be without TLS: "
            "add ?sslmode=verify-full"
        )
    ]


def _postgresql(connection: sa.Connection) -> list[Finding]:
    row = connection.execute(
        sa.text(
            "SELECT current_setting('server_version_num')::int AS number,"
            " current_setting('server_version') AS version,"
            " current_setting('server_encoding') AS encoding,"
            " pg_is_in_recovery() AS is_standby,"
            " has_schema_privilege(current_schema(), 'CREATE') AS may_create,"
            " extract(epoch FROM clock_timestamp()) AS seconds"
        )
    ).one()
    found = clocks("the database", float(row.seconds), clock.unix_seconds())
    if row.number < _OLDEST_POSTGRESQL:
        found.append(problem(f"PostgreSQL {row.version} is too old: 13 is the oldest"))
    if row.encoding != "UTF8":
        found.append(problem(f"the database is encoded in {row.encoding}: make one in UTF8"))
    if row.is_standby:
        found.append(problem("ANTHYX_DATABASE_URL is a standby's: set the primary's"))
    elif not row.may_create:
        found.append(
            problem("the database role may not create tables: GRANT CREATE ON SCHEMA to it")
        )
    return found


def _schema(connection: sa.Connection) -> list[Finding]:
    found = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory(str(db.MIGRATIONS)).get_current_head()
    if found == newest:
        return []
    return [problem(f"the schema is at {found or 'nothing'}, not {newest}: run migrate")]


def _secrets(settings: Settings) -> list[Finding]:
    sealed = {
        "channels": channels.count_by_encryption_key(),
        "webhook endpoints": webhooks.count_by_encryption_key(),
        "second factors": dashboard.count_by_encryption_key(),
        "waiting mails": notices.count_by_encryption_key(),
        "audit logs": audit.count_heads_by_encryption_key(),
    }
    return [
        *_unknown("pepper", "KEY_PEPPERS", settings.key_peppers, keys.count_by_pepper(), "keys"),
        *(
            finding
            for whose, counts in sealed.items()
            for finding in _unknown(
                "encryption key", "ENCRYPTION_KEYS", settings.encryption_keys, counts, whose
            )
        ),
        *_unverifiable(settings),
    ]


def _unverifiable(settings: Settings) -> list[Finding]:
    known = {key.id for key in settings.encryption_keys}
    return [
        warning(
            f"{count} audit entries can't be verified without encryption key {name}: "
            "add it to ANTHYX_ENCRYPTION_KEYS for as long as they matter"
        )
        for name, count in audit.count_by_encryption_key().items()
        if name not in known
    ]


def _unknown(
    what: str,
    setting: str,
    configured: tuple[NamedSecret, ...],
    counts: Mapping[str, int],
    whose: str,
) -> list[Finding]:
    known = {secret.id for secret in configured}
    return [
        problem(f"{what} {name} is not in ANTHYX_{setting} but {count} {whose} were made with it")
        for name, count in counts.items()
        if name not in known
    ]
