"""Writing notices, in the transaction of what they tell, and the mails to those concerned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import func, select

from anthyx_server import clock
from anthyx_server.db import db
from anthyx_server.ids import new_id
from anthyx_server.mail_settings import MailSettings
from anthyx_server.notices.models import Mail, Notice
from anthyx_server.sealing import Sealed, keyring
from anthyx_server.workspaces import Member, Workspace, may

# How long a mail is tried for.
GIVEN_UP_AFTER = timedelta(days=3)
_LONGEST_SUBJECT = 150


class Shown(NamedTuple):
    """A notice as the page shows it; `mails` went or go out, `sent` of them arrived."""

    notice: Notice
    mails: int
    sent: int


def mail_settings() -> MailSettings | None:
    """How this application sends mail, if it does."""
    found: MailSettings | None = current_app.extensions["anthyx_mail"]
    return found


def is_mailed() -> bool:
    """True where notices go out by mail."""
    return mail_settings() is not None


def tell_workspace(
    workspace: Workspace, kind: str, subject: str, text: str, *, once: str | None = None
) -> None:
    """Tell the owner and the admins of a workspace; nothing happens if `once` was told before."""
    if once is not None and _was_told(once):
        return
    notice = _write(workspace.id, kind, subject, text, once=once)
    query = select(Member).where(
        Member.workspace_id == workspace.id, Member.password_hash.is_not(None)
    )
    members = db.session.scalars(query.order_by(Member.id))
    _mail(notice, [each for each in members if may(each, "manage_settings")])


def tell_member(
    member: Member, kind: str, subject: str, text: str, *, link: str | None = None,
    ends_at: datetime | None = None,
) -> None:  # fmt: skip
    """Tell one member; `link`, which is kept sealed, is the mail's last line until `ends_at`."""
    notice = _write(member.workspace_id, kind, subject, text, member_id=member.id)
    _mail(notice, [member], link, ends_at)


def _was_told(once: str) -> bool:
    return db.session.scalar(select(Notice.id).where(Notice.once == once)) is not None


def _write(
    workspace_id: str,
    kind: str,
    subject: str,
    text: str,
    *,
    member_id: str | None = None,
    once: str | None = None,
) -> Notice:
    notice = Notice(
        id=new_id("ntc"),
        workspace_id=workspace_id,
        member_id=member_id,
        kind=kind,
        subject=in_one_line(subject, _LONGEST_SUBJECT),
        text=text,
        once=once,
        created_at=clock.now(),
    )
    db.session.add(notice)
    db.session.flush()
    return notice


def _mail(
    notice: Notice,
    members: Sequence[Member],
    link: str | None = None,
    ends_at: datetime | None = None,
) -> None:
    if not is_mailed():
        return
    for member in members:
        mail = Mail(
            id=new_id("mail"),
            notice_id=notice.id,
            member_id=member.id,
            address=member.email,
            attempts=0,
            next_attempt_at=notice.created_at,
            gives_up_at=ends_at or notice.created_at + GIVEN_UP_AFTER,
        )
        if link is not None:
            sealed = keyring().seal(link.encode(), _context(mail))
            mail.encryption_key_id, mail.sealed_link = sealed
        db.session.add(mail)
    db.session.flush()


def link_of(mail: Mail) -> str | None:
    """The link that a mail ends with; None where there is none, or it can't be opened any more."""
    if mail.sealed_link is None or mail.encryption_key_id is None:
        return None
    sealed = Sealed(mail.encryption_key_id, mail.sealed_link)
    plain = keyring().unseal(sealed, _context(mail))
    return None if plain is None else plain.decode()


def _context(mail: Mail) -> bytes:
    return f"mail\0{mail.id}".encode()


def list_recent(workspace_id: str, member_id: str, count: int) -> list[Shown]:
    """What a workspace was told of late, and this member of it, the newest first."""
    query = (
        select(Notice, func.count(Mail.id), func.count(Mail.sent_at))
        .outerjoin(Mail, Mail.notice_id == Notice.id)
        .where(
            Notice.workspace_id == workspace_id,
            Notice.member_id.is_(None) | (Notice.member_id == member_id),
        )
        .group_by(Notice.id)
        .order_by(Notice.id.desc())
        .limit(count)
    )
    return [Shown(*row) for row in db.session.execute(query)]


def count_by_encryption_key() -> dict[str, int]:
    """How many waiting mails hold a link that is sealed with each encryption key."""
    query = (
        select(Mail.encryption_key_id, func.count())
        .where(Mail.next_attempt_at.is_not(None), Mail.encryption_key_id.is_not(None))
        .group_by(Mail.encryption_key_id)
    )
    return {key_id: count for key_id, count in db.session.execute(query) if key_id is not None}


def at(workspace: Workspace, moment: datetime) -> str:
    """A time as people of a workspace read it, and in UTC."""
    zone = workspace.timezone
    shown = f"{_minute(moment.astimezone(ZoneInfo(zone)))} ({zone})"
    return shown if zone == "UTC" else f"{shown}, {_minute(moment)} UTC"


def _minute(moment: datetime) -> str:
    return f"{moment:%b} {moment.day}, {moment:%Y %H:%M}"


def in_one_line(text: str, longest: int = 300) -> str:
    """What somebody else wrote, harmless in a line or a header: nothing moves or hides text."""
    line = " ".join("".join(each if each.isprintable() else " " for each in text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def page_url(path: str) -> str:
    """The full address of a page."""
    public_url: str = current_app.extensions["anthyx_public_url"]
    return public_url + path
