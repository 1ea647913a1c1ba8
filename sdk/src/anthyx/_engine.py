"""Carries out calls over a `requests.Session`, blocking: what all resources of a client share."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._answers import decode_answer
from ._clock import Clock
from ._credentials import Credentials
from ._exchange import Authorize, Exchange, Pause, Step
from ._models import AnyModel
from ._options import Options
from ._pacing import Pacer
from ._response import APIResponse, ResponseInfo
from ._wire import Request

if TYPE_CHECKING:  # models and their resources are to be had without requests
    from ._transport import Transport


@dataclass(frozen=True, slots=True)
class Engine:
    """Sends requests, with the retries, the pacing and the key that belong to them."""

    transport: Transport
    credentials: Credentials
    pacer: Pacer
    options: Options
    clock: Clock

    def run(self, request: Request) -> APIResponse:
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
                self._take(step)
        return exchange.answer

    def fetch(self, cls: type[AnyModel], request: Request) -> AnyModel:
        """The resource that answers a request; raises APIError."""
        return decode_answer(cls, self.run(request))

    def perform(self, request: Request) -> ResponseInfo:
        """Send a request whose answer has no body; raises APIError."""
        return self.run(request).response

    def _take(self, step: Step) -> None:
        if isinstance(step, Pause):
            self.clock.sleep(step.seconds)
        elif isinstance(step, Authorize):
            credentials = self.credentials
            step.key = credentials.renew(step.refused) if step.refused else credentials.key()
        else:
            step.outcome = self.transport.send(step.request, step.key, step.timeouts)
