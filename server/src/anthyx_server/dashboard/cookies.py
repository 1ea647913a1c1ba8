"""The cookie that holds a session's token, and nothing else."""

from __future__ import annotations

from flask import current_app, request
from werkzeug.wrappers import Response

from anthyx_server.dashboard.sessions import LIFE

# With the prefix, no other host and no plain connection can set it (RFC 6265bis, 4.1.3.2).
_SECURE, _LOCAL = "__Host-anthyx", "anthyx_session"


def session_token() -> str | None:
    """The token of the request."""
    return request.cookies.get(_name())


def set_session(response: Response, token: str) -> None:
    """Hand a token out."""
    response.set_cookie(
        _name(),
        token,
        max_age=int(LIFE.total_seconds()),
        path="/",
        secure=_is_secure(),
        httponly=True,
        samesite="Lax",
    )


def end_session(response: Response) -> None:
    """Take the token back."""
    response.delete_cookie(_name(), path="/", secure=_is_secure(), httponly=True, samesite="Lax")


def _name() -> str:
    return _SECURE if _is_secure() else _LOCAL


def _is_secure() -> bool:
    """Where the public URL is plain, it is a loopback one: nobody else is there."""
    public_url: str = current_app.extensions["anthyx_public_url"]
    return public_url.startswith("https:")
