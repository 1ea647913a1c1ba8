"""A team to sign in to."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.visiting import Team, make_team


@pytest.fixture
def team(app: Flask) -> Team:
    """A workspace on the Agency plan."""
    return make_team(app)
