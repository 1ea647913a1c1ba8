"""Webhooks in Flask: a decorator that hands a view the event, or answers 400.

    @app.post("/hooks/anthyx")
    @webhook(os.environ["ANTHYX_WEBHOOK_SECRET"])
    def on_event(event: AnyEvent) -> ResponseReturnValue:
        ...
        return "", 204

The view may be a coroutine, where Flask is installed with its `async` extra.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from flask import Response, current_app, request

from anthyx._base_errors import WebhookVerificationError
from anthyx._event_types import AnyEvent

from ._refusals import PROBLEM_JSON, REFUSED, Check, problem

if TYPE_CHECKING:
    from typing import TypeAlias

    from flask.typing import ResponseReturnValue

    from ._refusals import Secret

    Answer: TypeAlias = ResponseReturnValue | Awaitable[ResponseReturnValue]

_P = ParamSpec("_P")


def webhook(
    secret: Secret, *, tolerance: float = 300
) -> Callable[[Callable[Concatenate[AnyEvent, _P], Answer]], Callable[_P, ResponseReturnValue]]:
    """Verify each request of a view before it runs; its first argument is the event.

    Args:
        secret: the endpoint's `whsec_…`, several of them, or a function that returns either and
            is called at each request.
        tolerance: seconds that the signature's time may be away from this machine's clock.
    """
    check = Check(secret, tolerance)

    def decorate(
        view: Callable[Concatenate[AnyEvent, _P], Answer],
    ) -> Callable[_P, ResponseReturnValue]:
        @functools.wraps(view)
        def verified(*args: _P.args, **kwargs: _P.kwargs) -> ResponseReturnValue:
            try:
                event = check(request.get_data(), request.headers)
            except WebhookVerificationError as error:
                return Response(json.dumps(problem(error)), REFUSED, mimetype=PROBLEM_JSON)
            answer: ResponseReturnValue = current_app.ensure_sync(view)(event, *args, **kwargs)
            return answer

        return verified

    return decorate
