"""What brands look like: as the API shows them, and as they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias, TypedDict

from ._models import Model, Resource

BrandStatus: TypeAlias = Literal["active", "archived"] | str  # noqa: PYI051 - an open enum


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandColor(Model):
    """A color by name; `hex` is like "#1a2b3c"."""

    name: str
    hex: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandVoice(Model):
    """How a brand speaks."""

    tone: str
    guidelines: str
    audience: str
    words_to_use: tuple[str, ...]
    words_to_avoid: tuple[str, ...]


class BrandColorInput(TypedDict):
    """A color to send."""

    name: str
    hex: str


class BrandVoiceInput(TypedDict, total=False):
    """The parts of a voice to send: those left out stay as they are, None clears."""

    tone: str | None
    guidelines: str | None
    audience: str | None
    words_to_use: Sequence[str] | None
    words_to_avoid: Sequence[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand(Resource):
    """A brand; `name` is unique in the workspace and mode."""

    id: str
    name: str
    slug: str
    description: str
    website_url: str | None
    logo_url: str | None
    colors: tuple[BrandColor, ...]
    voice: BrandVoice
    timezone: str
    status: BrandStatus
    metadata: dict[str, str] = field(hash=False)
    version: int
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
