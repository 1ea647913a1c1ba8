"""The SDK's resources against a running server: what a customer does in the first hour."""

from __future__ import annotations

import pytest

from anthyx import Anthyx, AuthenticationError, ConflictError, NotFoundError, ValidationError
from anthyx_server import keys

pytestmark = pytest.mark.enable_socket


def test_brands_from_creation_to_deletion(client: Anthyx) -> None:
    made = client.brands.create(name="Blue Bakery", timezone="Europe/Berlin")
    assert client.brands.get(made.id) == made
    changed = client.brands.update(made.id, description="Bread, mostly")
    assert (changed.description, changed.version) == ("Bread, mostly", made.version + 1)
    assert client.brands.archive(made).status == "archived"
    assert client.brands.unarchive(made).status == "active"
    client.brands.delete(made.id)
    with pytest.raises(NotFoundError):
        client.brands.get(made.id)


def test_pages_are_followed(client: Anthyx) -> None:
    names = [client.brands.create(name=f"Brand {number}").name for number in range(5)]
    assert [brand.name for brand in client.brands.list(page_size=2)] == names[::-1]


def test_errors_have_their_types(client: Anthyx) -> None:
    client.brands.create(name="Twice")
    with pytest.raises(ConflictError) as conflict:
        client.brands.create(name="Twice")
    assert conflict.value.code == "brand_name_taken"
    with pytest.raises(ValidationError) as validation:
        client.brands.create(name="")
    assert [error.pointer for error in validation.value.errors] == ["/name"]


def test_keys_are_made_rotated_and_deleted(client: Anthyx) -> None:
    made = client.api_keys.create(name="Second", scopes=["brands:read"])
    other = Anthyx(made.secret, base_url=client.base_url)
    assert other.whoami().id == made.id
    client.api_keys.delete(made.id)
    with pytest.raises(AuthenticationError):
        other.whoami()
    assert set(client.whoami().scopes) == set(keys.SCOPES)


def test_events_are_listed_polled_and_followed(client: Anthyx) -> None:
    start = client.events.list(limit=1).page().data[0]
    made = client.brands.create(name="Blue Bakery")
    client.brands.archive(made)
    created, archived = client.events.list(after=start, types="brand.*", wait=20)
    assert (created.type, archived.type) == ("brand.created", "brand.archived")
    assert created.data.object == made.to_dict()
    assert archived.data.previous is not None
    assert client.events.get(created.id) == created
    assert [each.id for each in client.events.list(brand_id=made)] == [archived.id, created.id]
    stream = client.events.follow(after=created)
    assert next(stream) == archived
    client.brands.unarchive(made)
    assert next(stream).type == "brand.unarchived"


def test_usage_and_workspace_are_read(client: Anthyx) -> None:
    assert client.workspace.get().plan == "growth"
    assert [window.name for window in client.usage.get().windows] == ["minute", "day"]
