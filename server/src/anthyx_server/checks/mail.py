"""The mail server: reachable, and taking what the settings say."""

from __future__ import annotations

from anthyx_server import notices
from anthyx_server.checks.findings import Finding, is_here, ok, problem, warning
from anthyx_server.config import Settings


def check_mail(settings: Settings) -> list[Finding]:
    """Whether mail can be sent; that there is no server for it is no problem."""
    mail = settings.mail
    if mail is None:
        return [ok("no mail is sent: ANTHYX_SMTP_URL is not set")]
    found = []
    if not (mail.is_tls or mail.is_starttls or is_here(mail.host)):
        found.append(warning("ANTHYX_SMTP_URL is on another machine without TLS"))
    try:
        notices.greet(mail)
    except notices.Outage as outage:
        return [*found, problem(f"the mail server does not answer ({outage}): see ANTHYX_SMTP_URL")]
    return [*found, ok("the mail server answers")]
