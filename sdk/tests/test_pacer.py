"""The pacer itself, and the headers it lives on, without a client or a server."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from anthyx import APITimeoutError, Retry
from anthyx._exchange import Exchange, Pause, Send, Step
from anthyx._options import Options
from anthyx._pacing import Pacer, Slot
from anthyx._rate_limit import NO_RATE_LIMIT, RateLimit, parse_rate_limit
from anthyx._wire import new_request
from sdk.tests.loopback import VirtualTime
from sdk.tests.samples import limit_headers


def seen(minute: tuple[int, int], day: tuple[int, int] | None = None) -> RateLimit:
    return parse_rate_limit(limit_headers(minute, day), 0.0)


def _steps(pacer: Pacer, virtual: VirtualTime) -> Generator[Step, None, None]:
    options = Options(None, Retry(deadline=1), "wait", None)
    request = new_request("GET", "/thing")
    return Exchange(request, options, pacer, virtual.clock, renewable=False).steps()


def _carry_out(steps: Generator[Step, None, None], virtual: VirtualTime) -> None:
    for step in steps:
        assert not isinstance(step, Send)
        if isinstance(step, Pause):
            virtual.sleep(step.seconds)


def test_the_deadline_also_ends_waiting_for_others(virtual: VirtualTime) -> None:
    pacer = Pacer()
    assert pacer.take(Slot(), virtual.now) is None
    with pytest.raises(APITimeoutError):
        _carry_out(_steps(pacer, virtual), virtual)


def test_an_interrupted_call_gives_its_slot_back(virtual: VirtualTime) -> None:
    pacer = Pacer()
    steps = _steps(pacer, virtual)
    while not isinstance(next(steps), Send):
        pass
    steps.close()
    _spend(pacer, seen((1, 60)), virtual.now)
    assert pacer.take(Slot(), virtual.now) is None


def test_one_scout_goes_ahead_while_nothing_is_known() -> None:
    pacer, scout, other = Pacer(), Slot(), Slot()
    assert pacer.take(scout, 0) is None
    assert (delay := pacer.take(other, 0)) is not None
    assert delay.window is None
    pacer.give_back(scout, seen((59, 60)), 0)
    assert pacer.take(other, 0) is None


def test_nobody_waits_for_a_slow_scout_for_long() -> None:
    pacer = Pacer()
    assert pacer.take(Slot(), 0) is None
    assert pacer.take(Slot(), 1.9) is not None
    assert pacer.take(Slot(), 2) is None


def test_a_new_window_has_room_for_the_limit_less_what_is_under_way() -> None:
    pacer = Pacer()
    _spend(pacer, seen((0, 60)), 0)
    assert pacer.exhausted(59.9) is not None
    taken = [pacer.take(Slot(), 60) for _ in range(61)]
    assert taken[:60] == [None] * 60
    assert taken[60] is not None


def test_requests_under_way_are_held_to_be_uncounted() -> None:
    pacer = Pacer()
    _spend(pacer, seen((2, 60)), 0)
    first, second, third = Slot(), Slot(), Slot()
    assert pacer.take(first, 1) is None
    assert pacer.take(second, 1) is None
    assert pacer.take(third, 1) is not None
    pacer.give_back(first, seen((1, 59)), 1)
    assert pacer.take(third, 1) is not None
    pacer.give_back(second, seen((0, 59)), 1)
    assert (delay := pacer.take(third, 2)) is not None
    assert delay.window == "minute"


def test_an_answer_that_was_overtaken_gives_nothing_back() -> None:
    pacer = Pacer()
    _spend(pacer, seen((0, 30)), 0)
    _spend(pacer, seen((5, 31)), 0)
    assert pacer.exhausted(0) is not None
    _spend(pacer, seen((40, 60)), 31)
    _spend(pacer, seen((0, 1)), 31)  # still of the window before
    assert pacer.exhausted(31.5) is None


def test_a_window_that_is_not_open_yet_says_nothing_about_its_end() -> None:
    pacer = Pacer()
    _spend(pacer, seen((60, 60)), 0)
    _spend(pacer, seen((0, 60)), 20)
    assert (delay := pacer.exhausted(61)) is not None
    assert delay.seconds == 19


def test_a_plan_change_counts_at_once() -> None:
    pacer = Pacer()
    _spend(pacer, seen((0, 30), (0, 9000)), 0)
    larger = {"ratelimit-policy": '"minute";q=1000;w=60', "ratelimit": '"minute";r=940;t=30'}
    _spend(pacer, parse_rate_limit(larger, 0.0), 0)
    assert pacer.exhausted(0) is None


def test_a_child_knows_nothing_of_requests_under_way_in_its_parent() -> None:
    pacer = Pacer()
    pacer.take(Slot(), 0)
    _spend(pacer, seen((1, 60)), 0)
    assert pacer.take(Slot(), 0) is not None
    pacer.after_fork()
    assert pacer.take(Slot(), 0) is None


def test_without_headers_nothing_is_paced() -> None:
    pacer, scout = Pacer(), Slot()
    pacer.take(scout, 0)
    pacer.give_back(scout, NO_RATE_LIMIT, 0)
    assert [pacer.take(Slot(), 0) for _ in range(9)] == [None] * 9


@pytest.mark.parametrize(
    "wrong",
    [
        {"ratelimit": "?", "ratelimit-policy": "?"},
        {"ratelimit": '"minute";r=x;t=', "ratelimit-policy": '"minute";q=1;w=1'},
        {"ratelimit": '"minute";r=-1;t=1', "ratelimit-policy": '"minute";q=1;w=1'},
        {"ratelimit": '"minute";r=1;t=1', "ratelimit-policy": '"day";q=1;w=1'},
        {"ratelimit": f'"minute";r=1;t={"9" * 15}', "ratelimit-policy": '"minute";q=1;w=1'},
        {"x-ratelimit-limit": "9" * 5000, "x-ratelimit-reset": "9" * 15},
        {"ratelimit": ",;,=;\xb2"},
    ],
    ids=range(7),
)
def test_headers_that_make_no_sense_are_no_limits(wrong: dict[str, str]) -> None:
    assert parse_rate_limit(wrong, 0.0) == NO_RATE_LIMIT


def _spend(pacer: Pacer, rate: RateLimit, now: float) -> None:
    """A request that was answered at once."""
    pacer.give_back(Slot(), rate, now)
