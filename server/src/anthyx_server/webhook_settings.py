"""Settings of webhooks: how long to wait and try, and where nothing may be sent."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from anthyx_server.environment import ConfigurationError, Environment

_HOST_AND_PORT = re.compile(r"(\[[^\[\]]+\]|[^:\[\]]+)(:[0-9]{1,5})?")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")


@dataclass(frozen=True)
class WebhookSettings:
    """What an operator may say of webhooks; times are seconds.

    `retry_seconds` are the waits between attempts. An attempt has `timeout_seconds` in all, and
    may take `connect_timeout_seconds` of them to connect. A process that does not answer for a
    delivery within `lease_seconds` loses it. `host_rate` bounds the requests per second to one
    host, over all workspaces; 0 is no bound.
    """

    retry_seconds: tuple[float, ...] = (
        5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
    )  # fmt: skip
    timeout_seconds: float = 15
    connect_timeout_seconds: float = 5
    lease_seconds: float = 60
    retention_days: int = 30
    host_rate: int = 1_000
    denied_hosts: tuple[str, ...] = ()
    are_private_allowed: bool = False


def read_webhook_settings(env: Environment, *, is_local: bool) -> WebhookSettings:
    """The settings of webhooks; `is_local` says that nobody else can reach this server.

    Raises:
        ConfigurationError: a value is malformed, or leases would end before attempts do.
    """
    defaults = WebhookSettings()
    settings = WebhookSettings(
        retry_seconds=_schedule(env) or defaults.retry_seconds,
        timeout_seconds=env.whole("WEBHOOK_TIMEOUT_SECONDS", 15, at_least=1),
        connect_timeout_seconds=env.whole("WEBHOOK_CONNECT_TIMEOUT_SECONDS", 5, at_least=1),
        lease_seconds=env.whole("WEBHOOK_LEASE_SECONDS", 60, at_least=2),
        retention_days=env.whole("WEBHOOK_RETENTION_DAYS", 30, at_least=1),
        host_rate=env.whole("WEBHOOK_HOST_RATE", 1_000, at_least=0),
        denied_hosts=_denied(env),
        are_private_allowed=env.flag("ALLOW_PRIVATE_DESTINATIONS", default=is_local),
    )
    if settings.lease_seconds <= settings.timeout_seconds:
        raise ConfigurationError(
            "ANTHYX_WEBHOOK_LEASE_SECONDS must be more than ANTHYX_WEBHOOK_TIMEOUT_SECONDS: "
            "a lease that ends first would send every slow delivery twice"
        )
    return settings


def _schedule(env: Environment) -> tuple[float, ...]:
    text = env.text("WEBHOOK_RETRY_SCHEDULE")
    if text is None:
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) for part in parts):
        raise ConfigurationError(
            "ANTHYX_WEBHOOK_RETRY_SCHEDULE must be seconds separated by commas, such as 5,300,1800"
        )
    return tuple(int(part) for part in parts)


def _denied(env: Environment) -> tuple[str, ...]:
    parts = [part.strip().lower() for part in (env.text("DENY_DESTINATIONS") or "").split(",")]
    hosts = tuple(part for part in parts if part)
    wrong = [host for host in hosts if not _is_deniable(host)]
    if wrong:
        raise ConfigurationError(
            f"ANTHYX_DENY_DESTINATIONS must be host names, addresses or networks, not {wrong[0]!r}"
        )
    return hosts


def _is_deniable(entry: str) -> bool:
    """True for a name, an address or a network; what is none of them would deny nothing."""
    found = _HOST_AND_PORT.fullmatch(entry)
    host = found[1] if found else entry
    try:
        ipaddress.ip_network(host.removeprefix("[").removesuffix("]"), strict=False)
    except ValueError:
        return bool(_NAME.fullmatch(host)) and not host.rpartition(".")[2].isdigit()
    return True
