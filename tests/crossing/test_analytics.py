"""The SDK's analytics against a running server."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from anthyx import Anthyx, NotFoundError, ValidationError
from anthyx_server import clock
from tests.crossing.conftest import Running
from tests.support.apps import make_account
from tests.support.published import add_channel, add_posts

pytestmark = pytest.mark.enable_socket


def test_what_was_published_is_summed_listed_and_shown(running: Running) -> None:
    account = make_account(running.app, "growth", mode="test")
    with Anthyx(account.token, base_url=f"{running.url}/v1") as client:
        brand = client.brands.create(name="Blue Bakery")
        channel_id = add_channel(account, brand.id)
        moments = [clock.now() - timedelta(days=day) for day in (1, 2, 40)]
        new, old, older = add_posts(account, brand.id, moments, [(channel_id, "x", True)])

        summary = client.analytics.summary(brand_id=brand, timezone="Pacific/Auckland")
        assert summary.range.timezone == "Pacific/Auckland"
        assert summary.range.to - summary.range.from_ == timedelta(days=29)
        assert summary.metrics.posts_published.value == 2
        assert summary.metrics.posts_published.previous == 1
        assert summary.metrics.posts_published.change_percent == 100
        assert summary.metrics.reach.value is None
        assert (summary.coverage.channels, summary.coverage.reporting) == (1, 0)

        series = client.analytics.timeseries(
            metrics=["posts_published", "reach"],
            granularity="week",
            group_by="channel",
            from_=summary.range.from_,
            to=summary.range.to,
            timezone=summary.range.timezone,
        ).series
        assert [(each.group, each.metric) for each in series] == [
            (channel_id, "reach"),
            (channel_id, "posts_published"),
        ]
        assert sum(point.value or 0 for point in series[1].points) == 2
        assert {point.date.weekday() for point in series[0].points} == {0}

        listed = client.analytics.posts(platform="x", page_size=1)
        assert [post.post_id for post in listed] == [new, old]
        assert listed.page().as_of is not None
        found = client.analytics.post(older)
        assert (found.brand_id, found.targets[0].channel_id) == (brand.id, channel_id)
        assert found.metrics == replace(found.targets[0].metrics)

        times = client.analytics.best_times()
        assert (times.basis, times.sample_size) == ("industry_average", 3)
        assert times.slots[0].score >= times.slots[-1].score > 0


def test_what_can_not_be_read_is_refused(client: Anthyx) -> None:
    with pytest.raises(ValidationError) as refused:
        client.analytics.summary(from_="2999-01-01")
    assert [error.parameter for error in refused.value.errors] == ["from"]
    with pytest.raises(NotFoundError):
        client.analytics.summary(brand_id="brand_01m85b8621tp3njfh6qm82sfwd")
