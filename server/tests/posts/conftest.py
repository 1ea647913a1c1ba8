"""What tests of posts share: brands and channels to write for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anthyx_server import clock, db
from anthyx_server.channels import Channel
from anthyx_server.ids import new_id
from tests.support.apps import Account

Make = Callable[..., dict[str, Any]]


def make_channel(account: Account, brand_id: str, platform: str = "linkedin", **values: Any) -> str:
    """A connected channel of a brand, made in the database; its id."""
    channel_id = new_id("chan")
    row = {
        "name": f"A channel on {platform}",
        "external_id": None,
        "status": "connected",
        "status_detail": None,
        "credentials": None,
        "encryption_key_id": None,
        "version": 1,
        "created_at": clock.now(),
        "updated_at": clock.now(),
        **values,
    }
    with account.app.app_context(), db.transaction():
        db.db.session.add(
            Channel(
                id=channel_id,
                workspace_id=account.workspace_id,
                mode=account.mode,
                brand_id=brand_id,
                platform=platform,
                **row,
            )
        )
    return channel_id


@pytest.fixture
def brand_id(account: Account) -> str:
    """A brand of the account."""
    return str(account.post("/brands", json={"name": "Acme"}).get_json()["id"])


@pytest.fixture
def channel_id(account: Account, brand_id: str) -> str:
    """A LinkedIn channel of that brand."""
    return make_channel(account, brand_id)


@pytest.fixture
def make_post(account: Account, brand_id: str, channel_id: str) -> Make:
    """Makes a post for that channel through the API; returns it as it was answered."""

    def make(content: str = "Fresh bread", **values: Any) -> dict[str, Any]:
        targets = [{"channel_id": channel_id}]
        body = {"brand_id": brand_id, "content": content, "targets": targets, **values}
        answer = account.post("/posts", json=body)
        assert answer.status_code == 201, answer.get_json()
        return dict(answer.get_json())

    return make
