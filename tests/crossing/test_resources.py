"""The SDK's resources against a running server: what a customer does in the first hour."""

from __future__ import annotations

import pytest

from anthyx import (
    Anthyx,
    AuthenticationError,
    BrandCreated,
    ConflictError,
    Event,
    NotFoundError,
    PartialRecord,
    ValidationError,
)
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


def test_channels_from_connecting_to_disconnecting(client: Anthyx) -> None:
    brand = client.brands.create(name="Channel's brand")
    made = client.channels.create(
        brand_id=brand, platform="linkedin", name="Acme", credentials={"token": "hush"}
    )
    assert "hush" not in made.to_json()
    assert client.channels.get(made) == made
    assert list(client.channels.list(brand_id=brand, status="connected")) == [made]
    changed = client.channels.update(made, credentials=None, if_match=made)
    assert (changed.name, changed.version) == ("Acme", made.version + 1)
    with pytest.raises(ConflictError) as conflict:
        client.brands.delete(brand)
    assert conflict.value.code == "brand_not_empty"
    client.channels.delete(changed)
    client.brands.delete(brand)
    with pytest.raises(NotFoundError):
        client.channels.get(made)


def test_webhook_endpoints_from_creation_to_deletion(client: Anthyx) -> None:
    brand = client.brands.create(name="Endpoint's brand")
    made = client.webhook_endpoints.create(
        url="https://93.184.216.34/hooks",
        event_types=["brand.deleted"],
        brand_ids=[brand.id],
        headers={"X-Team": "hush"},
    )
    assert "hush" not in made.to_json()
    found = client.webhook_endpoints.get(made)
    assert (found.headers, found.secret_last4) == (("X-Team",), made.secret[-4:])
    assert list(client.webhook_endpoints.list(status="enabled")) == [found]
    rotated = client.webhook_endpoints.rotate_secret(made, if_match=found)
    shown = client.webhook_endpoints.get_secret(made)
    assert (shown.secret, shown.previous_secret) == (rotated.secret, made.secret)
    with pytest.raises(ConflictError) as conflict:
        client.webhook_endpoints.rotate_secret(made)
    assert conflict.value.code == "rotation_in_progress"
    assert client.webhook_endpoints.activate_secret(made).secret_activates_at is None
    changed = client.webhook_endpoints.update(made, headers={"x-team": None}, max_in_flight=2)
    assert (changed.headers, changed.max_in_flight) == ((), 2)
    assert client.webhook_endpoints.disable(changed, if_match=changed).health.state == "disabled"
    client.webhook_endpoints.delete(made)
    with pytest.raises(NotFoundError):
        client.webhook_endpoints.get(made)


def test_platforms_say_what_they_take(client: Anthyx) -> None:
    shown = {each.platform: each for each in client.platforms.list()}
    assert (shown["x"].max_length, shown["x"].length_unit) == (280, "x_weighted")
    assert shown["tiktok"].max_days_ahead == 10
    assert [each.format for each in shown["linkedin"].formats] == ["post", "document"]


def test_every_event_type_has_its_class(client: Anthyx) -> None:
    shown = client.event_types.list().data
    assert len(shown) == 27
    for each in shown:
        made = client.events.create(type=each.name)
        assert client.events.get(made) == made
        assert (made.type, each.schema["title"]) == (each.name, each.name)
        assert made.to_dict().keys() == each.example.keys()
        assert type(made) is not Event, "it is known to the SDK"
        assert not isinstance(made.data.object, PartialRecord), "and so is its record"


def test_an_example_event_is_of_a_brand_that_there_is(client: Anthyx) -> None:
    brand = client.brands.create(name="Acme")
    made = client.events.create(type="post.failed", brand_id=brand)
    assert list(client.events.list(brand_id=brand, types="post.*")) == [made]


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


def test_the_audit_log_tells_what_was_done(client: Anthyx) -> None:
    made = client.api_keys.create(name="Second", scopes=["brands:read"])
    client.api_keys.delete(made.id)
    found = list(client.audit_log.list(target_id=made.id, page_size=1))
    assert [entry.action for entry in found] == ["api_key.revoked", "api_key.created"]
    assert [entry.actor.id for entry in found] == [client.whoami().id] * 2
    assert found[0].number == found[1].number + 1
    before = client.audit_log.list(created_before=found[1].created_at)
    assert made.id not in [entry.target.id for entry in before]


def test_events_are_listed_polled_and_followed(client: Anthyx) -> None:
    start = client.events.list(limit=1).page().data[0]
    made = client.brands.create(name="Blue Bakery")
    client.brands.archive(made)
    created, archived = client.events.list(after=start, types="brand.*", wait=20)
    assert (created.type, archived.type) == ("brand.created", "brand.archived")
    assert isinstance(created, BrandCreated)
    assert created.data.object == made
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
