"""What the worker does for keys: notices of keys that end soon."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select

from anthyx_server import clock, events
from anthyx_server.db import db, transaction
from anthyx_server.keys.models import EXPIRY_NOTICE, ApiKey
from anthyx_server.keys.views import present
from anthyx_server.queue import job
from anthyx_server.tenancy import system_caller

_NOTICES = (EXPIRY_NOTICE, timedelta(days=1))
_BATCH = 500


@job(every_seconds=60)
def announce_expiring_keys() -> None:
    """Publish `api_key.expiring` 7 days and 1 day before a key ends, once each.

    A key that was replaced ends as planned: its owner asked for it.
    """
    moment = clock.now()
    is_due = [
        (ApiKey.expires_at <= moment + notice) & (ApiKey.expiry_notices <= number)
        for number, notice in enumerate(_NOTICES)
    ]
    query = (
        select(ApiKey)
        .where(
            ApiKey.revoked_at.is_(None),
            ApiKey.superseded_by.is_(None),
            ApiKey.expires_at > moment,
            or_(*is_due),
        )
        .order_by(ApiKey.expires_at)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    )
    with transaction():
        for key in db.session.scalars(query).all():
            key.expiry_notices = sum(
                key.expires_at - moment <= notice for notice in _NOTICES if key.expires_at
            )
            caller = system_caller(key.workspace_id, key.mode)
            events.publish(caller, "api_key.expiring", ("api_key", key.id), present(key))
