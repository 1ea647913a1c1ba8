"""The help page on generating an API key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from anthyx import (
    Anthyx,
    PermissionDeniedError,
)
from tests.help_page.page import shows
from tests.help_page.running import Running, bearer
from tests.support.apps import (
    make_account,
)

pytestmark = pytest.mark.enable_socket


@shows(
    'Give the key a descriptive name (e.g. "Zapier integration" or "Internal CMS sync").',
)
@pytest.mark.parametrize("name", ["Zapier integration", "Internal CMS sync"])
def test_name(client: Anthyx, name: str) -> None:
    made = client.api_keys.create(name=name)
    assert client.api_keys.get(made.id).name == name
    assert name in {key.name for key in client.api_keys.list()}


@shows(
    "Optionally restrict the key to specific IP addresses using the IP allowlist field.",
)
def test_allowlist(running: Running, client: Anthyx) -> None:
    free = client.api_keys.create(name="From anywhere")
    assert running.get(source="127.0.0.5", **bearer(free.secret)).status == 200
    bound = client.api_keys.create(name="From here", ip_allowlist=["127.0.0.2", "127.0.0.4/31"])
    for address, status in (("127.0.0.2", 200), ("127.0.0.5", 200), ("127.0.0.6", 403)):
        assert running.get(source=address, **bearer(bound.secret)).status == status
    with running.client(bound.secret) as elsewhere, pytest.raises(PermissionDeniedError) as raised:
        elsewhere.brands.list().page()
    assert raised.value.code == "ip_not_allowed"


@shows(
    "The key is shown once — copy it immediately and store it securely.",
)
def test_shown_once(client: Anthyx) -> None:
    made = client.api_keys.create(name="Shown once")
    assert made.secret.startswith("anthyx_live_")
    body = made.secret.removeprefix("anthyx_live_")
    for later in (
        client.api_keys.get(made.id),
        client.api_keys.update(made.id, name="Renamed"),
        *client.api_keys.list(),
    ):
        assert body not in json.dumps(later.to_dict())


@shows(
    "Anthyx does not store the raw key value.",
)
def test_not_stored(running: Running, client: Anthyx) -> None:
    made = client.api_keys.create(name="Stored nowhere", idempotency_key="once")
    with running.client(made.secret) as user:
        user.whoami()
    body = made.secret.removeprefix("anthyx_live_")[:32].encode()
    database = Path(running.app.config["SQLALCHEMY_DATABASE_URI"].removeprefix("sqlite:///"))
    folders = (database.parent, running.redis.socket.parent, running.directory)
    files = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    stored = [path for path in files if made.id.encode() in path.read_bytes()]
    assert len(stored) >= 2, "the database and Redis both know the key by its id"
    assert [path for path in files if body in path.read_bytes()] == []


@shows(
    "You can generate up to 5 API keys on Starter, 20 on Growth, and unlimited on Agency.",
)
@pytest.mark.parametrize(("plan", "most"), [("starter", 5), ("growth", 20), ("agency", None)])
def test_plan_counts(running: Running, plan: str, most: int | None) -> None:
    with running.client(make_account(running.app, plan).token) as client:
        for number in range((most or 25) - 1):
            client.api_keys.create(name=f"Key {number}")
        if most is None:
            assert client.usage.get().api_keys.limit is None
            return
        with pytest.raises(PermissionDeniedError) as raised:
            client.api_keys.create(name="One too many")
        assert raised.value.code == "plan_limit_reached"
        unused = next(iter(client.api_keys.list()))
        client.api_keys.delete(unused.id)
        client.api_keys.create(name="In its place")
