"""Logging: one line per event, with the request, key and workspace it belongs to."""

from __future__ import annotations

import logging
import logging.config
import time
from functools import lru_cache
from typing import Any

import orjson
from flask import g, has_request_context

from anthyx_server import clock

_IDS = ("request_id", "key_id", "workspace_id", "address")
# What the line of a request says in its message already.
_REQUEST = ("method", "route", "status", "duration_ms")


class Context(logging.Filter):
    """Adds to every record what it belongs to; ids only, never a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if hasattr(record, "request_id"):  # the line of a request brings its own
            return True
        caller = g.get("caller") if has_request_context() else None
        record.request_id = g.get("request_id") if has_request_context() else None
        record.key_id = None if caller is None else caller.key_id
        record.workspace_id = None if caller is None else caller.workspace_id
        return True


class JsonFormatter(logging.Formatter):
    """A JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        document: dict[str, Any] = {
            "at": clock.rfc3339_of_milliseconds(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in (*_REQUEST, *_IDS):
            value = getattr(record, name, None)
            if value is not None:
                document[name] = value
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(document).decode()


class ConsoleFormatter(logging.Formatter):
    """A line for people: time, level, message, then what it belongs to."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        ids = [
            f"{name}={value}" for name in _IDS if (value := getattr(record, name, None)) is not None
        ]
        line = f"{_time_of_day(int(record.created))} {record.levelname.lower():7} "
        line += " ".join([record.getMessage(), *ids])
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


# Everything that the lines of requests have in common.
_LINE = logging.makeLogRecord({"levelno": logging.INFO, "levelname": "INFO"}).__dict__


def log_request(
    logger: logging.Logger,
    method: str,
    route: str,
    status: int,
    seconds: float,
    request_id: str,
    caller: Any,
) -> None:
    """Log one request; a third of what `logger.info` costs, which looks up who called it."""
    duration_ms = round(seconds * 1000, 1)
    moment = clock.unix_seconds()
    record = logging.LogRecord.__new__(logging.LogRecord)
    record.__dict__.update(
        _LINE,
        name=logger.name,
        msg=f"{method} {route} {status} {duration_ms} ms",
        created=moment,
        msecs=moment * 1000 % 1000,
        method=method,
        route=route,
        status=status,
        duration_ms=duration_ms,
        request_id=request_id,
        key_id=None if caller is None else caller.key_id,
        workspace_id=None if caller is None else caller.workspace_id,
    )
    logger.handle(record)


@lru_cache(maxsize=1)
def _time_of_day(second: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(second))


def set_up(log_format: str) -> None:
    """Send all logs to standard error in the format that was asked for."""
    handler = logging.StreamHandler()
    handler.addFilter(Context())
    handler.setFormatter(JsonFormatter() if log_format == "json" else ConsoleFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # Alembic tells every step, Flask-Limiter every refusal.
    for name in ("alembic", "flask-limiter", "rq"):
        logging.getLogger(name).setLevel(logging.WARNING)
