"""What belongs to a brand; the capabilities above brands say it, the application hands it over."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import current_app

from anthyx_server.brands.errors import BrandNotEmpty
from anthyx_server.tenancy import Caller

# Of a brand's id: a word for what is counted ("channels"), and how many of it the brand has.
BrandContents = Callable[[Caller, str], tuple[str, int]]


def require_empty(caller: Caller, brand_id: str) -> None:
    """Check that nothing belongs to a locked brand any more.

    Whatever is made for a brand holds its row (`service.hold`), so that what is counted stays true
    until the transaction ends.

    Raises:
        BrandNotEmpty: something does; the detail says how many of what.
    """
    counters: Sequence[BrandContents] = current_app.extensions["anthyx_brand_contents"]
    counts = [counter(caller, brand_id) for counter in counters]
    found = [f"{count:,} {word}" for word, count in counts if count]
    if found:
        raise BrandNotEmpty(f"{brand_id} still has {' and '.join(found)}: delete them first.")
