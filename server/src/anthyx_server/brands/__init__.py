"""Brands: what a workspace speaks for."""

from anthyx_server.brands.contents import BrandContents
from anthyx_server.brands.errors import BrandArchived
from anthyx_server.brands.models import Brand
from anthyx_server.brands.service import (
    existing_ids,
    find,
    hold,
    hold_existing,
    list_names,
    list_visible_names,
    names_of,
)

__all__ = [
    "Brand",
    "BrandArchived",
    "BrandContents",
    "existing_ids",
    "find",
    "hold",
    "hold_existing",
    "list_names",
    "list_visible_names",
    "names_of",
]
