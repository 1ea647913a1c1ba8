"""Errors about keys."""

from __future__ import annotations

from typing import Any

from anthyx_server.errors import ApiError


class AuthenticationError(ApiError):
    """The request carries no key that holds."""

    status, title = 401, "Not authenticated"

    def __init__(self, detail: str, **kwargs: Any) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"}, **kwargs)


class MissingApiKey(AuthenticationError):
    """No `Authorization` header."""

    code = "missing_api_key"

    def __init__(self) -> None:
        super().__init__("Send your key as: Authorization: Bearer anthyx_live_…")


class InvalidApiKey(AuthenticationError):
    """Not a key of this server."""

    code = "invalid_api_key"

    def __init__(self) -> None:
        super().__init__("This is not a valid API key. Check that it was copied whole.")


class ApiKeyRevoked(AuthenticationError):
    """The key was deleted, replaced, or found where it should not be."""

    code = "api_key_revoked"

    def __init__(self) -> None:
        super().__init__("This API key was revoked. Use another, or create one in the settings.")


class ApiKeyExpired(AuthenticationError):
    """The key's time is over."""

    code = "api_key_expired"

    def __init__(self) -> None:
        super().__init__("This API key has expired. Use its successor, or create a new one.")


class IpNotAllowed(ApiError):
    """The key has an allowlist, which the caller's address is not on."""

    status, code, title = 403, "ip_not_allowed", "Address not allowed"

    def __init__(self, address: str | None) -> None:
        seen = f"{address} is" if address else "the address of the caller is not known, so it is"
        super().__init__(f"This key may only be used from its IP allowlist; {seen} not on it.")


class PlanLimitReached(ApiError):
    """The plan allows no more of what was to be made."""

    status, code, title = 403, "plan_limit_reached", "Plan limit reached"


class RotationInProgress(ApiError):
    """What was rotated before is still valid."""

    status, code, title = 409, "rotation_in_progress", "Rotation in progress"


class OverlapRequired(ApiError):
    """A key that rotates itself must stay in force long enough to fetch a lost answer again."""

    status, code, title = 422, "overlap_required", "Overlap required"


class TooManyFailedAttempts(ApiError):
    """Too many requests without a valid key came from one address."""

    status, code, title = 429, "too_many_failed_attempts", "Too many failed attempts"

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "Too many requests without a valid key came from this address.",
            headers={"Retry-After": str(retry_after)},
        )
