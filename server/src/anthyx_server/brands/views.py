"""A brand as the API and events show it."""

from __future__ import annotations

from typing import Any

from anthyx_server.brands.models import Brand
from anthyx_server.clock import rfc3339, rfc3339_or_none
from anthyx_server.shown import as_shown


def present(brand: Brand) -> dict[str, Any]:
    """A brand as customers see it."""
    return {
        "id": brand.id,
        "name": brand.name,
        "slug": brand.slug,
        "description": brand.description,
        "website_url": brand.website_url,
        "logo_url": brand.logo_url,
        "colors": brand.colors,
        "voice": brand.voice,
        "timezone": brand.timezone,
        "status": brand.status,
        "metadata": brand.metadata_,
        "version": brand.version,
        "created_at": rfc3339(brand.created_at),
        "updated_at": rfc3339(brand.updated_at),
        "archived_at": rfc3339_or_none(brand.archived_at),
    }


# What `present` shows, in its order.
SHOWN_COLUMNS = tuple(
    as_shown(column)
    for column in (
        Brand.id,
        Brand.name,
        Brand.slug,
        Brand.description,
        Brand.website_url,
        Brand.logo_url,
        Brand.colors,
        Brand.voice,
        Brand.timezone,
        Brand.status,
        Brand.metadata_,
        Brand.version,
        Brand.created_at,
        Brand.updated_at,
        Brand.archived_at,
    )
)
_NAMES = tuple(str(column.key) for column in SHOWN_COLUMNS)


def present_row(row: Any) -> dict[str, Any]:
    """A row that starts with `SHOWN_COLUMNS`, as `present` shows a brand."""
    return dict(zip(_NAMES, row, strict=False))
