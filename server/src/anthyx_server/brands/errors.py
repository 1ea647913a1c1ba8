"""Errors about brands."""

from __future__ import annotations

from anthyx_server.errors import ApiError


class BrandNameTaken(ApiError):
    """Another brand of this workspace and mode has the name."""

    status, code, title = 409, "brand_name_taken", "Name taken"


class BrandArchived(ApiError):
    """The brand is archived, so it can't be changed."""

    status, code, title = 409, "brand_archived", "Brand is archived"


class BrandNotEmpty(ApiError):
    """Something still belongs to the brand, so it can't be deleted."""

    status, code, title = 409, "brand_not_empty", "Brand is not empty"
