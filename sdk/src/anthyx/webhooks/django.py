"""Webhooks in Django 5 or newer: a decorator that hands a view the event, or answers 400.

    @webhook(lambda: settings.ANTHYX_WEBHOOK_SECRET)
    def on_event(request: HttpRequest, event: AnyEvent) -> HttpResponse:
        ...
        return HttpResponse(status=204)

The view may be a coroutine. It is exempt from the CSRF check: the signature stands for it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from anthyx._base_errors import WebhookVerificationError
from anthyx._event_types import AnyEvent

from ._refusals import PROBLEM_JSON, REFUSED, Check, problem

if TYPE_CHECKING:
    from ._refusals import Secret

_P = ParamSpec("_P")
_Answer = TypeVar("_Answer", bound="HttpResponseBase | Awaitable[HttpResponseBase]")


def webhook(
    secret: Secret, *, tolerance: float = 300
) -> Callable[
    [Callable[Concatenate[HttpRequest, AnyEvent, _P], _Answer]],
    Callable[Concatenate[HttpRequest, _P], _Answer],
]:
    """Verify each request of a view before it runs; the view gets the event after the request.

    Args:
        secret: the endpoint's `whsec_…`, several of them, or a function that returns either and
            is called at each request.
        tolerance: seconds that the signature's time may be away from this machine's clock.
    """
    check = Check(secret, tolerance)

    def decorate(
        view: Callable[Concatenate[HttpRequest, AnyEvent, _P], _Answer],
    ) -> Callable[Concatenate[HttpRequest, _P], _Answer]:
        @functools.wraps(view)
        def verified(request: HttpRequest, /, *args: _P.args, **kwargs: _P.kwargs) -> _Answer:
            try:
                event = check(request.body, request.headers)
            except WebhookVerificationError as error:
                return cast("_Answer", _refusal(error))
            return view(request, event, *args, **kwargs)

        @functools.wraps(view)
        async def verified_later(
            request: HttpRequest, /, *args: _P.args, **kwargs: _P.kwargs
        ) -> HttpResponseBase:
            answer = verified(request, *args, **kwargs)
            return await answer if inspect.isawaitable(answer) else answer

        if inspect.iscoroutinefunction(view):
            exempt = csrf_exempt(verified_later)
        else:
            exempt = csrf_exempt(verified)
        return cast("Callable[Concatenate[HttpRequest, _P], _Answer]", exempt)

    return decorate


def _refusal(error: WebhookVerificationError) -> JsonResponse:
    return JsonResponse(problem(error), status=REFUSED, content_type=PROBLEM_JSON)
