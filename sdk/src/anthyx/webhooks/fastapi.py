"""Webhooks in FastAPI: a dependency that is the event; requests that don't verify get 400.

    verified = webhook(os.environ["ANTHYX_WEBHOOK_SECRET"])

    @app.post("/hooks/anthyx", status_code=204)
    async def on_event(event: Annotated[AnyEvent, Depends(verified)]) -> None: ...

The signature stands for a login: such a path needs no other dependency.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from fastapi import HTTPException, Request

from anthyx._base_errors import WebhookVerificationError
from anthyx._event_types import AnyEvent

from ._refusals import REFUSED, Check

if TYPE_CHECKING:
    from ._refusals import Secret


def webhook(secret: Secret, *, tolerance: float = 300) -> Callable[[Request], Awaitable[AnyEvent]]:
    """Make a dependency that verifies a request and gives its event.

    Args:
        secret: the endpoint's `whsec_…`, several of them, or a function that returns either and
            is called at each request.
        tolerance: seconds that the signature's time may be away from this machine's clock.
    """
    check = Check(secret, tolerance)

    async def verified(request: Request) -> AnyEvent:
        try:
            return check(await request.body(), request.headers)
        except WebhookVerificationError as error:
            raise HTTPException(REFUSED, str(error)) from None

    return verified
