"""The hooks around every request under /v1: authentication, headers, the late second look."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from flask import Flask, Response, g, request
from sqlalchemy.exc import SQLAlchemyError

from anthyx_server import clock, keys
from anthyx_server.config import Settings
from anthyx_server.errors import ApiError, Unavailable, problem_response
from anthyx_server.limits.fallback import FallbackWindows
from anthyx_server.limits.gate import Gate
from anthyx_server.limits.headers import rate_limit_headers
from anthyx_server.limits.windows import Admission
from anthyx_server.operations import operation_of
from anthyx_server.tenancy import Caller

log = logging.getLogger(__name__)

_LOOKUPS = 4
_LATE_LOOKS = 3
_PUBLIC = {"openapi.get_openapi"}
# A read may leave this long after its look at the key without a second one.
SLOW_SECONDS = 0.2


_Admit = Callable[[str, str | None, int], tuple[keys.KeyRecord, Admission]]


def init_gate(
    app: Flask, settings: Settings, timing: Callable[[_Admit], _Admit] | None = None
) -> None:
    """Register authentication; must be called before Flask-Limiter registers its hook.

    `timing` puts a clock beside the gate.
    """
    gate = Gate(
        link=app.extensions["anthyx_redis"],
        reader=app.extensions["anthyx_reader"],
        hasher=app.extensions["anthyx_hasher"],
        fallback=FallbackWindows(settings.web_workers * settings.hosts),
        lookups=threading.BoundedSemaphore(_LOOKUPS),
    )
    admit = gate.admit if timing is None else timing(gate.admit)
    throttle = keys.FailureThrottle()

    def on_request() -> None:
        declared = operation_of(request.endpoint)
        is_public = request.endpoint in _PUBLIC or (declared is not None and declared.is_public)
        if is_public or not request.path.startswith("/v1/"):
            return
        try:
            _authenticate(admit, is_counted=declared is None or declared.counts())
        except keys.AuthenticationError as error:
            _count_failure(throttle, error)

    app.before_request(on_request)
    app.after_request(_on_response)


def _authenticate(admit: _Admit, *, is_counted: bool) -> None:
    environ = request.environ
    authorization = environ.get("HTTP_AUTHORIZATION")
    if authorization is None:
        raise keys.MissingApiKey
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not keys.is_well_formed(token):
        raise keys.InvalidApiKey
    here = g._get_current_object()  # noqa: SLF001  (one look for all that follows)
    # Noted before the gate looks: what it finds is no older than this.
    here.looked_at = clock.monotonic()
    address: str | None = here.origin.address
    record, admission = admit(token, address, 1 if is_counted else 0)
    here.token = token
    here.admission = admission
    here.caller = Caller(
        record.workspace_id,
        record.mode,
        record.actor,
        record.scopes,
        record.brand_ids,
        record.key_id,
        record.auth_version,
        address,
        here.request_id,
        environ.get("HTTP_IDEMPOTENCY_KEY"),
        record.family_id,
    )


def _count_failure(throttle: keys.FailureThrottle, error: keys.AuthenticationError) -> None:
    address = g.origin.address or g.origin.peer
    retry_after = throttle.note(address)
    if retry_after is not None:
        raise keys.TooManyFailedAttempts(retry_after)
    log.info("authentication failed: %s", error.code, extra={"address": address})
    raise error


def _on_response(response: Response) -> Response:
    admission = g.get("admission")
    if admission is None:
        return response
    refusal = _late_refusal()
    if refusal is not None:
        response = problem_response(refusal)
    # A key may also lose its standing after the gate, before a commit.
    if response.status_code != 401 and g.get("problem") != keys.IpNotAllowed.code:
        response.headers.extend(rate_limit_headers(admission))
    return response


def _late_refusal() -> ApiError | None:
    """Look at the key again where the answer took long; a committed write keeps its answer."""
    if g.get("is_committed", False):
        return None
    for _ in range(_LATE_LOOKS):
        if clock.monotonic() - g.looked_at <= SLOW_SECONDS:
            return None
        g.looked_at = clock.monotonic()
        try:
            keys.look_again(g.caller)
        except ApiError as error:
            return error
        except SQLAlchemyError:
            break
    return Unavailable()
