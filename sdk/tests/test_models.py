"""Models: frozen, open to what is new, times aware, and the same again from their own JSON."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from datetime import date, datetime, timezone
from typing import Any

import pytest

from anthyx import (
    Actor,
    AnalyticsSummary,
    AnalyticsTimeseries,
    Anthyx,
    ApiKey,
    AuditEntry,
    BestTimes,
    Brand,
    BrandColor,
    Channel,
    Days,
    EventTypeList,
    IssuedApiKey,
    Model,
    PlatformList,
    PostAnalytics,
    PublishedPost,
    ResponseInfo,
    Usage,
    UsageHistory,
    Workspace,
)
from anthyx._models import DecodeError, decode_model
from sdk.tests import samples
from sdk.tests.loopback import Loopback, ok

SAMPLES: list[tuple[type[Model], dict[str, Any]]] = [
    (Brand, samples.brand(archived_at=samples.TIME)),
    (Channel, samples.channel()),
    (PlatformList, samples.platforms()),
    (EventTypeList, samples.event_types()),
    (ApiKey, samples.api_key(revoked_by={"type": "system", "id": None, "name": "Anthyx"})),
    (IssuedApiKey, samples.api_key(secret="anthyx_test_x", brand_ids=["brand_1"])),
    (Usage, samples.usage()),
    (UsageHistory, samples.usage_history()),
    (Workspace, samples.workspace()),
    (AuditEntry, samples.audit_entry()),
    (AnalyticsSummary, samples.analytics_summary()),
    (AnalyticsTimeseries, samples.analytics_timeseries()),
    (PublishedPost, samples.published_post()),
    (PostAnalytics, samples.post_analytics(published_at=None)),
    (BestTimes, samples.best_times()),
    (Days, {"from": "2026-11-01", "to": "2026-11-02"}),
]
each_model = pytest.mark.parametrize(
    ("cls", "data"), SAMPLES, ids=[each.__name__ for each, _ in SAMPLES]
)


@each_model
def test_a_model_gives_back_the_json_it_came_from(cls: type[Model], data: dict[str, Any]) -> None:
    model = decode_model(cls, data)
    assert model.to_dict() == data
    assert json.loads(model.to_json()) == data
    assert decode_model(cls, model.to_dict()) == model


@each_model
def test_a_model_is_frozen_hashable_and_can_be_copied(
    cls: type[Model], data: dict[str, Any]
) -> None:
    model = decode_model(cls, data)
    with pytest.raises(dataclasses.FrozenInstanceError):
        model.extra = {}  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        model.new = 1  # type: ignore[attr-defined]
    assert not hasattr(model, "__dict__")
    twin = pickle.loads(pickle.dumps(model))  # noqa: S301 - our own
    assert twin == model == copy.deepcopy(model)
    assert hash(twin) == hash(model)


@each_model
def test_what_this_version_does_not_know_is_kept(cls: type[Model], data: dict[str, Any]) -> None:
    newer = {**data, "new_field": {"deep": [1]}}
    model = decode_model(cls, newer)
    assert model.extra == {"new_field": {"deep": [1]}}
    assert model.to_dict() == newer
    assert model != decode_model(cls, data)


@each_model
def test_a_missing_field_is_told_by_name(cls: type[Model], data: dict[str, Any]) -> None:
    name = next(iter(data))
    less = {key: value for key, value in data.items() if key != name}
    with pytest.raises(DecodeError, match=name):
        decode_model(cls, less)


def test_nested_models_keep_what_is_new_too() -> None:
    brand = decode_model(Brand, samples.brand(colors=[{"name": "Red", "hex": "#f00", "cmyk": 1}]))
    assert brand.colors == (BrandColor(name="Red", hex="#f00", extra={"cmyk": 1}),)


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": "yesterday"},
        {"created_at": "2026-11-23T10:00:00"},
        {"created_at": 5},
        {"created_at": None},
        {"archived_at": 5},
        {"colors": {"Red": "#f00"}},
        {"colors": ["#f00"]},
        {"colors": [{}]},
        {"voice": None},
    ],
    ids=str,
)
def test_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(DecodeError):
        decode_model(Brand, samples.brand(**changes))


def test_times_are_aware() -> None:
    key = decode_model(ApiKey, samples.api_key())
    assert key.created_at == datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
    assert key.last_used_at is None
    assert key.created_by == Actor(type="user", id="usr_1", name="Ada")


def test_days_are_dates() -> None:
    found = decode_model(AnalyticsSummary, samples.analytics_summary())
    assert (found.range.from_, found.range.to) == (date(2026, 11, 1), date(2026, 11, 30))
    assert found.metrics.posts_published.change_percent == 50.0
    for wrong in ("tomorrow", "2026-11-01T00:00:00Z", 5, None):
        with pytest.raises(DecodeError):
            decode_model(Days, {"from": wrong, "to": "2026-11-02"})


def test_a_status_that_is_yet_to_come_is_no_error() -> None:
    assert decode_model(ApiKey, samples.api_key(status="paused")).status == "paused"


def test_a_secret_is_in_no_repr() -> None:
    key = decode_model(IssuedApiKey, samples.api_key(secret="hush", new="hush"))
    assert key.secret == "hush"
    assert "hush" not in repr(key)
    assert "hush" in key.to_json()


@pytest.mark.enable_socket
def test_the_response_is_on_the_result_but_not_part_of_it(client: Anthyx, server: Loopback) -> None:
    first = {"X-Request-Id": "req_1", "ETag": '"3"', "Idempotency-Replayed": "true"}
    server.answers(
        ok(samples.brand(), headers=first), ok(samples.brand(), headers={"X-Request-Id": "req_2"})
    )
    one, two = client.brands.get("brand_1"), client.brands.get("brand_1")
    assert one == two
    assert (one.response.request_id, two.response.request_id) == ("req_1", "req_2")
    assert (one.response.status, one.response.etag) == (200, '"3"')
    assert one.response.headers["X-REQUEST-ID"] == one.response.headers["x-request-id"] == "req_1"
    assert (one.response.idempotency_replayed, two.response.idempotency_replayed) == (True, False)
    assert "req_1" not in repr(one)
    assert "response" not in one.to_dict()


def test_a_model_made_by_hand_has_an_empty_response() -> None:
    assert decode_model(Brand, samples.brand()).response == ResponseInfo()
