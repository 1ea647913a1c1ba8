"""Names of brands: when two are the same, and how one reads in a URL."""

from __future__ import annotations

import re
import unicodedata

MAX_SLUG = 60


def name_key(name: str) -> str:
    """The name as it is compared: NFKC, without case, runs of white space as one space."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def slugify(name: str, brand_id: str) -> str:
    """Lower-case ASCII words joined by hyphens; the id's end where nothing is left of the name."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_only.lower())
    return "-".join(words)[:MAX_SLUG].strip("-") or f"brand-{brand_id[-6:]}"
