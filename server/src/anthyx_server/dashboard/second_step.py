"""What a form carries from one step of signing in to the next: signed, for five minutes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from flask import current_app
from itsdangerous import BadSignature, URLSafeTimedSerializer

from anthyx_server.dashboard import cookies
from anthyx_server.workspaces import Fitting

SECONDS = 300


def sign(fitting: Sequence[Fitting]) -> str:
    """The field's text, good in this browser alone."""
    return _serializer().dumps([list(each) for each in fitting])


def read(text: str) -> tuple[Fitting, ...] | None:
    """Who knew the password; None where the text is not ours, or too old."""
    try:
        given = _serializer().loads(text, max_age=SECONDS)
    except BadSignature:
        return None
    return tuple(Fitting(*each) for each in given)


def _serializer() -> URLSafeTimedSerializer:
    browser = hashlib.sha256((cookies.session_token() or "").encode(errors="replace"))
    key: bytes = current_app.extensions["anthyx_secret_key"]
    return URLSafeTimedSerializer(key, salt=b"second step" + browser.digest())
