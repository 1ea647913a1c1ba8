"""Destinations that the operator denies: what would deny nothing refuses to start."""

from __future__ import annotations

import pytest

from anthyx_server.environment import ConfigurationError, Environment
from anthyx_server.webhook_settings import read_webhook_settings
from anthyx_server.webhooks.sending.destination import Policy, is_allowed


def denied(text: str) -> tuple[str, ...]:
    env = Environment({"ANTHYX_DENY_DESTINATIONS": text})
    return read_webhook_settings(env, is_local=False).denied_hosts


def test_names_addresses_and_networks() -> None:
    text = "Inside.corp, a_b.corp:8443,8.8.8.8 ,8.8.8.8:443,8.8.0.0/16,2606:4700::1,2606:4700::/32,"
    assert denied(text + "[2606:4700::1],[2606:4700::1]:8443") == (
        "inside.corp",
        "a_b.corp:8443",
        "8.8.8.8",
        "8.8.8.8:443",
        "8.8.0.0/16",
        "2606:4700::1",
        "2606:4700::/32",
        "[2606:4700::1]",
        "[2606:4700::1]:8443",
    )
    assert denied(" , ") == ()


@pytest.mark.parametrize("entry", ["8.8.0.0/16", "2606:4700::/32", "[2606:4700::1]"])
def test_what_is_taken_is_denied(entry: str) -> None:
    policy = Policy(denied_hosts=denied(entry))
    address = "8.8.8.8" if "." in entry else "2606:4700::1"
    assert is_allowed(address, Policy())
    assert not is_allowed(address, policy)


@pytest.mark.parametrize(
    "entry",
    ["https://inside.corp", "inside.corp/", "a b", "*.corp", "8.8.8.8/33", "8.8.8/24", "::g", "a:b",
     "2606:4700::/129", "1:2:3", "-a.corp", "ü.corp", "user@corp", "8.8.8.8-8.8.8.9"],
)  # fmt: skip
def test_malformed(entry: str) -> None:
    with pytest.raises(ConfigurationError, match="ANTHYX_DENY_DESTINATIONS"):
        denied(f"inside.corp,{entry}")
