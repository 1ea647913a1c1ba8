"""The API key of a client: a string, or a callable that is asked again when a key is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

from . import _fork
from .errors import ConfigurationError

KeySource: TypeAlias = str | Callable[[], str]
"""An API key, or a function that returns the current one."""


class Credentials:
    """Hands out the key; never shows it in its repr."""

    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._key = checked_key(source) if isinstance(source, str) else None
        self.after_fork()
        _fork.watch(self)

    def after_fork(self) -> None:
        """Take a new lock: the parent's may be held for ever."""
        self._lock = threading.Lock()

    @property
    def renewable(self) -> bool:
        """Whether the key comes from a callable."""
        return callable(self._source)

    def key(self) -> str:
        """The key; raises ConfigurationError if the callable returns something else."""
        return self._key or self.renew(None)

    def renew(self, refused: str | None) -> str:
        """Ask the callable again, unless another thread has since `refused` was sent."""
        with self._lock:
            if self._key is None or self._key == refused:
                self._key = checked_key(
                    self._source if isinstance(self._source, str) else self._source()
                )
            return self._key


def checked_key(key: object) -> str:
    """The key, if it can be sent; raises ConfigurationError."""
    if not isinstance(key, str) or not key:
        raise ConfigurationError("No API key: pass api_key=… or set ANTHYX_API_KEY.")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigurationError(
            "The API key has a space, a line break or a character that is not ASCII; "
            "was it read from a file without .strip()?"
        )
    return key
