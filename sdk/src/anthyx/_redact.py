"""Keeps API keys out of logs, error messages and URLs."""

from __future__ import annotations

import re

_KEY = re.compile(r"(anthyx_(?:live|test)_)[0-9A-Za-z]+")


def redact(text: str) -> str:
    """The text with every API key in it cut down to its public prefix."""
    return _KEY.sub(r"\1…", text)


def holds_key(text: str) -> bool:
    """Whether an API key stands in the text."""
    return _KEY.search(text) is not None
