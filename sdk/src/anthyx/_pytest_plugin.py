"""The pytest plugin: the fixture `fake_anthyx`, on every client that a test makes.

Every run of pytest loads it where the package is installed, so it imports nothing of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import FakeAnthyx


@pytest.fixture
def fake_anthyx() -> Iterator[FakeAnthyx]:
    """A fake Anthyx API that answers every client of this process; see `anthyx.testing`."""
    try:
        from .testing import FakeAnthyx  # noqa: PLC0415 - most tests of most projects don't need it
    except ModuleNotFoundError as missing:
        if missing.name != "jsonschema":
            raise
        pytest.fail("fake_anthyx needs more packages: pip install 'anthyx[testing]'")
    with FakeAnthyx().installed() as fake:
        yield fake
