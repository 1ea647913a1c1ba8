"""The worker's part of the pages: forgetting what is over, offering resets, sealing keys anew."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from anthyx_server import clock, notices, workspaces
from anthyx_server.batches import act_in_batches, is_sealed_before
from anthyx_server.dashboard import second_factor
from anthyx_server.dashboard.models import (
    FamiliarOrigin,
    PageSession,
    SecondFactor,
    SentForm,
    WantedReset,
)
from anthyx_server.dashboard.sessions import IDLE
from anthyx_server.db import db, transaction
from anthyx_server.queue import job
from anthyx_server.tenancy import system_caller
from anthyx_server.workspaces import Member, get_workspace

_FORMS_KEPT_FOR = timedelta(days=1)
_SET_UP_WITHIN = timedelta(hours=1)
_FAMILIAR_FOR = timedelta(days=180)


@job(every_seconds=3600)
def forget_ended_sessions() -> None:
    """Remove sessions that have ended, what was noted of forms long sent, and of origins."""
    moment = clock.now()
    has_ended = (PageSession.ends_at <= moment) | (PageSession.seen_at <= moment - IDLE)
    with transaction():
        db.session.execute(delete(PageSession).where(has_ended))
        old = SentForm.created_at <= moment - _FORMS_KEPT_FOR
        db.session.execute(delete(SentForm).where(old))
        strange = FamiliarOrigin.seen_at <= moment - _FAMILIAR_FOR
        db.session.execute(delete(FamiliarOrigin).where(strange))
        second_factor.forget_begun(_SET_UP_WITHIN)


@job(every_seconds=5)
def offer_wanted_resets() -> None:
    """Mail links to whoever forgot their password: one for each workspace that they are in."""
    while True:
        with transaction():
            query = select(WantedReset).order_by(WantedReset.id).limit(1)
            wanted = db.session.scalar(query.with_for_update(skip_locked=True))
            if wanted is None:
                return
            for member in workspaces.find_by_email(wanted.email):
                _offer(member, wanted.address)
            db.session.delete(wanted)


def _offer(member: Member, address: str | None) -> None:
    workspace_id, member_id = member.workspace_id, member.id
    caller = system_caller(workspace_id, "live", "forgotten password")
    link = workspaces.offer_reset(caller._replace(address=address), member_id)
    notices.tell_reset(get_workspace(workspace_id), member, link)


@job(every_seconds=60)
def seal_second_factors_anew() -> None:
    """Seal keys that are under an older encryption key under the current one.

    What can't be opened, because its key was dropped, is left as it is.
    """
    is_older = is_sealed_before(SecondFactor.encryption_key_id)
    act_in_batches(SecondFactor.member_id, is_older, _seal_anew)


def _seal_anew(factor: SecondFactor) -> None:
    key = second_factor.open_key(factor)
    if key is not None:
        second_factor.seal(factor, key)
