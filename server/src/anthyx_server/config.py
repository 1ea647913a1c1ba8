"""Settings: everything the environment may say, read once, typed and frozen."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

import redis.connection
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from anthyx_server.embedded import socket_path
from anthyx_server.environment import ConfigurationError, Environment, Network
from anthyx_server.mail_settings import MailSettings, read_mail_settings
from anthyx_server.secrets_file import (
    Kept,
    NamedSecret,
    load_or_create,
    parse_named,
    secrets_path,
)
from anthyx_server.webhook_settings import WebhookSettings, read_webhook_settings

__all__ = ["ConfigurationError", "NamedSecret", "Network", "Settings", "share_metrics_in"]

_PUBLIC_URL = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")


@dataclass(frozen=True)
class Settings:
    """The whole configuration of one process.

    `database_url` and `redis_url` are URLs as SQLAlchemy and redis-py read them; `bind_host` is
    the address that the web server listens on; the first pepper and encryption key are current.
    """

    data_dir: Path
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    secret_key: str = field(repr=False)
    key_peppers: tuple[NamedSecret, ...]
    encryption_keys: tuple[NamedSecret, ...]
    public_url: str = "http://127.0.0.1:8080"
    bind_host: str = "127.0.0.1"
    port: int = 8080
    web_workers: int = 2
    web_threads: int = 4
    hosts: int = 1
    require_https: bool = False
    trusted_proxies: tuple[Network, ...] = ()
    trusted_proxy_hops: int = 0
    log_format: str = "console"
    metrics_bind: tuple[str, int] | None = None
    backup_passphrase: str | None = field(default=None, repr=False)
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    mail: MailSettings | None = None

    @property
    def metrics_dir(self) -> Path:
        """Where the processes of a server share what they count."""
        return self.data_dir / "metrics"

    @property
    def has_secrets(self) -> bool:
        """False only where `may_lack_secrets` let it be."""
        return bool(self.secret_key and self.key_peppers and self.encryption_keys)

    @property
    def is_embedded_database(self) -> bool:
        """True where the database is a SQLite file on this machine."""
        return self.database_url.startswith("sqlite")

    @property
    def is_embedded_redis(self) -> bool:
        """True where Redis is the one that `serve` runs in the data directory."""
        return self.redis_url == _embedded_redis(self.data_dir)

    @property
    def is_reachable_by_others(self) -> bool:
        """True where the web server listens on more than this machine's loopback addresses."""
        return not _is_loopback(self.bind_host)

    @classmethod
    def from_env(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        data_dir: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 8080,
        workers: int = 2,
        may_lack_secrets: bool = False,
    ) -> Settings:
        """Read `ANTHYX_*` from the environment; values from the command line win over it.

        An embedded deployment's secrets are made where there are none; `may_lack_secrets` leaves
        them empty instead.

        Raises:
            ConfigurationError: a value is malformed, missing or unsafe.
        """
        env = Environment(os.environ if environ is None else environ)
        directory = Path(data_dir or env.text("DATA_DIR") or "./.anthyx").absolute()
        database_url = _database_url(env)
        is_embedded = database_url is None or database_url.startswith("sqlite")
        kept = _kept_secrets(directory, may_lack_secrets=may_lack_secrets) if is_embedded else None
        secret_key, peppers, encryption_keys = _secrets(env, kept)
        settings = cls(
            data_dir=directory,
            database_url=database_url or f"sqlite:///{directory / 'anthyx.db'}",
            redis_url=_redis_url(env) or _embedded_redis(directory),
            secret_key=secret_key,
            key_peppers=peppers,
            encryption_keys=encryption_keys,
            public_url=_public_url(env, port),
            bind_host=host,
            port=port,
            web_workers=workers,
            hosts=env.whole("HOSTS", 1, at_least=1),
            trusted_proxies=env.networks("TRUSTED_PROXIES"),
            trusted_proxy_hops=env.whole("TRUSTED_PROXY_HOPS", 0, at_least=0),
            log_format=env.choice("LOG_FORMAT", ("console", "json")),
            metrics_bind=env.address("METRICS_BIND"),
            backup_passphrase=env.secret("BACKUP_PASSPHRASE"),
        )
        local = _is_loopback(urlsplit(settings.public_url).hostname) and _is_loopback(host)
        settings = replace(
            settings,
            require_https=env.flag("REQUIRE_HTTPS", default=not local),
            webhooks=read_webhook_settings(env, is_local=local),
            mail=read_mail_settings(env, settings.public_url),
        )
        return _safe(settings)


def share_metrics_in(directory: Path) -> None:
    """Tell prometheus-client where processes share what they count: it looks nowhere else."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)


def _public_url(env: Environment, port: int) -> str:
    url = (env.text("PUBLIC_URL") or f"http://127.0.0.1:{port}").rstrip("/")
    if not _PUBLIC_URL.fullmatch(url):
        raise ConfigurationError(
            "ANTHYX_PUBLIC_URL must be an address like https://api.example.com, without a path"
        )
    return url


def _database_url(env: Environment) -> str | None:
    url = env.secret("DATABASE_URL")
    if url is None:
        return None
    try:
        driver = make_url(url).drivername
    except (ArgumentError, ValueError):
        driver = ""
    if driver not in {"postgresql+psycopg", "sqlite"}:
        raise ConfigurationError(
            "ANTHYX_DATABASE_URL must look like postgresql+psycopg://user:password@host/database"
        )
    if driver != "sqlite" and importlib.util.find_spec("psycopg") is None:
        raise ConfigurationError(
            "ANTHYX_DATABASE_URL needs psycopg: install anthyx-server[postgresql]"
        )
    return url


def _redis_url(env: Environment) -> str | None:
    url = env.secret("REDIS_URL")
    try:
        if url is not None:
            redis.connection.parse_url(url)  # type: ignore[no-untyped-call]
    except ValueError:
        raise ConfigurationError(
            "ANTHYX_REDIS_URL must look like redis://, rediss:// or unix://"
        ) from None
    return url


def _embedded_redis(data_dir: Path) -> str:
    return f"unix://{socket_path(data_dir)}?db=0"


def _kept_secrets(directory: Path, *, may_lack_secrets: bool) -> Kept | None:
    if may_lack_secrets and not secrets_path(directory).exists():
        return ("", "", "")
    return load_or_create(directory)


def _secrets(
    env: Environment, kept: Kept | None
) -> tuple[str, tuple[NamedSecret, ...], tuple[NamedSecret, ...]]:
    given = [env.secret(name) for name in ("SECRET_KEY", "KEY_PEPPERS", "ENCRYPTION_KEYS")]
    if kept is not None:
        given = [mine or theirs for mine, theirs in zip(given, kept, strict=True)]
    return parse_secrets(*given, may_be_missing=kept == ("", "", ""))


def parse_secrets(
    secret_key: str | None,
    peppers: str | None,
    encryption_keys: str | None,
    *,
    may_be_missing: bool = False,
) -> tuple[str, tuple[NamedSecret, ...], tuple[NamedSecret, ...]]:
    """The three secrets as settings hold them.

    Raises:
        ConfigurationError: one is missing or malformed.
    """
    if not (secret_key and peppers and encryption_keys):
        if may_be_missing:
            return "", (), ()
        raise ConfigurationError(
            "set ANTHYX_SECRET_KEY, ANTHYX_KEY_PEPPERS and ANTHYX_ENCRYPTION_KEYS (or …_FILE): "
            "they have no default where ANTHYX_DATABASE_URL is set"
        )
    if len(secret_key) < 32:
        raise ConfigurationError("ANTHYX_SECRET_KEY must have at least 32 characters")
    return (
        secret_key,
        parse_named("ANTHYX_KEY_PEPPERS", peppers),
        parse_named("ANTHYX_ENCRYPTION_KEYS", encryption_keys),
    )


def _is_loopback(host: str | None) -> bool:
    if host is None:
        return False
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _safe(settings: Settings) -> Settings:
    """The settings, unless they are at odds with each other."""
    url = urlsplit(settings.public_url)
    if _is_loopback(url.hostname) and not _is_loopback(settings.bind_host):
        raise ConfigurationError(
            f"refusing to listen on {settings.bind_host} with the loopback public URL "
            f"{settings.public_url}: set ANTHYX_PUBLIC_URL to the https address that clients use"
        )
    if settings.metrics_bind is not None and settings.metrics_bind[1] == settings.port:
        raise ConfigurationError(
            f"ANTHYX_METRICS_BIND must not be on the public port {settings.port}: set another port"
        )
    if settings.require_https and url.scheme != "https":
        raise ConfigurationError(
            "HTTPS is required but ANTHYX_PUBLIC_URL is http: set it to the https address"
        )
    if settings.trusted_proxy_hops and not settings.trusted_proxies:
        raise ConfigurationError(
            "ANTHYX_TRUSTED_PROXY_HOPS without ANTHYX_TRUSTED_PROXIES would believe anyone: "
            "set the proxies' CIDRs"
        )
    if settings.trusted_proxies and not settings.trusted_proxy_hops:
        raise ConfigurationError(
            "ANTHYX_TRUSTED_PROXIES without ANTHYX_TRUSTED_PROXY_HOPS has no effect: "
            "set how many proxies stand in front (usually 1)"
        )
    return settings
