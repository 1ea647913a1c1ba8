"""When posts do best: averages of the industry, as long as no network has reported on ours."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from anthyx_server import clock, posts
from anthyx_server.analytics import counts
from anthyx_server.analytics.filters import Filters, read_filters
from anthyx_server.analytics.periods import MAX_DAYS, Period, local_date
from anthyx_server.analytics.service import time_zone
from anthyx_server.channels import Channel
from anthyx_server.db import db
from anthyx_server.tenancy import Caller

# So many posts with engagement it takes to go by one's own history.
THRESHOLD = 30


def best_times(caller: Caller, query: dict[str, Any]) -> dict[str, Any]:
    """The best hours of the week on the platforms of the channels that match the filters.

    The sample is the posts that match and were published in the last 366 days.

    Raises:
        NotFound: the filters name a brand or a channel that the caller may not see.
    """
    moment = clock.now()
    timezone = time_zone(caller, query)
    filters = read_filters(caller, query)
    today = local_date(moment, timezone)
    recent = Period(today - timedelta(days=MAX_DAYS - 1), today, timezone)
    (sample_size,) = counts.count(filters, recent.edges)
    return {
        "timezone": timezone,
        "basis": "industry_average",
        "sample_size": sample_size,
        "threshold": THRESHOLD,
        "slots": _slots(filters),
        "as_of": clock.rfc3339(moment),
    }


def _slots(filters: Filters) -> list[dict[str, Any]]:
    """The averages over the platforms, the best hour first; none where no channel matches."""
    platforms = [filters.platform] if filters.platform is not None else _platforms(filters)
    return [slot._asdict() for slot in posts.best_time_slots(platforms)] if platforms else []


def _platforms(filters: Filters) -> list[str]:
    return list(db.session.scalars(filters.channels(Channel.platform).distinct()))
