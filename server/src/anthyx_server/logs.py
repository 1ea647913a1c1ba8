"""Logging: one line per event, with the request, key and workspace it belongs to."""

from __future__ import annotations

import logging
import logging.config
from typing import Any

import orjson
from flask import g, has_request_context

from anthyx_server import clock


class Context(logging.Filter):
    """Adds to every record what it belongs to; ids only, never a secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
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
            "at": clock.rfc3339(clock.from_milliseconds(int(record.created * 1000))),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in ("request_id", "key_id", "workspace_id", "address"):
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
            f"{name}={value}"
            for name in ("request_id", "key_id", "workspace_id", "address")
            if (value := getattr(record, name, None)) is not None
        ]
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname.lower():7} "
        line += " ".join([record.getMessage(), *ids])
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


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
