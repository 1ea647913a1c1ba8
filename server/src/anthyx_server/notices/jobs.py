"""The worker's part: sending what waits, and forgetting what is old.

At least once: a mail is taken for some minutes, sent, then marked. Who dies in between leaves it
to the next run, with the same Message-ID.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sqlalchemy import delete, select

from anthyx_server import clock
from anthyx_server.db import db, transaction
from anthyx_server.mail_settings import MailSettings
from anthyx_server.notices.delivery import Connection, Outage, Refusal, compose, connected
from anthyx_server.notices.models import Mail, Notice
from anthyx_server.notices.service import link_of, mail_settings
from anthyx_server.queue import job

log = logging.getLogger(__name__)

_BATCH = 20
_TAKEN_FOR = timedelta(minutes=5)
_WAITS = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 180, 360, 720))
_KEPT_FOR = timedelta(days=90)


@job(every_seconds=5)
def send_mails() -> None:
    """Send the mails that are due; without a mail server they wait until they are given up."""
    settings = mail_settings()
    with transaction():
        taken = [] if settings is None else _take()
    if not taken or settings is None:
        return
    left = list(taken)
    try:
        with connected(settings) as connection:
            while left:
                _send(connection, settings, left[0])
                left.pop(0)
    except Outage as outage:
        log.warning("notices: the mail server takes nothing (%s)", outage)
        with transaction():
            for mail_id in left:
                _postpone(mail_id, str(outage))


def _take() -> list[str]:
    """Take the next mails, so that no other worker sends them; what is too old is given up."""
    moment = clock.now()
    query = (
        select(Mail)
        .where(Mail.next_attempt_at <= moment)
        .order_by(Mail.next_attempt_at)
        .limit(_BATCH)
        .with_for_update(skip_locked=True)
    )
    taken = []
    for mail in db.session.scalars(query).all():
        if mail.gives_up_at <= moment:
            _finish(mail)
            log.warning("notices: %s is given up (%s)", mail.id, mail.last_problem)
            continue
        mail.attempts += 1
        mail.next_attempt_at = moment + _TAKEN_FOR
        taken.append(mail.id)
    return taken


def _send(connection: Connection, settings: MailSettings, mail_id: str) -> None:
    with transaction():
        found = db.session.execute(
            select(Mail, Notice).join(Notice).where(Mail.id == mail_id, Mail.sent_at.is_(None))
        ).first()
        if found is None:
            return  # the member is gone, and their mails with them
        mail, notice = found
        address, subject, written_at = mail.address, notice.subject, notice.created_at
        text = _text(mail, notice)
    if text is None:
        _note_refusal(mail_id, "the link can't be opened")
        return
    try:
        message = compose(settings.sender, address, mail_id, subject, text, written_at)
        connection.send(message, settings.sender, address)
    except Refusal as refusal:
        _note_refusal(mail_id, str(refusal))
        return
    with transaction():
        sent = db.session.get(Mail, mail_id, with_for_update=True)
        if sent is not None:
            sent.sent_at = clock.now()
            _finish(sent)


def _note_refusal(mail_id: str, problem: str) -> None:
    log.warning("notices: %s was not taken (%s)", mail_id, problem)
    with transaction():
        _postpone(mail_id, problem)


def _text(mail: Mail, notice: Notice) -> str | None:
    """What the mail says; None where its link can't be opened any more."""
    if mail.sealed_link is None:
        return f"{notice.text}\n"
    link = link_of(mail)
    return None if link is None else f"{notice.text}\n{link}\n"


def _postpone(mail_id: str, problem: str) -> None:
    mail = db.session.get(Mail, mail_id, with_for_update=True)
    if mail is not None and mail.next_attempt_at is not None:
        wait = _WAITS[min(mail.attempts, len(_WAITS)) - 1]
        mail.next_attempt_at = clock.now() + wait
        mail.last_problem = problem


def _finish(mail: Mail) -> None:
    mail.next_attempt_at = mail.sealed_link = mail.encryption_key_id = None


@job(every_seconds=3600)
def forget_old_notices() -> None:
    """Remove notices after 90 days, with their mails."""
    with transaction():
        db.session.execute(delete(Notice).where(Notice.created_at <= clock.now() - _KEPT_FOR))
