"""One row of every table that a workspace owns; a new table needs its seeder here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from anthyx_server import audit, clock, db, events
from anthyx_server.audit import AuditEntry
from anthyx_server.brands.models import Brand
from anthyx_server.channels import Channel
from anthyx_server.db import OwnedByWorkspace
from anthyx_server.events import Event
from anthyx_server.idempotency import IdempotencyRecord
from anthyx_server.keys import ApiKey
from anthyx_server.limits.models import UsageHour
from anthyx_server.posts import Post, PostTarget
from tests.support.apps import Account
from tests.support.published import add_channel, add_posts

# The second argument is a word that tells this tenant's texts and numbers from all others'.
Seeder = Callable[[Account, int], str]


def _brand(account: Account, mark: int) -> str:
    answer = account.post("/brands", json={"name": f"Brand {mark} {_next()}"})
    return _id(answer.get_json())


def _channel(account: Account, mark: int) -> str:
    return add_channel(account, _brand(account, mark), name=f"Channel {mark}")


def _post(account: Account, mark: int) -> str:
    return add_posts(account, _brand(account, mark), [clock.now()])[0]


def _post_target(account: Account, mark: int) -> str:
    brand_id = _brand(account, mark)
    target = (add_channel(account, brand_id), "x", True)
    add_posts(account, brand_id, [clock.now()], [target])
    return ""


def _key(account: Account, mark: int) -> str:
    answer = account.post("/api-keys", json={"name": f"Key {mark}", "metadata": {"of": str(mark)}})
    return _id(answer.get_json())


def _event(account: Account, mark: int) -> str:
    with account.app.app_context(), db.transaction():
        about = ("brand", f"brand_of_{mark}")
        return events.publish(account.caller, "brand.updated", about, {"name": str(mark)}).id


def _audit_entry(account: Account, mark: int) -> str:
    with account.app.app_context(), db.transaction():
        audit.record(account.caller, "brand.looked_at", "brand", f"brand_of_{mark}", of=mark)
    return ""


def _idempotency_record(account: Account, mark: int) -> str:
    body = {"name": f"Repeated {mark} {_next()}"}
    headers = {"Idempotency-Key": f"seed-{_next()}"}
    return _id(account.post("/brands", json=body, headers=headers).get_json())


def _usage_hour(account: Account, mark: int) -> str:
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with account.app.app_context(), db.transaction():
        db.db.session.add(
            UsageHour(
                workspace_id=account.workspace_id,
                mode=account.mode,
                key_id=account.key_id,
                hour=hour,
                source=f"seed-{_next()}",
                accepted=mark,
                limited=mark,
            )
        )
    return ""


def _id(document: dict[str, str]) -> str:
    return document["id"]


def _next() -> int:
    _numbers.append(len(_numbers))
    return _numbers[-1]


_numbers: list[int] = []

SEEDERS: dict[type[OwnedByWorkspace], Seeder] = {
    ApiKey: _key,
    AuditEntry: _audit_entry,
    Brand: _brand,
    Channel: _channel,
    Event: _event,
    IdempotencyRecord: _idempotency_record,
    Post: _post,
    PostTarget: _post_target,
    UsageHour: _usage_hour,
}

# Which table an id in a path belongs to.
PATH_IDS: dict[str, type[OwnedByWorkspace]] = {
    "brand_id": Brand,
    "key_id": ApiKey,
    "post_id": Post,
}

# A body that would succeed with one's own ids, by operation.
BODIES: dict[str, dict[str, object]] = {
    "create_api_key": {"name": "Made in the walk"},
    "create_brand": {"name": "Made in the walk"},
    "rotate_api_key": {"overlap_seconds": 60},
    "update_api_key": {"name": "Changed in the walk"},
    "update_brand": {"name": "Changed in the walk"},
}
