"""Counting requests: hooks that are there only where metrics are asked for."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import Flask, Response, g, request
from sqlalchemy.exc import SQLAlchemyError

from anthyx_server import clock
from anthyx_server.errors import database_failed
from anthyx_server.limits import judged_without_redis
from anthyx_server.metrics import Metrics
from anthyx_server.webhooks import wake_failed
from anthyx_server.workspaces import WorkspaceNotFoundError, read_workspace

# So long a change of plan may take to be seen in the counts of refusals.
_PLAN_SECONDS = 60


def init_metering(app: Flask, metrics: Metrics) -> None:
    """Count and time every request; must be called before any other hook is registered."""

    def on_response(response: Response) -> Response:
        rule = request.url_rule
        method, route = ("-", "none") if rule is None else (request.method, rule.rule)
        status = response.status_code
        metrics.answered(method, route, status, clock.monotonic() - g.started_at)
        if status == 429:
            metrics.limited(_plan())
        return response

    def on_fallback(_sender: Any) -> None:
        metrics.gate_fallbacks.inc()

    def on_database_error(_sender: Any) -> None:
        metrics.database_errors.inc()

    def on_wake_failure(_sender: Any) -> None:
        metrics.wake_failures.inc()

    app.after_request(on_response)
    judged_without_redis.connect(on_fallback, weak=False)
    database_failed.connect(on_database_error, weak=False)
    wake_failed.connect(on_wake_failure, weak=False)


def _plan() -> str:
    """The plan of the workspace that was refused; `none` for a limit of addresses."""
    caller = g.get("caller")
    if caller is None:
        return "none"
    return _plan_of(caller.workspace_id, int(clock.monotonic() // _PLAN_SECONDS))


@lru_cache(maxsize=4096)
def _plan_of(workspace_id: str, _period: int) -> str:
    try:
        return str(read_workspace(workspace_id).plan)
    except (WorkspaceNotFoundError, SQLAlchemyError):
        return "unknown"
