"""Brands: what a workspace speaks for."""

from anthyx_server.brands.models import Brand
from anthyx_server.brands.service import existing_ids

__all__ = ["Brand", "existing_ids"]
