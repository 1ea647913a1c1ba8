"""API keys: issued, hashed, restricted, rotated, revoked."""

from anthyx_server.keys.allowlist import allows
from anthyx_server.keys.errors import (
    ApiKeyExpired,
    ApiKeyRevoked,
    AuthenticationError,
    InvalidApiKey,
    IpNotAllowed,
    MissingApiKey,
    PlanLimitReached,
    RotationInProgress,
    TooManyFailedAttempts,
)
from anthyx_server.keys.first_call import LAST_USED, use_of
from anthyx_server.keys.guard import guard_commit, look_again
from anthyx_server.keys.lookup import (
    count_by_pepper,
    count_in_force,
    list_keys,
    list_made_by,
    lock_any,
    lock_home,
)
from anthyx_server.keys.lookup import find as find_key
from anthyx_server.keys.models import ApiKey
from anthyx_server.keys.records import (
    LIFE_SECONDS,
    KeyRecord,
    StoredKey,
    find,
    mark_name,
    redis_name,
    unpack,
)
from anthyx_server.keys.scopes import DEFAULT_SCOPES, SCOPES
from anthyx_server.keys.secret import Hasher, is_well_formed
from anthyx_server.keys.service import Issued, hasher, issue, revoke, revoke_all, revoked
from anthyx_server.keys.standing import SETTLE_SECONDS, lock_keys
from anthyx_server.keys.throttle import FailureThrottle

__all__ = [
    "DEFAULT_SCOPES",
    "LAST_USED",
    "LIFE_SECONDS",
    "SCOPES",
    "SETTLE_SECONDS",
    "ApiKey",
    "ApiKeyExpired",
    "ApiKeyRevoked",
    "AuthenticationError",
    "FailureThrottle",
    "Hasher",
    "InvalidApiKey",
    "IpNotAllowed",
    "Issued",
    "KeyRecord",
    "MissingApiKey",
    "PlanLimitReached",
    "RotationInProgress",
    "StoredKey",
    "TooManyFailedAttempts",
    "allows",
    "count_by_pepper",
    "count_in_force",
    "find",
    "find_key",
    "guard_commit",
    "hasher",
    "is_well_formed",
    "issue",
    "list_keys",
    "list_made_by",
    "lock_any",
    "lock_home",
    "lock_keys",
    "look_again",
    "mark_name",
    "redis_name",
    "revoke",
    "revoke_all",
    "revoked",
    "unpack",
    "use_of",
]
