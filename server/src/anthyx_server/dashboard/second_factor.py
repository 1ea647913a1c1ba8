"""A second factor: codes of an app (TOTP, RFC 6238), and recovery codes for when it is lost."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Literal, NamedTuple

import pyotp
import segno
from sqlalchemy import delete, func, select

from anthyx_server import clock
from anthyx_server.dashboard.models import SecondFactor
from anthyx_server.db import db
from anthyx_server.errors import InvalidState
from anthyx_server.sealing import Sealed, keyring
from anthyx_server.workspaces import Member

Verdict = Literal["right", "wrong", "locked"]

_STEP_SECONDS = 30
# The clock of a phone may be a step off, and a code may be typed slowly.
_TOLERANCE = (0, -1, 1)
# Of a million codes three hold at a time: these many a quarter of an hour find none in years.
_MOST_FAILURES = 5
_LOCKED_FOR = timedelta(minutes=15)
_RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_BITS = "-".join(["xxxx"] * 4)


class SetUp(NamedTuple):
    """What an app needs: the key as text, and as a picture to scan."""

    key: str
    picture: str


def find(member_id: str) -> SecondFactor | None:
    """A member's second factor, if it is in use."""
    query = select(SecondFactor).where(
        SecondFactor.member_id == member_id, SecondFactor.confirmed_at.is_not(None)
    )
    return db.session.scalar(query)


def begin(member: Member) -> None:
    """Make a new key for a member; it counts once a code of it was given.

    Raises:
        InvalidState: a second factor is in use.
    """
    factor = _lock(member.id)
    if factor is None:
        factor = SecondFactor(member_id=member.id, recovery_digests=[], last_step=0)
        db.session.add(factor)
    elif factor.confirmed_at is not None:
        raise InvalidState("A second factor is in use: turn it off first.")
    factor.created_at = clock.now()
    factor.failures, factor.locked_until = 0, None
    seal(factor, pyotp.random_base32())
    db.session.flush()


def show(member: Member) -> SetUp | None:
    """The key that was made and does not count yet; None where there is none."""
    factor = db.session.get(SecondFactor, member.id)
    key = None if factor is None or factor.confirmed_at is not None else open_key(factor)
    if key is None:
        return None
    uri = pyotp.TOTP(key).provisioning_uri(name=member.email, issuer_name="Anthyx")
    picture = segno.make(uri, error="m", micro=False).svg_inline(
        scale=4, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return SetUp(" ".join(key[start : start + 4] for start in range(0, len(key), 4)), picture)


def confirm(member: Member, code: str) -> list[str] | None:
    """Put the new key to use, if this is a code of it; recovery codes, which are shown once.

    Raises:
        InvalidState: there is no key that waits for it.
    """
    factor = _lock(member.id)
    if factor is None or factor.confirmed_at is not None:
        raise InvalidState("There is no second factor to set up: begin again.")
    if _judge(factor, code) != "right":
        return None
    factor.confirmed_at = clock.now()
    return _new_codes(factor)


def renew_codes(member: Member) -> list[str]:
    """New recovery codes in place of those there were; they are shown once.

    Raises:
        InvalidState: no second factor is in use.
    """
    factor = _lock(member.id)
    if factor is None or factor.confirmed_at is None:
        raise InvalidState("No second factor is in use.")
    return _new_codes(factor)


def _new_codes(factor: SecondFactor) -> list[str]:
    codes = [
        "".join(secrets.choice(_LETTERS) if each == "x" else each for each in _BITS)
        for _ in range(_RECOVERY_CODES)
    ]
    factor.recovery_digests = [_digest(code) for code in codes]
    db.session.flush()
    return codes


def turn_off(member_id: str) -> bool:
    """Ask a member for their password alone from now on; whether there was anything to do."""
    factor = _lock(member_id)
    if factor is not None:
        db.session.delete(factor)
        db.session.flush()
    return factor is not None


def verify(member_id: str, code: str) -> Verdict:
    """Judge a code of the app, or a recovery code; either holds once.

    Must be committed also where it is wrong: failures are counted.
    """
    factor = _lock(member_id)
    if factor is None or factor.confirmed_at is None:
        return "right"
    return _judge(factor, code)


def _judge(factor: SecondFactor, code: str) -> Verdict:
    moment = clock.now()
    if factor.locked_until is not None and factor.locked_until > moment:
        return "locked"
    if _use(factor, "".join(code.split())):
        factor.failures, factor.locked_until = 0, None
        return "right"
    factor.failures += 1
    if factor.failures >= _MOST_FAILURES:
        factor.failures, factor.locked_until = 0, moment + _LOCKED_FOR
    db.session.flush()
    return "wrong"


def _use(factor: SecondFactor, code: str) -> bool:
    """True for a code that holds, which it does no more afterwards."""
    key = open_key(factor)
    now = int(clock.unix_seconds()) // _STEP_SECONDS
    for step in (now + each for each in _TOLERANCE) if key is not None else ():
        expected = pyotp.TOTP(key or "").generate_otp(step)
        if hmac.compare_digest(expected.encode(), code.encode(errors="replace")):
            is_new = step > factor.last_step
            factor.last_step = max(step, factor.last_step)
            return is_new
    given = _digest(code.lower())
    left = [each for each in factor.recovery_digests if each != given]
    is_known = len(left) < len(factor.recovery_digests)
    factor.recovery_digests = left
    return is_known


def _digest(code: str) -> str:
    """Enough for 79 random bits, which nobody finds by trying; dashes are left out."""
    return hashlib.sha256(code.replace("-", "").encode(errors="replace")).hexdigest()


def _lock(member_id: str) -> SecondFactor | None:
    query = select(SecondFactor).where(SecondFactor.member_id == member_id).with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def seal(factor: SecondFactor, key: str) -> None:
    """Keep a key under the current encryption key, bound to its member."""
    sealed = keyring().seal(key.encode(), _context(factor))
    factor.encryption_key_id, factor.sealed_secret = sealed


def open_key(factor: SecondFactor) -> str | None:
    """The key; None where its encryption key was dropped, so that recovery codes alone hold."""
    sealed = Sealed(factor.encryption_key_id, factor.sealed_secret)
    plain = keyring().unseal(sealed, _context(factor))
    return None if plain is None else plain.decode()


def _context(factor: SecondFactor) -> bytes:
    return f"second factor\0{factor.member_id}".encode()


def forget_begun(older_than: timedelta) -> None:
    """Remove keys that were made long ago and never put to use."""
    is_old = SecondFactor.created_at <= clock.now() - older_than
    db.session.execute(delete(SecondFactor).where(SecondFactor.confirmed_at.is_(None), is_old))


def count_by_encryption_key() -> dict[str, int]:
    """How many second factors are sealed with each encryption key."""
    key_id = SecondFactor.encryption_key_id
    return dict(db.session.execute(select(key_id, func.count()).group_by(key_id)).all())
