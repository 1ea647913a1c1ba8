"""What can be done with brands."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.exc import IntegrityError

from anthyx_server import clock, events, webhooks
from anthyx_server.brands.contents import require_empty
from anthyx_server.brands.errors import BrandArchived, BrandNameTaken
from anthyx_server.brands.models import Brand
from anthyx_server.brands.naming import name_key, slugify
from anthyx_server.brands.views import SHOWN_COLUMNS, present, present_row
from anthyx_server.db import db
from anthyx_server.errors import InvalidState
from anthyx_server.ids import new_id
from anthyx_server.pagination import Order, Pages
from anthyx_server.tenancy import Caller, locked, one, owned, owned_by_tenant, tenant

_ORDERS = {
    "-created_at": Order((Brand.id,), is_descending=True),
    "created_at": Order((Brand.id,), is_descending=False),
    "name": Order((Brand.name_key, Brand.id), is_descending=False),
    "-name": Order((Brand.name_key, Brand.id), is_descending=True),
}


def existing_ids(caller: Caller, brand_ids: Sequence[str]) -> set[str]:
    """Which of these ids are brands of the caller's workspace and mode."""
    return set(db.session.scalars(owned(Brand, caller, Brand.id).where(Brand.id.in_(brand_ids))))


def hold_existing(caller: Caller, brand_ids: Sequence[str]) -> set[str]:
    """As `existing_ids`; none of these is deleted before the transaction ends."""
    query = owned(Brand, caller, Brand.id).where(Brand.id.in_(brand_ids)).order_by(Brand.id)
    return set(db.session.scalars(query.with_for_update(read=True, key_share=True)))


def list_names(caller: Caller, most: int) -> list[tuple[str, str]]:
    """Ids and names of the first so many brands of a workspace, of both modes, by name.

    Members belong to both modes.
    """
    found: list[tuple[str, str]] = []
    for mode in ("live", "test"):
        query = owned(Brand, caller._replace(mode=mode), Brand.id, Brand.name)
        rows = db.session.execute(query.order_by(Brand.name_key, Brand.id).limit(most))
        suffix = "" if mode == "live" else " (test)"
        found += [(row.id, row.name + suffix) for row in rows]
    return found[:most]


def visible(caller: Caller, *columns: Any) -> Select[Any]:
    """Select the brands that the caller's key may see."""
    query = owned(Brand, caller, *columns)
    return query if caller.brand_ids is None else query.where(Brand.id.in_(caller.brand_ids))


def list_page(caller: Caller, arguments: dict[str, Any]) -> dict[str, Any]:
    """One page of the brands that the caller's key may see, in the order that `sort` asks for.

    Raises:
        InvalidCursor: the cursor was made elsewhere or for other filters.
    """
    status, brand_ids = arguments["status"], caller.brand_ids
    pages = _pages(arguments["sort"], status is not None, brand_ids is not None)
    parameters = tenant(caller) | {"status": status, "brand_ids": list(brand_ids or ())}
    return pages.fetch(arguments, caller, parameters, present_row)


@functools.cache
def _pages(sort: str, has_status: bool, is_restricted: bool) -> Pages:  # noqa: FBT001
    order = _ORDERS[sort]
    query = owned_by_tenant(Brand, *SHOWN_COLUMNS, *(column.expression for column in order.columns))
    if has_status:
        query = query.where(Brand.status == bindparam("status"))
    if is_restricted:
        query = query.where(Brand.id.in_(bindparam("brand_ids", expanding=True)))
    return Pages(query, order)


def list_visible_names(caller: Caller, most: int) -> list[tuple[str, str]]:
    """The ids and names of the first brands by name, to choose from."""
    query = visible(caller, Brand.id, Brand.name).order_by(Brand.name_key, Brand.id)
    return [(row[0], row[1]) for row in db.session.execute(query.limit(most))]


def names_of(caller: Caller, brand_ids: Collection[str]) -> dict[str, str]:
    """The names of these brands, by id, of those that the caller may see."""
    query = visible(caller, Brand.id, Brand.name).where(Brand.id.in_(brand_ids))
    return {row[0]: row[1] for row in db.session.execute(query)}


def find(caller: Caller, brand_id: str) -> Brand:
    """One brand.

    Raises:
        NotFound: there is none that the caller may see.
    """
    return one(Brand, visible(caller).where(Brand.id == brand_id), "brand", brand_id)


def lock(caller: Caller, brand_id: str) -> Brand:
    """One brand, its row locked until the transaction ends, so that versions never collide.

    Raises:
        NotFound: there is none that the caller may see.
    """
    query = visible(caller).where(Brand.id == brand_id)
    return one(Brand, locked(query), "brand", brand_id)


def hold(caller: Caller, brand_id: str) -> Brand:
    """One active brand, which is neither deleted nor archived until the transaction ends.

    Whoever makes something for a brand holds it: a deletion waits, and then sees what was made.

    Raises:
        BrandArchived: it is archived.
        NotFound: there is none that the caller may see.
    """
    query = visible(caller).where(Brand.id == brand_id)
    shared = query.with_for_update(read=True, key_share=True)
    shared = shared.execution_options(populate_existing=True)
    brand = one(Brand, shared, "brand", brand_id)
    _require_active(brand)
    return brand


def _require_active(brand: Brand) -> None:
    if brand.status == "archived":
        raise BrandArchived(f"{brand.id} is archived: unarchive it first.")


def create(caller: Caller, values: dict[str, Any]) -> Brand:
    """Make a brand.

    Raises:
        BrandNameTaken: another one has the name.
    """
    brand_id = new_id("brand")
    moment = clock.now()
    brand = Brand(
        id=brand_id,
        workspace_id=caller.workspace_id,
        mode=caller.mode,
        name_key=name_key(values["name"]),
        slug=slugify(values["name"], brand_id),
        status="active",
        version=1,
        created_at=moment,
        updated_at=moment,
        **_columns(values),
    )
    _add(caller, brand)
    _publish(caller, "brand.created", brand)
    return brand


def update(caller: Caller, brand: Brand, values: dict[str, Any]) -> Brand:
    """Set the fields of a locked brand; nothing happens where nothing changes.

    Raises:
        BrandArchived: it is archived.
        BrandNameTaken: another one has the name.
    """
    _require_active(brand)
    before = present(brand)
    changes = {
        name: value for name, value in _columns(values).items() if getattr(brand, name) != value
    }
    if not changes:
        return brand
    for name, value in changes.items():
        setattr(brand, name, value)
    brand.name_key = name_key(brand.name)
    _bump(brand)
    _require_free_name(caller, brand)
    _flush_name(brand)
    _publish(caller, "brand.updated", brand, before)
    return brand


def archive(caller: Caller, brand: Brand) -> Brand:
    """Archive a locked brand: it stays readable, but can't be changed.

    Raises:
        InvalidState: it is archived already.
    """
    _require_status(brand, "active")
    before = present(brand)
    _bump(brand)
    brand.status = "archived"
    brand.archived_at = brand.updated_at
    return _changed(caller, "brand.archived", brand, before)


def unarchive(caller: Caller, brand: Brand) -> Brand:
    """Make an archived, locked brand active again.

    Raises:
        InvalidState: it is active.
    """
    _require_status(brand, "archived")
    before = present(brand)
    _bump(brand)
    brand.status = "active"
    brand.archived_at = None
    return _changed(caller, "brand.unarchived", brand, before)


def delete(caller: Caller, brand: Brand) -> None:
    """Delete a locked brand for good.

    Raises:
        BrandNotEmpty: something belongs to it.
    """
    require_empty(caller, brand.id)
    _publish(caller, "brand.deleted", brand)
    webhooks.forget_brand(caller, brand.id)
    db.session.delete(brand)
    db.session.flush()


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    return {"metadata_" if name == "metadata" else name: value for name, value in values.items()}


def _add(caller: Caller, brand: Brand) -> None:
    """Insert a brand; a transaction that runs beside this one may take its name or its slug."""
    _require_free_name(caller, brand)
    taken = owned(Brand, caller, Brand.id).where(Brand.slug == brand.slug)
    if not db.session.scalar(select(taken.exists())):
        try:
            with db.session.begin_nested():
                db.session.add(brand)
        except IntegrityError:
            # The other transaction has committed: had it taken the name, that is seen now.
            _require_free_name(caller, brand)
        else:
            return
    brand.slug = f"{brand.slug}-{brand.id[-6:]}"
    db.session.add(brand)
    _flush_name(brand)


def _require_free_name(caller: Caller, brand: Brand) -> None:
    key, brand_id = brand.name_key, brand.id
    taken = owned(Brand, caller, Brand.id).where(Brand.name_key == key, Brand.id != brand_id)
    with db.session.no_autoflush:
        if db.session.scalar(select(taken.exists())):
            raise _name_taken(brand.name)


def _flush_name(brand: Brand) -> None:
    """Flush, and tell a name that a transaction beside this one has taken since it was free."""
    name = brand.name
    try:
        db.session.flush()
    except IntegrityError:
        raise _name_taken(name) from None


def _name_taken(name: str) -> BrandNameTaken:
    return BrandNameTaken(
        f'There is a brand named "{name}" already.',
        errors=[{"code": "brand_name_taken", "detail": "Taken.", "pointer": "/name"}],
    )


def _require_status(brand: Brand, status: str) -> None:
    if brand.status != status:
        raise InvalidState(f"{brand.id} is {brand.status}.", extra={"state": brand.status})


def _bump(brand: Brand) -> None:
    brand.version += 1
    brand.updated_at = clock.now()


def _changed(caller: Caller, event_type: str, brand: Brand, before: dict[str, Any]) -> Brand:
    db.session.flush()
    _publish(caller, event_type, brand, before)
    return brand


def _publish(
    caller: Caller, event_type: str, brand: Brand, before: dict[str, Any] | None = None
) -> None:
    shown = present(brand)
    previous = None
    if before is not None:
        previous = {name: value for name, value in before.items() if shown[name] != value}
    events.publish(
        caller, event_type, ("brand", brand.id), shown, previous=previous, brand_id=brand.id
    )
