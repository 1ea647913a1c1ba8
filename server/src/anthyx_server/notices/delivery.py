"""Handing mail over to the SMTP server, in bounded time."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from anthyx_server.mail_settings import MailSettings

_STEP_SECONDS = 10.0
# However slowly a server answers, for a connection in all.
_MOST_SECONDS = 60.0


class Outage(Exception):
    """The server takes no mail now; the message names what went wrong, and no address."""


class Refusal(Exception):
    """The server does not take this mail."""


class Connection:
    """A session with the server that mail is handed over in."""

    def __init__(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp

    def send(self, message: EmailMessage, sender: str, address: str) -> None:
        """Hand one mail over.

        Raises:
            Outage: the connection broke; whether the mail was taken is not known.
            Refusal: this mail was not taken, others may be.
        """
        try:
            self._smtp.send_message(message, sender, [address])
        except smtplib.SMTPServerDisconnected as error:
            raise Outage(_said(error)) from None
        except (smtplib.SMTPException, ValueError) as error:
            raise Refusal(_said(error)) from None
        except OSError as error:
            raise Outage(_said(error)) from None


@contextmanager
def connected(settings: MailSettings, most_seconds: float = _MOST_SECONDS) -> Iterator[Connection]:
    """A session, encrypted and signed in as the settings say; it ends after `most_seconds`.

    Raises:
        Outage: there is none to be had.
    """
    smtp = _new(settings)
    # Each step has its time; a server that drips its answers could still take for ever.
    watch = threading.Timer(most_seconds, _cut, [smtp])
    watch.daemon = True
    watch.start()
    try:
        _open(smtp, settings)
        yield Connection(smtp)
        with suppress(smtplib.SMTPException, OSError):
            smtp.quit()
    finally:
        watch.cancel()
        smtp.close()


def _new(settings: MailSettings) -> smtplib.SMTP:
    """A client that is not connected; the name it gives itself needs no look-up."""
    name = settings.sender.rpartition("@")[2]
    if settings.is_tls:
        return smtplib.SMTP_SSL(local_hostname=name, timeout=_STEP_SECONDS, context=_tls())
    return smtplib.SMTP(local_hostname=name, timeout=_STEP_SECONDS)


def _open(smtp: smtplib.SMTP, settings: MailSettings) -> None:
    try:
        # What a certificate is looked at for; `connect` alone does not set it.
        smtp._host = settings.host  # type: ignore[attr-defined]  # noqa: SLF001
        smtp.connect(settings.host, settings.port)
        if settings.is_starttls:
            smtp.starttls(context=_tls())
        if settings.user is not None and settings.password is not None:
            smtp.login(settings.user, settings.password)
        else:
            smtp.ehlo_or_helo_if_needed()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise Outage(_said(error)) from None


def greet(settings: MailSettings) -> None:
    """Connect and part again.

    Raises:
        Outage: the server does not answer, or not as it must.
    """
    with connected(settings, most_seconds=_STEP_SECONDS):
        pass


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _cut(smtp: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        smtp.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]


def compose(
    sender: str, address: str, mail_id: str, subject: str, text: str, written_at: datetime
) -> EmailMessage:
    """A mail in plain text; of one id it is always the same.

    Raises:
        Refusal: the address can't be written in a header.
    """
    domain = sender.rpartition("@")[2]
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("Anthyx", addr_spec=sender)
    try:
        message["To"] = Address(addr_spec=address)
    except (ValueError, HeaderParseError):
        raise Refusal("the address can't be written") from None
    message["Subject"] = subject
    message["Date"] = format_datetime(written_at)
    message["Message-ID"] = f"<{mail_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    return message


def _said(error: Exception) -> str:
    """What went wrong, without what a server may quote: addresses and user names."""
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"
