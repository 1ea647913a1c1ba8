"""Settings that are at odds, and what this machine lacks."""

from __future__ import annotations

import ipaddress
import os
import resource
import shutil
import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

from anthyx_server.checks.findings import Finding, is_here, ok, problem, warning
from anthyx_server.config import Settings
from anthyx_server.secrets_file import secrets_path

_LITTLE_SPACE, _NO_SPACE = 1 << 30, 100 << 20
# A web worker keeps up to 1,000 connections open.
_FILES = 1_024


def check_settings(settings: Settings) -> list[Finding]:
    """Whether settings fit together."""
    url = urlsplit(settings.public_url)
    found = []
    if settings.require_https and not settings.trusted_proxies:
        found.append(
            problem(
                "HTTPS is required but no proxy is trusted to say so: every request is redirected. "
                "Set ANTHYX_TRUSTED_PROXIES and ANTHYX_TRUSTED_PROXY_HOPS"
            )
        )
    if url.scheme == "http" and not is_here(url.hostname or ""):
        found.append(
            warning(
                "ANTHYX_PUBLIC_URL is http: keys travel in the clear. Set it to the https address"
            )
        )
    wide = [str(each) for each in settings.trusted_proxies if each.prefixlen == 0]
    if wide:
        found.append(
            warning(f"ANTHYX_TRUSTED_PROXIES has {wide[0]}: anybody may say where they call from")
        )
    if settings.hosts > 1 and settings.is_embedded_database:
        found.append(
            problem("ANTHYX_HOSTS is over 1 but the database is a file here: set DATABASE_URL")
        )
    return [*found, *_metrics(settings)] or [ok("the settings fit together")]


def _metrics(settings: Settings) -> list[Finding]:
    if settings.metrics_bind is None:
        return []
    host, port = settings.metrics_bind
    try:
        addresses = {entry[4][0] for entry in socket.getaddrinfo(host, port)}
    except OSError:
        return [problem(f"ANTHYX_METRICS_BIND: no such host: {host}")]
    open_to_all = [
        each for each in addresses
        if not (address := ipaddress.ip_address(str(each).partition("%")[0])).is_private
        or address.is_unspecified
    ]  # fmt: skip
    if open_to_all:
        return [
            warning(
                f"ANTHYX_METRICS_BIND is on {host}, which others may reach: anybody could read "
                "the metrics. Set a loopback or private address"
            )
        ]
    return []


def check_machine(settings: Settings) -> list[Finding]:
    """Files, their permissions, and room for more."""
    return [*_secrets(settings.data_dir), *_space(settings), *_open_files()]


def _secrets(data_dir: Path) -> list[Finding]:
    found = []
    for path, wanted in ((data_dir, 0o700), (secrets_path(data_dir), 0o600)):
        if not path.exists():
            continue
        status = path.stat()
        if stat.S_IMODE(status.st_mode) & 0o077:
            found.append(problem(f"{path} is open to others: chmod {wanted:o} {path}"))
        if not os.access(path, os.R_OK | os.W_OK):
            found.append(problem(f"{path} is not ours to read and write: it is another user's"))
    return found or [ok("the data directory is the owner's alone")]


def _space(settings: Settings) -> list[Finding]:
    place = settings.data_dir
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < _NO_SPACE:
        return [problem(f"only {free >> 20:,} MiB are free in {place}: make room")]
    if free < _LITTLE_SPACE:
        return [warning(f"only {free >> 20:,} MiB are free in {place}: make room soon")]
    return [ok(f"{free >> 30:,} GiB are free in {place}")]


def _open_files() -> list[Finding]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < _FILES:
        return [warning(f"a process may open only {soft} files: raise it to {_FILES} (ulimit -n)")]
    return [ok(f"a process may open {soft:,} files")]
