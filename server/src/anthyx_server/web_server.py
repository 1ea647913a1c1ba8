"""The web server: gunicorn with threads, embedded, which answers broken requests as we would."""

from __future__ import annotations

import errno
import io
import logging
import secrets
import select
import socket
from collections.abc import Callable
from typing import Any

import orjson
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http import wsgi
from gunicorn.http.errors import (
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
)
from gunicorn.workers.gthread import ThreadWorker
from werkzeug.exceptions import ClientDisconnected

from anthyx_server import stopping
from anthyx_server.config import ConfigurationError, Settings
from anthyx_server.errors import ApiError, BadRequest, InternalError

log = logging.getLogger(__name__)

# A proxy keeps idle connections for 60 s as a rule; we must not be the first to close.
_KEEPALIVE_SECONDS = 75
# Less than the supervisor waits before it kills.
_GRACEFUL_SECONDS = 10
_BACKLOG = 2048
_LONGEST_LINE = 8190

# WSGI joins the values of a repeated field by commas: one of these would be taken for another.
_SINGLE_FIELDS = frozenset({"AUTHORIZATION", "CONTENT-TYPE", "IDEMPOTENCY-KEY"})

_BIND_HINTS = {
    errno.EADDRINUSE: "the port is in use: stop what listens there, or set another --port",
    errno.EADDRNOTAVAIL: "no such address on this machine: set another --host",
    errno.EACCES: "this port needs more rights: set a --port above 1023",
}


def listen(settings: Settings) -> socket.socket:
    """Take the address that the settings name; a server may be given the socket later.

    Raises:
        ConfigurationError: the address is in use, or not ours to use.
    """
    host, port = settings.bind_host, settings.port
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {host}: {error.strerror}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        hint = _BIND_HINTS.get(error.errno or 0, error.strerror)
        raise ConfigurationError(f"cannot listen on {host}:{port}: {hint}") from None
    return listener


def run(settings: Settings, app_factory: Callable[[], Any], listen_fd: int | None = None) -> None:
    """Serve until a signal: SIGTERM lets requests in flight finish, SIGINT doesn't.

    Every worker process makes an application of its own. `listen_fd` is a socket that already
    listens, for instance the supervisor's: it outlives us, so that no client is refused meanwhile.

    Raises:
        ConfigurationError: the address is in use, or not ours to use.
        SystemExit: in the end, with the exit code.
    """
    if listen_fd is None:
        listen_fd = listen(settings).detach()
    wsgi.SERVER = "Anthyx"
    _Server(settings, app_factory, listen_fd).run()


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """What gunicorn runs, configured by our settings alone."""

    def __init__(self, settings: Settings, app_factory: Callable[[], Any], listen_fd: int) -> None:
        self._options = {
            "bind": [f"fd://{listen_fd}"],
            "workers": settings.web_workers,
            "threads": settings.web_threads,
            "worker_class": _Worker,
            "logger_class": _Log,
            "keepalive": _KEEPALIVE_SECONDS,
            "graceful_timeout": _GRACEFUL_SECONDS,
            "limit_request_line": _LONGEST_LINE,
            "limit_request_field_size": _LONGEST_LINE,
            # It would be a way in from the home directory.
            "control_socket_disable": True,
            # Forwarded headers are judged by `addresses`, for every server alike.
            "forwarded_allow_ips": "",
            "secure_scheme_headers": {},
        }
        self._app_factory = app_factory
        super().__init__()

    def load_config(self) -> None:
        """Hand the options over."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application, in a worker process."""
        application = self._app_factory()

        def with_whole_body(environ: dict[str, Any], start_response: Any) -> Any:
            if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
                environ["wsgi.input"] = io.BufferedReader(_Body(environ))
            return application(environ, start_response)

        return with_whole_body


class _Body(io.RawIOBase):
    """A request's body that is an error where gunicorn lets it end early or breaks off."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self._source = environ["wsgi.input"]
        self._missing = int(environ.get("CONTENT_LENGTH") or 0)

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what fits into the buffer.

        Raises:
            ClientDisconnected: the body is shorter than announced, or wrongly chunked.
        """
        try:
            data = self._source.read(len(buffer))
        except (ParseException, OSError):
            raise ClientDisconnected from None
        self._missing -= len(data)
        if not data and self._missing > 0:
            raise ClientDisconnected
        buffer[: len(data)] = data
        return len(data)


class _RepeatedFieldError(ParseException):  # type: ignore[misc]  # gunicorn has no types
    """A header field that must not be repeated is."""


class _Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Answers what can't be read with a problem document, and logs none of its content."""

    def set_accept_enabled(self, enabled: bool) -> None:  # noqa: FBT001  (gunicorn's signature)
        """Accept connections or not; on the way out answer those that wait, and refuse others.

        Gunicorn listens on until the last request is answered, and then resets who waited.
        """
        super().set_accept_enabled(enabled)
        if self.alive or enabled:
            return
        for listener in self.sockets:
            while (
                self.nr_conns < self.worker_connections and select.select([listener], [], [], 0)[0]
            ):
                self.accept(listener)
            listener.close()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Hear SIGTERM: requests in flight are finished, those that only wait let go."""
        stopping.ask()
        super().handle_exit(sig, frame)

    def handle_request(self, req: Any, conn: Any) -> bool:
        """Serve one request, unless a field that may stand once is repeated."""
        single = [name for name, _ in req.headers if name in _SINGLE_FIELDS]
        if len(single) != len(set(single)):
            raise _RepeatedFieldError
        return bool(super().handle_request(req, conn))

    def handle_error(self, _request: Any, client: socket.socket, _address: Any, error: Any) -> None:
        """Tell the client that its request, or our server, is broken; the connection ends."""
        if isinstance(error, ParseException) and not isinstance(
            error, InvalidResponseHeader | InvalidResponseHeaderName
        ):
            answer: ApiError = BadRequest(_describe(error))
        else:
            answer = InternalError()
            # Without the error's text, which may quote what the client sent.
            name = RuntimeError(type(error).__name__)
            log.error("request failed", exc_info=name.with_traceback(error.__traceback__))
        try:
            client.sendall(_raw_response(answer))
        except OSError:
            log.debug("the client of a broken request is gone")


class _Log(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Leaves what gunicorn logs to the handlers that everything else uses."""

    def setup(self, _config: Any) -> None:
        """Warnings and errors only; requests are logged by the application."""
        self.error_log.setLevel(logging.WARNING)
        self.error_log.propagate = True

    def access(self, *_request: Any) -> None:
        """Log nothing: the application does."""


def _describe(error: ParseException) -> str:
    if isinstance(error, LimitRequestLine):
        return f"The request line has more than {_LONGEST_LINE:,} bytes."
    if isinstance(error, LimitRequestHeaders):
        return f"There are over 100 header fields, or one has more than {_LONGEST_LINE:,} bytes."
    if isinstance(error, _RepeatedFieldError):
        return "Authorization, Content-Type and Idempotency-Key may be given only once."
    return "The request line, a header field or the framing of the body breaks RFC 9112."


def _raw_response(error: ApiError) -> bytes:
    request_id = f"req_{secrets.token_hex(12)}"
    body = orjson.dumps(error.problem() | {"request_id": request_id})
    headers = {
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "X-Request-Id": request_id,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
        "Connection": "close",
        **error.headers,
    }
    lines = [f"HTTP/1.1 {error.status} {error.title}", *map(": ".join, headers.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + body
