"""What becomes of sessions and sent forms when their time is over."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete

from anthyx_server import clock
from anthyx_server.dashboard.models import PageSession, SentForm
from anthyx_server.dashboard.sessions import IDLE
from anthyx_server.db import db, transaction
from anthyx_server.queue import job

_FORMS_KEPT_FOR = timedelta(days=1)


@job(every_seconds=3600)
def forget_ended_sessions() -> None:
    """Remove sessions that have ended, and what was noted of forms long sent."""
    moment = clock.now()
    has_ended = (PageSession.ends_at <= moment) | (PageSession.seen_at <= moment - IDLE)
    with transaction():
        db.session.execute(delete(PageSession).where(has_ended))
        old = SentForm.created_at <= moment - _FORMS_KEPT_FOR
        db.session.execute(delete(SentForm).where(old))
