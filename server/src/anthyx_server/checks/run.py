"""All checks, in order."""

from __future__ import annotations

from anthyx_server.checks.database import check_database
from anthyx_server.checks.findings import Finding
from anthyx_server.checks.machine import check_machine, check_settings
from anthyx_server.checks.mail import check_mail
from anthyx_server.checks.redis import check_redis
from anthyx_server.config import Settings


def run(settings: Settings) -> list[Finding]:
    """Everything that is found; a problem in one part hides none in another."""
    return [
        *check_settings(settings),
        *check_machine(settings),
        *check_redis(settings),
        *check_database(settings),
        *check_mail(settings),
    ]
