"""Judging the URL of a request before its transaction begins: looking a name up may take seconds.

On SQLite the transaction of a request with an Idempotency-Key holds the only write lock.
"""

from __future__ import annotations

from contextlib import suppress

import orjson
from flask import current_app, g, request

from anthyx_server.webhooks.sending.destination import BadDestination, Policy, judge_url


def look_up() -> None:
    """Judge the URL that the body names, if it names one; `judged` tells the verdict."""
    with suppress(orjson.JSONDecodeError):
        body = orjson.loads(request.get_data(cache=True))
        if isinstance(body, dict) and isinstance(body.get("url"), str):
            look_up_url(body["url"].strip())


def look_up_url(text: str) -> None:
    """Judge a URL; `judged` tells the verdict."""
    _verdicts()[text] = _judge(text)


def keep(url: str) -> None:
    """Take a URL as it is stored: what was allowed once is not judged again by other changes."""
    _verdicts()[url] = url


def judged(url: str) -> str:
    """The URL as it is kept.

    Raises:
        BadDestination: nothing may be sent there; the text says what would be right.
    """
    verdict = _verdicts().get(url) or _judge(url)
    if isinstance(verdict, BadDestination):
        raise verdict
    return verdict


def _judge(url: str) -> str | BadDestination:
    policy: Policy = current_app.extensions["anthyx_webhook_policy"]
    try:
        return judge_url(url, policy)
    except BadDestination as problem:
        return problem


def _verdicts() -> dict[str, str | BadDestination]:
    found: dict[str, str | BadDestination] = g.setdefault("webhook_destinations", {})
    return found
