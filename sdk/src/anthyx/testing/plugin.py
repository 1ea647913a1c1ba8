"""The pytest plugin: the fixture `fake_anthyx`, on every client that a test makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ._fake import FakeAnthyx


@pytest.fixture
def fake_anthyx() -> Iterator[FakeAnthyx]:
    """A fake Anthyx API that answers every client of this process; see `anthyx.testing`."""
    from ._fake import FakeAnthyx  # noqa: PLC0415 - most tests of most projects don't need it

    with FakeAnthyx().installed() as fake:
        yield fake
