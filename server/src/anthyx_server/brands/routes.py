"""`/v1/brands`."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request

from anthyx_server.brands import schemas, service
from anthyx_server.brands.errors import BrandArchived, BrandNameTaken, BrandNotEmpty
from anthyx_server.brands.models import Brand
from anthyx_server.brands.views import present
from anthyx_server.conditional import entity_tag, require_match
from anthyx_server.errors import InvalidState
from anthyx_server.merge_patch import patched
from anthyx_server.operations import InsufficientScope, Reply, operation
from anthyx_server.tenancy import Caller

blueprint = Blueprint("brands", __name__)

_writable = schemas.WritableBrandSchema()


def _reply(brand: Brand, status: int = 200) -> Reply:
    location = f"/v1/brands/{brand.id}" if status == 201 else None
    return Reply(present(brand), status, etag=entity_tag(brand.version), location=location)


def _lock(caller: Caller, brand_id: str) -> Brand:
    brand = service.lock(caller, brand_id)
    require_match(request.headers.get("If-Match"), entity_tag(brand.version))
    return brand


@operation(
    blueprint,
    "GET",
    "/brands",
    scope="brands:read",
    query=schemas.ListBrandsQuerySchema,
    returns=schemas.BrandSchema(),
    is_list=True,
)
def list_brands(caller: Caller, query: dict[str, Any]) -> Reply:
    """List brands, newest first unless sort says otherwise."""
    return Reply(service.list_page(caller, query))


@operation(
    blueprint,
    "POST",
    "/brands",
    scope="brands:write",
    body=schemas.WritableBrandSchema,
    returns=schemas.BrandSchema(),
    status=201,
    errors=(BrandNameTaken,),
)
def create_brand(caller: Caller, body: dict[str, Any]) -> Reply:
    """Create a brand; its name must be unique in the workspace and mode."""
    if caller.brand_ids is not None:
        raise InsufficientScope(
            "A key that is restricted to brands can't create one.",
            extra={"required_scopes": ["brands:write"]},
        )
    return _reply(service.create(caller, body), 201)


@operation(
    blueprint,
    "GET",
    "/brands/<brand_id>",
    scope="brands:read",
    returns=schemas.BrandSchema(),
    is_conditional=True,
)
def get_brand(caller: Caller, brand_id: str) -> Reply:
    """Get a brand."""
    return _reply(service.find(caller, brand_id))


@operation(
    blueprint,
    "PATCH",
    "/brands/<brand_id>",
    scope="brands:write",
    body=schemas.WritableBrandSchema,
    returns=schemas.BrandSchema(),
    is_conditional=True,
    errors=(BrandArchived, BrandNameTaken),
)
def update_brand(caller: Caller, brand_id: str, body: dict[str, Any]) -> Reply:
    """Change a brand by a JSON merge patch (RFC 7396).

    Objects merge, arrays replace, null clears.
    """
    brand = service.lock(caller, brand_id)
    values = patched(_writable, present(brand), entity_tag(brand.version), body)
    return _reply(service.update(caller, brand, values))


@operation(
    blueprint,
    "DELETE",
    "/brands/<brand_id>",
    scope="brands:write",
    status=204,
    is_conditional=True,
    errors=(BrandNotEmpty,),
)
def delete_brand(caller: Caller, brand_id: str) -> Reply:
    """Delete a brand for good; its channels and posts have to be deleted before."""
    service.delete(caller, _lock(caller, brand_id))
    return Reply(None, 204)


@operation(
    blueprint,
    "POST",
    "/brands/<brand_id>/archive",
    scope="brands:write",
    returns=schemas.BrandSchema(),
    is_conditional=True,
    errors=(InvalidState,),
)
def archive_brand(caller: Caller, brand_id: str) -> Reply:
    """Archive a brand: it stays readable, but can't be changed."""
    return _reply(service.archive(caller, _lock(caller, brand_id)))


@operation(
    blueprint,
    "POST",
    "/brands/<brand_id>/unarchive",
    scope="brands:write",
    returns=schemas.BrandSchema(),
    is_conditional=True,
    errors=(InvalidState,),
)
def unarchive_brand(caller: Caller, brand_id: str) -> Reply:
    """Make an archived brand active again."""
    return _reply(service.unarchive(caller, _lock(caller, brand_id)))
