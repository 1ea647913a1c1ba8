"""What channels look like, as the API shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from ._models import Resource

PlatformName: TypeAlias = (
    Literal["instagram", "linkedin", "x", "facebook", "tiktok"] | str  # noqa: PYI051 - an open enum
)
ChannelStatus: TypeAlias = Literal["connected", "disconnected", "error"] | str  # noqa: PYI051


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel(Resource):
    """A channel; its credentials are never shown."""

    id: str
    brand_id: str
    platform: PlatformName
    name: str
    external_id: str | None
    status: ChannelStatus
    status_detail: str | None
    version: int
    created_at: datetime
    updated_at: datetime
