"""Which version this is."""

from __future__ import annotations

import importlib.metadata


def product_version() -> str:
    """The version of the installed package."""
    return importlib.metadata.version("anthyx-server")
