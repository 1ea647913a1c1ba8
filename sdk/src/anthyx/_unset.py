"""`UNSET`: the default of an argument that was not given, where None means "clear it"."""

from __future__ import annotations

from enum import Enum
from typing import Final


class Unset(Enum):
    """The type of `UNSET`; an enum of one member, so that `is UNSET` narrows for type checkers."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset.UNSET
"""Leaves a field as it is (`None` clears it)."""
