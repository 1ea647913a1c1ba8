"""The fake API of `anthyx.testing` behaves as the real one: each scenario ends alike on both."""

from __future__ import annotations

import pytest

from anthyx import Anthyx
from anthyx.testing import FakeAnthyx
from anthyx_server import keys
from tests.crossing.conftest import Running
from tests.crossing.scenarios import SCENARIOS, Scenario, told
from tests.support.apps import make_account

pytestmark = pytest.mark.enable_socket

# What a key gets unless somebody chooses.
_NOT_BY_DEFAULT = {"keys:read", "keys:write", "webhooks:secrets", "audit:read"}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
def test_a_scenario_ends_alike_on_both(running: Running, scenario: Scenario) -> None:
    account = make_account(running.app, "starter", mode="test")
    scopes = [each for each in keys.SCOPES if each not in _NOT_BY_DEFAULT]
    token = account.with_key(name="Key", scopes=scopes).token
    with Anthyx(token, base_url=f"{running.url}/v1") as real:
        expected = told(scenario, real)
    found = told(scenario, FakeAnthyx().client())
    for number, (one, two) in enumerate(zip(found, expected, strict=False)):
        assert one == two, number
    assert len(found) == len(expected)
