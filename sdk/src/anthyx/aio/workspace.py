"""The workspace that a key belongs to.

Written by `nox -s aio` from workspace.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from dataclasses import dataclass

from anthyx._wire import new_request
from anthyx.workspace import Workspace

from ._engine import AsyncEngine


@dataclass(frozen=True, slots=True)
class AsyncWorkspaceDetails:
    """`client.workspace`. Its method can raise any APIError."""

    _engine: AsyncEngine

    async def get(self) -> Workspace:
        """The workspace of the calling key."""
        return await self._engine.fetch(Workspace, new_request("GET", "/workspace"))
