"""Reading typed values out of `ANTHYX_*` environment variables."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

_ADDRESS = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ConfigurationError(Exception):
    """A setting is missing, malformed or unsafe; the message says in one line what to set."""


class Environment:
    """The variables of one process, addressed without their `ANTHYX_` prefix."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str) -> str | None:
        """The value, or None where it is unset or empty."""
        return self._values.get(f"ANTHYX_{name}", "").strip() or None

    def secret(self, name: str) -> str | None:
        """The value, or the content of the file that `ANTHYX_<name>_FILE` names."""
        path = self.text(f"{name}_FILE")
        if path is None:
            return self.text(name)
        try:
            return Path(path).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"ANTHYX_{name}_FILE: cannot read {path}: {error}") from None

    def whole(self, name: str, default: int, *, at_least: int) -> int:
        """A whole number of at least `at_least`."""
        text = self.text(name)
        try:
            value = default if text is None else int(text)
        except ValueError:
            value = at_least - 1
        if value < at_least:
            raise ConfigurationError(
                f"ANTHYX_{name} must be a whole number of at least {at_least}, not {text!r}"
            )
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """A switch: on, true, yes or 1; off, false, no or 0."""
        text = self.text(name)
        if text is None:
            return default
        if text.lower() in {"on", "true", "yes", "1"}:
            return True
        if text.lower() in {"off", "false", "no", "0"}:
            return False
        raise ConfigurationError(f"ANTHYX_{name} must be on or off, not {text!r}")

    def choice(self, name: str, allowed: Sequence[str]) -> str:
        """One of `allowed`, of which the first is the default."""
        text = self.text(name) or allowed[0]
        if text not in allowed:
            raise ConfigurationError(f"ANTHYX_{name} must be one of {', '.join(allowed)}")
        return text

    def address(self, name: str) -> tuple[str, int] | None:
        """A host and a port, as in `127.0.0.1:9100` or `[::1]:9100`."""
        text = self.text(name)
        if text is None:
            return None
        found = _ADDRESS.fullmatch(text)
        if found is None or not 1 <= int(found[3]) <= 65_535:
            raise ConfigurationError(
                f"ANTHYX_{name} must be a host and a port, such as 127.0.0.1:9100"
            )
        return found[1] or found[2], int(found[3])

    def networks(self, name: str) -> tuple[Network, ...]:
        """Networks in CIDR notation, separated by commas."""
        parts = [part.strip() for part in (self.text(name) or "").split(",") if part.strip()]
        try:
            return tuple(ipaddress.ip_network(part) for part in parts)
        except ValueError as error:
            raise ConfigurationError(f"ANTHYX_{name}: {error}") from None
