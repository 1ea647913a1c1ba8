"""Carries out calls over httpx, awaiting: what all resources of a client share.

Written by `nox -s aio` from _engine.py: change that.
"""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from anthyx._answers import decode_answer
from anthyx._exchange import Authorize, Exchange, Pause, Step
from anthyx._models import AnyModel
from anthyx._options import Options
from anthyx._pacing import Pacer
from anthyx._response import APIResponse, ResponseInfo
from anthyx._wire import Request

from ._clock import AsyncClock
from ._credentials import AsyncCredentials

if TYPE_CHECKING:
    from ._transport import AsyncTransport


@dataclass(frozen=True, slots=True)
class AsyncEngine:
    """Sends requests, with the retries, the pacing and the key that belong to them."""

    transport: AsyncTransport
    credentials: AsyncCredentials
    pacer: Pacer
    options: Options
    clock: AsyncClock

    async def run(self, request: Request) -> APIResponse:
        """The answer to a request; raises APIError if there is none in the end."""
        exchange = Exchange(
            request,
            self.options,
            self.pacer,
            self.clock,
            renewable=self.credentials.renewable,
        )
        with closing(exchange.steps()) as steps:
            for step in steps:
                await self._take(step)
        return exchange.answer

    async def fetch(self, cls: type[AnyModel], request: Request) -> AnyModel:
        """The resource that answers a request; raises APIError."""
        return decode_answer(cls, await self.run(request))

    async def perform(self, request: Request) -> ResponseInfo:
        """Send a request whose answer has no body; raises APIError."""
        return (await self.run(request)).response

    async def _take(self, step: Step) -> None:
        if isinstance(step, Pause):
            await self.clock.sleep(step.seconds)
        elif isinstance(step, Authorize):
            credentials = self.credentials
            step.key = (
                await credentials.renew(step.refused) if step.refused else await credentials.key()
            )
        else:
            step.outcome = await self.transport.send(step.request, step.key, step.timeouts)
