"""The windows of one process while Redis is away: shares that add up to no more than the limit."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from anthyx_server.limits.fallback import FallbackWindows
from anthyx_server.limits.windows import Admission

NOW = 1_800_000_000_000


def admit(
    windows: FallbackWindows, *, minute: int = 60, day: int | None = 5_000, at: int = NOW
) -> Admission:
    return windows.admit("key_1", minute, day, 1, at)


@pytest.mark.parametrize(("shares", "passing"), [(1, 60), (2, 30), (7, 8), (60, 1), (500, 1)])
def test_a_process_lets_its_share_pass_and_at_least_1(shares: int, passing: int) -> None:
    windows = FallbackWindows(shares)
    passed = [admit(windows).refused_by for _ in range(70)]
    assert passed == [None] * passing + ["minute"] * (70 - passing)


def test_the_day_is_shared_too_and_refuses_without_using_the_minute() -> None:
    windows = FallbackWindows(2)
    seen = [admit(windows, day=8) for _ in range(6)]
    assert [each.refused_by for each in seen] == [None] * 4 + ["day"] * 2
    assert [window.used for window in seen[-1].windows] == [4, 4]
    assert [window.limit for window in seen[-1].windows] == [30, 4]


def test_windows_open_with_the_first_request_and_end() -> None:
    windows = FallbackWindows(60)
    minute, day = admit(windows).windows
    assert (minute.ends_at, day.ends_at) == (NOW + 60_000, NOW + 86_400_000)
    assert admit(windows, at=NOW + 59_999).refused_by == "minute"
    assert admit(windows, at=NOW + 60_000).refused_by is None


def test_no_day_where_the_plan_has_none_and_nothing_for_free_reads() -> None:
    windows = FallbackWindows(10)
    assert [window.name for window in admit(windows, day=None).windows] == ["minute"]
    free = windows.admit("key_2", 60, 5_000, 0, NOW)
    assert (free.refused_by, free.windows[0].used, free.windows[0].ends_at) == (None, 0, 0)


def test_threads_together_pass_exactly_the_share() -> None:
    windows = FallbackWindows(1)
    together = threading.Barrier(8)

    def hammer(_number: int) -> int:
        together.wait()
        return sum(admit(windows).refused_by is None for _ in range(50))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(hammer, range(8))) == 60
