"""What a check finds."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line: `level` is `ok`, `warning` or `problem`; only problems fail a check."""

    level: str
    text: str


def ok(text: str) -> Finding:
    """Something is as it should be."""
    return Finding("ok", text)


def warning(text: str) -> Finding:
    """Something works, but may not be what was meant."""
    return Finding("warning", text)


def problem(text: str) -> Finding:
    """Something doesn't work, or isn't safe."""
    return Finding("problem", text)


def is_here(host: str) -> bool:
    """Whether a host is this machine: a loopback address, or a socket's directory."""
    try:
        return (
            host in {"", "localhost"}
            or host.startswith("/")
            or ipaddress.ip_address(host).is_loopback
        )
    except ValueError:
        return False


def clocks(name: str, their_seconds: float, our_seconds: float) -> list[Finding]:
    """What the difference between two clocks means."""
    apart = abs(their_seconds - our_seconds)
    if apart < 1:
        return []
    text = f"the clocks of {name} and this machine are {apart:,.0f} s apart: synchronize them (NTP)"
    return [problem(text) if apart >= 30 else warning(text)]
