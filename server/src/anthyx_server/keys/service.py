"""What can be done with keys: issue, change, rotate, revoke."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from blinker import Signal
from flask import current_app
from sqlalchemy import select

from anthyx_server import audit, clock, events
from anthyx_server.db import db
from anthyx_server.errors import InvalidState
from anthyx_server.ids import new_id
from anthyx_server.inputs import invalid_body, require_known
from anthyx_server.keys import secret
from anthyx_server.keys.errors import OverlapRequired, PlanLimitReached, RotationInProgress
from anthyx_server.keys.lookup import count_in_force, lock_home
from anthyx_server.keys.models import ApiKey
from anthyx_server.keys.scopes import KEY_SCOPES, in_order
from anthyx_server.keys.standing import end_rights
from anthyx_server.keys.views import present
from anthyx_server.plans import PLANS, Plan
from anthyx_server.tenancy import Caller, owned, system_caller

MIN_OWN_OVERLAP_SECONDS = 60

# Sent with the caller, `key` and `reason` where a key is revoked, inside the transaction.
revoked = Signal()

BrandLookup = Callable[[Caller, Sequence[str]], set[str]]


@dataclass(frozen=True)
class Issued:
    """A new key and its token, which is shown once."""

    key: ApiKey
    token: str = field(repr=False)


def hasher() -> secret.Hasher:
    """The digests of this application's peppers."""
    made: secret.Hasher = current_app.extensions["anthyx_hasher"]
    return made


def issue(caller: Caller, values: dict[str, Any]) -> Issued:
    """Make a key in the caller's workspace and mode.

    Raises:
        PlanLimitReached: the plan's cap is reached; exact also under concurrent creation.
        ValidationFailed: the restriction to brands can't be.
    """
    plan = PLANS[lock_home(caller).plan]
    cap = cap_reached(plan, count_in_force(caller.workspace_id))
    if cap is not None:
        raise PlanLimitReached(cap)
    _check_brands(caller, values)
    key_id = new_id("key")
    issued = _insert(caller, values, key_id=key_id, family_id=key_id, rotated_from=None)
    _tell(caller, "api_key.created", issued.key)
    return issued


def cap_reached(plan: Plan, used: int) -> str | None:
    """Why no key can be made while so many are in force, or None where one can."""
    if plan.api_keys is None or used < plan.api_keys:
        return None
    return (
        f"The {plan.name.capitalize()} plan allows {plan.api_keys} API keys and {used} are "
        "in use: delete one, or upgrade."
    )


def _check_brands(caller: Caller, values: dict[str, Any]) -> None:
    brand_ids = values.get("brand_ids")
    if brand_ids is None:
        return
    lookup: BrandLookup = current_app.extensions["anthyx_brand_lookup"]
    known = lookup(caller, brand_ids)
    require_known("brand_ids", brand_ids, known, "There is no such brand here.")


def _insert(
    caller: Caller,
    values: dict[str, Any],
    *,
    key_id: str,
    family_id: str,
    rotated_from: str | None,
) -> Issued:
    token = secret.mint(caller.mode)
    moment = clock.now()
    key = ApiKey(
        id=key_id,
        workspace_id=caller.workspace_id,
        mode=caller.mode,
        family_id=family_id,
        name=values["name"],
        description=values.get("description", ""),
        digest=hasher().digest(token),
        pepper_id=hasher().current,
        prefix=secret.prefix(caller.mode),
        last4=token[-4:],
        scopes=in_order(values["scopes"]),
        brand_ids=values.get("brand_ids"),
        ip_allowlist=values.get("ip_allowlist"),
        metadata_=values.get("metadata", {}),
        version=1,
        auth_version=1,
        created_at=moment,
        created_by=caller.actor.as_dict(),
        updated_at=moment,
        expires_at=values.get("expires_at"),
        expiry_notices=0,
        rotated_from=rotated_from,
    )
    db.session.add(key)
    db.session.flush()
    return Issued(key, token)


def change(caller: Caller, key: ApiKey, values: dict[str, Any]) -> ApiKey:
    """Set name, ip_allowlist, scopes or expires_at; what takes rights away holds at once.

    The caller must have locked the key.

    Raises:
        InvalidState: the key is not in force.
        ValidationFailed: its end would be past, or, of a replaced key, move later; or a key of
            some brands would manage keys.
    """
    _check_change(key, values)
    _require_in_force(key)
    values = values | {"scopes": in_order(values["scopes"])}
    changes = {name: value for name, value in values.items() if getattr(key, name) != value}
    if not changes:
        return key
    ends_later = "expires_at" in changes and (
        changes["expires_at"] is None
        or (key.expires_at is not None and changes["expires_at"] > key.expires_at)
    )
    if key.superseded_by is not None and ends_later:
        raise invalid_body({"expires_at": ["A replaced key's end can only move earlier."]})
    before = present(key)
    narrows = _takes_away(key, changes)
    for name, value in changes.items():
        setattr(key, name, value)
    if "expires_at" in changes:
        key.expiry_notices = 0
    _bump(key, narrows=narrows)
    after = present(key)
    previous = {name: before[name] for name in changes}
    audit.record(
        caller,
        "api_key.updated",
        "api_key",
        key.id,
        previous=previous,
        changed={name: after[name] for name in changes},
    )
    end_rights([key.id], wait=narrows)
    return key


def _check_change(key: ApiKey, values: dict[str, Any]) -> None:
    end = values["expires_at"]
    if end not in {None, key.expires_at} and end <= clock.now():
        raise invalid_body({"expires_at": ["Must be in the future."]})
    if key.brand_ids is not None and KEY_SCOPES & set(values["scopes"]):
        raise invalid_body({"scopes": ["A key with brand_ids can't hold keys:read or keys:write."]})


def _takes_away(key: ApiKey, changes: dict[str, Any]) -> bool:
    if "scopes" in changes and not set(key.scopes) <= set(changes["scopes"]):
        return True
    return changes.get("ip_allowlist") is not None


def rotate(caller: Caller, key: ApiKey, overlap_seconds: int) -> Issued:
    """Replace a key by a successor of the same family; the old one ends after the overlap.

    The caller must have locked the workspace, then the key.

    Raises:
        InvalidState: the key is not in force.
        RotationInProgress: the key was replaced already, or its predecessor is in force.
        OverlapRequired: the key rotates itself with less than 60 s.
    """
    _require_in_force(key)
    _require_no_rotation(caller, key)
    if key.id == caller.key_id and overlap_seconds < MIN_OWN_OVERLAP_SECONDS:
        raise OverlapRequired(
            f"A key that rotates itself needs overlap_seconds of at least "
            f"{MIN_OWN_OVERLAP_SECONDS}, so that a lost answer can be fetched again.",
            errors=[
                {
                    "code": "overlap_required",
                    "detail": f"Must be at least {MIN_OWN_OVERLAP_SECONDS}.",
                    "pointer": "/overlap_seconds",
                }
            ],
        )
    values = {
        name: getattr(key, name)
        for name in ("name", "description", "scopes", "brand_ids", "ip_allowlist", "expires_at")
    } | {"metadata": key.metadata_}
    issued = _insert(
        caller, values, key_id=new_id("key"), family_id=key.family_id, rotated_from=key.id
    )
    key.superseded_by = issued.key.id
    end = clock.now() + timedelta(seconds=overlap_seconds)
    key.expires_at = end if key.expires_at is None else min(key.expires_at, end)
    if overlap_seconds == 0:
        _end(key, caller, "rotated")
    else:
        _bump(key, narrows=False)
    _tell(caller, "api_key.rotated", issued.key, replaced=key.id)
    end_rights([key.id], wait=overlap_seconds == 0)
    return issued


def _require_no_rotation(caller: Caller, key: ApiKey) -> None:
    if key.superseded_by is not None:
        raise RotationInProgress(
            f"{key.id} was already replaced by {key.superseded_by} and is still in force."
        )
    if key.rotated_from is None:
        return
    predecessor: ApiKey | None = db.session.scalar(
        owned(ApiKey, caller).where(ApiKey.id == key.rotated_from)
    )
    if predecessor is not None and predecessor.is_in_force(clock.now()):
        raise RotationInProgress(
            f"The predecessor {predecessor.id} is still in force: wait for its end, or delete it."
        )


def revoke(caller: Caller, keys: Iterable[ApiKey], reason: str = "deleted") -> None:
    """Revoke locked keys: once this has committed and settled, nothing they do succeeds.

    Keys that were revoked before are settled again only, so that a repeated deletion returns no
    earlier than the first.
    """
    given = list(keys)
    for key in given:
        if key.revoked_at is None:
            before = present(key)
            _end(key, caller, reason)
            _tell(caller, "api_key.revoked", key, before, reason=reason)
            revoked.send(caller, key=key, reason=reason)
    end_rights([key.id for key in given], wait=True)


def _end(key: ApiKey, caller: Caller, reason: str) -> None:
    key.revoked_at = clock.now()
    key.revoked_by = caller.actor.as_dict()
    key.revoked_reason = reason
    _bump(key, narrows=True)


def _bump(key: ApiKey, *, narrows: bool) -> None:
    key.version += 1
    key.updated_at = clock.now()
    if narrows:
        key.auth_version += 1
    db.session.flush()


def _require_in_force(key: ApiKey) -> None:
    status = key.status(clock.now())
    if status in {"expired", "revoked"}:
        raise InvalidState(f"{key.id} is {status}.", extra={"state": status})


def _tell(
    caller: Caller,
    event_type: str,
    key: ApiKey,
    before: dict[str, Any] | None = None,
    **detail: str,
) -> None:
    shown = present(key)
    previous = None
    if before is not None:
        previous = {name: value for name, value in before.items() if shown[name] != value}
    events.publish(caller, event_type, ("api_key", key.id), shown, previous=previous)
    audit.record(caller, event_type, "api_key", key.id, name=key.name, **detail)


def revoke_all(workspace_id: str) -> int:
    """Revoke all keys of a locked workspace that is closed; how many there were."""
    query = (
        select(ApiKey)
        .where(ApiKey.workspace_id == workspace_id, ApiKey.revoked_at.is_(None))
        .order_by(ApiKey.id)
        .with_for_update()
    )
    keys = list(db.session.scalars(query))
    for mode in ("live", "test"):
        caller = system_caller(workspace_id, mode)
        revoke(caller, [key for key in keys if key.mode == mode], "workspace_removed")
    return len(keys)
