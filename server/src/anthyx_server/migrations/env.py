"""How alembic runs our migrations: on the connection that `db.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from anthyx_server.db import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=False,
    render_as_batch=True,
)
context.run_migrations()
