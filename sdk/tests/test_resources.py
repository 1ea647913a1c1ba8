"""Every method of every resource, as it goes over the wire and comes back."""

from __future__ import annotations

from datetime import date, datetime, timezone

import pytest

from anthyx import (
    AnalyticsSummary,
    AnalyticsTimeseries,
    Anthyx,
    ApiKey,
    BestTimes,
    Brand,
    BrandUpdated,
    Channel,
    EventTypeList,
    IssuedApiKey,
    Page,
    PlatformList,
    PostAnalytics,
    ResponseInfo,
    Usage,
    UsageHistory,
    Workspace,
)
from sdk.tests import samples
from sdk.tests.loopback import Loopback, ok, raw
from sdk.tests.operations import Operation, assert_complete, assert_operation, ids_of

pytestmark = pytest.mark.enable_socket

BRAND, CHANNEL, KEY = samples.brand(), samples.channel(), samples.api_key()
EVENT = samples.event()
ISSUED = samples.api_key(secret="hush")
GONE = raw(204, b"", {"X-Request-Id": "req_1"})
WHEN = datetime(2026, 11, 23, tzinfo=timezone.utc)
ENCODED = "2026-11-23T00%3A00%3A00.000Z"

BOTH = "post.%2A%2Cbrand.created"

CALLS: list[Operation] = [
    (
        lambda c: c.brands.list().page(),
        "GET /brands?limit=100",
        ok(samples.page(BRAND)),
        Page,
        None,
    ),
    (lambda c: c.brands.get("b"), "GET /brands/b", ok(BRAND), Brand, None),
    (lambda c: c.brands.create(name="A"), "POST /brands", ok(BRAND, 201), Brand, {"name": "A"}),
    (
        lambda c: c.brands.create(
            name="A",
            description="d",
            website_url="https://a.example",
            logo_url=None,
            colors=[],
            voice={"tone": "t", "words_to_use": ("x",)},
            timezone="UTC",
            metadata={"k": "v"},
        ),
        "POST /brands",
        ok(BRAND, 201),
        Brand,
        {
            "name": "A",
            "description": "d",
            "website_url": "https://a.example",
            "logo_url": None,
            "colors": [],
            "voice": {"tone": "t", "words_to_use": ["x"]},
            "timezone": "UTC",
            "metadata": {"k": "v"},
        },
    ),
    (
        lambda c: c.brands.update("b", description=None, voice=None),
        "PATCH /brands/b",
        ok(BRAND),
        Brand,
        {"description": None, "voice": None},
    ),
    (lambda c: c.brands.delete("b"), "DELETE /brands/b", GONE, ResponseInfo, None),
    (lambda c: c.brands.archive("b"), "POST /brands/b/archive", ok(BRAND), Brand, None),
    (lambda c: c.brands.unarchive("b"), "POST /brands/b/unarchive", ok(BRAND), Brand, None),
    (
        lambda c: c.channels.list(
            brand_id="b", platform="x", status="error", sort="name", page_size=9
        ).page(),
        "GET /channels?brand_id=b&platform=x&status=error&sort=name&limit=9",
        ok(samples.page(CHANNEL)),
        Page,
        None,
    ),
    (lambda c: c.channels.get("c"), "GET /channels/c", ok(CHANNEL), Channel, None),
    (
        lambda c: c.channels.create(
            brand_id="b", platform="x", name="A", external_id="1", credentials={"k": "v"}
        ),
        "POST /channels",
        ok(CHANNEL, 201),
        Channel,
        {
            "brand_id": "b",
            "platform": "x",
            "name": "A",
            "external_id": "1",
            "credentials": {"k": "v"},
        },
    ),
    (
        lambda c: c.channels.update("c", external_id=None, credentials={"k": None}),
        "PATCH /channels/c",
        ok(CHANNEL),
        Channel,
        {"external_id": None, "credentials": {"k": None}},
    ),
    (lambda c: c.channels.delete("c"), "DELETE /channels/c", GONE, ResponseInfo, None),
    (
        lambda c: c.platforms.list(),
        "GET /platforms",
        ok(samples.platforms()),
        PlatformList,
        None,
    ),
    (
        lambda c: c.api_keys.list(status="active", page_size=9).page(),
        "GET /api-keys?status=active&limit=9",
        ok(samples.page(KEY)),
        Page,
        None,
    ),
    (lambda c: c.api_keys.get("k"), "GET /api-keys/k", ok(KEY), ApiKey, None),
    (lambda c: c.api_keys.current(), "GET /api-keys/current", ok(KEY), ApiKey, None),
    (lambda c: c.whoami(), "GET /api-keys/current", ok(KEY), ApiKey, None),
    (
        lambda c: c.api_keys.create(
            name="CI",
            description="d",
            mode="test",
            scopes=["brands:read"],
            brand_ids=["b"],
            ip_allowlist=["::1"],
            metadata={"k": "v"},
            expires_at=WHEN,
        ),
        "POST /api-keys",
        ok(ISSUED, 201),
        IssuedApiKey,
        {
            "name": "CI",
            "description": "d",
            "mode": "test",
            "scopes": ["brands:read"],
            "brand_ids": ["b"],
            "ip_allowlist": ["::1"],
            "metadata": {"k": "v"},
            "expires_at": "2026-11-23T00:00:00.000Z",
        },
    ),
    (
        lambda c: c.api_keys.update(
            "k", name="n", scopes=["a"], ip_allowlist=None, expires_at=WHEN
        ),
        "PATCH /api-keys/k",
        ok(KEY),
        ApiKey,
        {
            "name": "n",
            "scopes": ["a"],
            "ip_allowlist": None,
            "expires_at": "2026-11-23T00:00:00.000Z",
        },
    ),
    (lambda c: c.api_keys.delete("k"), "DELETE /api-keys/k", GONE, ResponseInfo, None),
    (
        lambda c: c.api_keys.delete_current(),
        "DELETE /api-keys/current",
        GONE,
        ResponseInfo,
        None,
    ),
    (
        lambda c: c.api_keys.rotate("k"),
        "POST /api-keys/k/rotate",
        ok(ISSUED, 201),
        IssuedApiKey,
        {},
    ),
    (
        lambda c: c.api_keys.rotate("k", overlap_seconds=0),
        "POST /api-keys/k/rotate",
        ok(ISSUED, 201),
        IssuedApiKey,
        {"overlap_seconds": 0},
    ),
    (
        lambda c: c.audit_log.list(
            action="a",
            actor_id="k",
            target_id="i",
            created_after=WHEN,
            page_size=9,
        ).page(),
        f"GET /audit-log?action=a&actor_id=k&target_id=i&created_after={ENCODED}&limit=9",
        ok(samples.page(samples.audit_entry())),
        Page,
        None,
    ),
    (
        lambda c: c.events.list(
            types=["post.*", "brand.created"],
            brand_id="b",
            created_after=WHEN,
            page_size=5,
        ).page(),
        f"GET /events?types={BOTH}&brand_id=b&created_after={ENCODED}&limit=5",
        ok(samples.page(EVENT)),
        Page,
        None,
    ),
    (
        lambda c: c.audit_log.list(target_type="t", created_before=WHEN, cursor="c").page(),
        f"GET /audit-log?target_type=t&created_before={ENCODED}&limit=100&cursor=c",
        ok(samples.page(samples.audit_entry())),
        Page,
        None,
    ),
    (
        lambda c: c.events.list(after="evt_1", wait=20).page(),
        "GET /events?after=evt_1&wait=20&limit=100",
        ok(samples.page(EVENT)),
        Page,
        None,
    ),
    (
        lambda c: next(c.events.follow(after="evt_1", types="post.*")),
        "GET /events?types=post.%2A&after=evt_1&wait=20&limit=100",
        ok(samples.page(EVENT)),
        BrandUpdated,
        None,
    ),
    (
        lambda c: c.events.create(type="brand.new", brand_id="b"),
        "POST /events",
        ok(EVENT, 201),
        BrandUpdated,
        {"type": "brand.new", "brand_id": "b"},
    ),
    (
        lambda c: c.event_types.list(),
        "GET /event-types",
        ok(samples.event_types()),
        EventTypeList,
        None,
    ),
    (lambda c: c.events.get("e"), "GET /events/e", ok(EVENT), BrandUpdated, None),
    (lambda c: c.usage.get(), "GET /usage", ok(samples.usage()), Usage, None),
    (
        lambda c: c.usage.history(granularity="day", key_id="k", from_=WHEN, to=WHEN),
        f"GET /usage/history?granularity=day&key_id=k&from={ENCODED}&to={ENCODED}",
        ok(samples.usage_history()),
        UsageHistory,
        None,
    ),
    (
        lambda c: c.usage.history(),
        "GET /usage/history",
        ok(samples.usage_history()),
        UsageHistory,
        None,
    ),
    (
        lambda c: c.analytics.summary(),
        "GET /analytics/summary",
        ok(samples.analytics_summary()),
        AnalyticsSummary,
        None,
    ),
    (
        lambda c: c.analytics.summary(
            from_=date(2026, 11, 1),
            to="2026-11-30",
            timezone="Europe/Berlin",
            brand_id="b",
            channel_id="c",
            platform="x",
        ),
        (
            "GET /analytics/summary?from=2026-11-01&to=2026-11-30&timezone=Europe%2FBerlin"
            "&brand_id=b&channel_id=c&platform=x"
        ),
        ok(samples.analytics_summary()),
        AnalyticsSummary,
        None,
    ),
    (
        lambda c: c.analytics.timeseries(
            metrics=["reach", "posts_published"], granularity="week", group_by="channel", to="d"
        ),
        (
            "GET /analytics/timeseries?to=d&metrics=reach%2Cposts_published&granularity=week"
            "&group_by=channel"
        ),
        ok(samples.analytics_timeseries()),
        AnalyticsTimeseries,
        None,
    ),
    (
        lambda c: c.analytics.posts(platform="x", page_size=9).page(),
        "GET /analytics/posts?platform=x&limit=9",
        ok({**samples.page(samples.published_post()), "as_of": samples.TIME}),
        Page,
        None,
    ),
    (
        lambda c: c.analytics.best_times(timezone="UTC", brand_id="b"),
        "GET /analytics/best-times?timezone=UTC&brand_id=b",
        ok(samples.best_times()),
        BestTimes,
        None,
    ),
    (
        lambda c: c.analytics.post("p"),
        "GET /posts/p/analytics",
        ok(samples.post_analytics()),
        PostAnalytics,
        None,
    ),
    (lambda c: c.workspace.get(), "GET /workspace", ok(samples.workspace()), Workspace, None),
]


@pytest.mark.parametrize("operation", CALLS, ids=ids_of(CALLS))
def test_each_method_is_one_operation(
    client: Anthyx, server: Loopback, operation: Operation
) -> None:
    assert_operation(server, client, operation)


def test_every_method_is_in_the_table_above(client: Anthyx) -> None:
    resources = (
        client.analytics,
        client.audit_log,
        client.brands,
        client.channels,
        client.event_types,
        client.events,
        client.platforms,
        client.api_keys,
        client.usage,
        client.workspace,
    )
    assert_complete(resources, CALLS)


def test_a_channel_takes_its_brand_as_it_was_fetched(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(BRAND), ok(CHANNEL, 201), ok(samples.page(CHANNEL)))
    brand = client.brands.get("brand_1")
    client.channels.create(brand_id=brand, platform="x", name="A")
    assert server.seen[1].json == {"brand_id": "brand_1", "platform": "x", "name": "A"}
    assert [each.id for each in client.channels.list(brand_id=brand)] == ["chan_1"]
    assert server.seen[2].path == "/v1/channels?brand_id=brand_1&limit=100"


def test_platforms_can_be_gone_through(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(samples.platforms()))
    assert [each.platform for each in client.platforms.list()] == ["x"]


def test_history_takes_a_key_as_it_was_fetched(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(KEY), ok(samples.usage_history()))
    client.usage.history(key_id=client.api_keys.get("key_1"))
    assert server.seen[1].path == "/v1/usage/history?key_id=key_1"
