"""Durations by classes: exact under 64 ms, 1.6 % wide on either side above.

A class is named by its least duration. So histograms of any two hours can be added, and a
percentile of the sum is off by half the width of one class at most: 1/64 of its value.
"""

from __future__ import annotations

from collections.abc import Mapping

_EXACT = 64


def class_of(milliseconds: int) -> int:
    """The least duration of the class that a duration is in."""
    dropped = _dropped_bits(milliseconds)
    return milliseconds >> dropped << dropped


def percentile(counts: Mapping[int, int], share: float) -> int | None:
    """The least duration that so many of all are within (nearest rank); None where there is none.

    `counts` is by class, `share` from 0 to 1.
    """
    total = sum(counts.values())
    left = share * total
    for least in sorted(counts):
        left -= counts[least]
        # A billionth of one: shares such as 0.95 are no fractions of two.
        if left <= 1e-9:
            return least + ((1 << _dropped_bits(least)) - 1) // 2
    return None


def _dropped_bits(milliseconds: int) -> int:
    """How many low bits a duration loses: it keeps its six highest."""
    return max(0, milliseconds.bit_length() - _EXACT.bit_length() + 1)
