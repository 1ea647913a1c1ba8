"""A running server that the examples of the pages are tried on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from anthyx_server import clock
from anthyx_server.webhook_settings import WebhookSettings
from tests.support.apps import make_account, make_settings, open_app, running_server
from tests.support.webhooks import add_delivery, add_endpoint

# Where the pages' webhooks go; its name is not looked up in tests.
RECEIVER = "https://example.com"


@dataclass(frozen=True)
class Running:
    """Where the server is, a key of each mode, and what stands for the pages' ids and URLs."""

    url: str
    token: str = field(repr=False)
    test_token: str = field(repr=False)
    ids: dict[str, str]


@pytest.fixture
def running(redis_url: str, sqlite_url: str, tmp_path: Path) -> Iterator[Running]:
    """A server with a new workspace; it needs TCP."""
    # There is no worker that whoever sends a test event could wait for.
    webhooks = WebhookSettings(timeout_seconds=1)
    settings = make_settings(tmp_path, sqlite_url, redis_url, webhooks=webhooks)
    with open_app(settings) as app, running_server(settings, workers=1) as url:
        account = make_account(app, "growth")
        brand = account.post("/brands", json={"name": "A brand"}).get_json()
        body = {"brand_id": brand["id"], "platform": "linkedin", "name": "A channel"}
        channel = account.post("/channels", json=body).get_json()
        test_token = account.with_key(mode="test").token
        disabled = add_endpoint(account, status="disabled", disabled_at=clock.now())
        enabled = add_endpoint(account)
        ids = {
            "brand_…": brand["id"],
            "chan_…": channel["id"],
            "dlv_…": add_delivery(account, enabled, status="dead"),
            "we_…/enable": f"{disabled}/enable",
            "we_…": enabled,
            RECEIVER: "https://93.184.216.34",
        }
        yield Running(url, account.token, test_token, ids)
