"""What analytics have that other resources don't: days, and when a page was read."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from anthyx import Anthyx, APIResponseError
from sdk.tests import samples
from sdk.tests.loopback import Loopback, ok

pytestmark = pytest.mark.enable_socket

WHEN = datetime(2026, 11, 23, 10, tzinfo=timezone.utc)


def test_a_page_of_analytics_says_when_it_was_read(client: Anthyx, server: Loopback) -> None:
    post = samples.published_post()
    server.answers(
        ok({**samples.page(post), "as_of": samples.TIME}),
        ok(samples.page(post)),
        ok({**samples.page(post), "as_of": "now"}),
    )
    page = client.analytics.posts().page()
    assert page.as_of == datetime(2026, 11, 23, 10, tzinfo=timezone.utc)
    assert [each.post_id for each in page] == ["post_1"]
    assert client.analytics.posts().page().as_of is None
    with pytest.raises(APIResponseError, match="as_of"):
        client.analytics.posts().page()


def test_a_day_is_no_moment(client: Anthyx) -> None:
    with pytest.raises(TypeError, match="date"):
        client.analytics.summary(from_=WHEN)


def test_analytics_take_a_brand_as_it_was_fetched(client: Anthyx, server: Loopback) -> None:
    server.answers(ok(samples.brand()), ok(samples.best_times()))
    client.analytics.best_times(brand_id=client.brands.get("brand_1"))
    assert server.seen[1].path == "/v1/analytics/best-times?brand_id=brand_1"
