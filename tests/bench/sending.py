"""The sender alone: signed POSTs of 1 kB, with all that a delivery has, but nothing on record."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter, process_time

from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.sending.outcome import Outgoing
from anthyx_server.webhooks.sending.sender import Sender
from tests.bench.load import VoidRunError

_BODY = b"x" * 1_024
_KEY = hmac.new(b"whsec_bench", digestmod="sha256")


@dataclass(frozen=True)
class Sent:
    """What a stretch of sending took, on this process's core."""

    requests: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def send(urls: Sequence[str], requests: int, in_flight: int) -> Sent:
    """Send so many requests to these URLs in turn, which answer 204 and keep connections open.

    Raises:
        VoidRunError: one was not answered with 204.
    """
    sender = Sender(WebhookSettings(are_private_allowed=True), ())
    try:
        _run(sender, urls, 20 * in_flight, in_flight)  # connections, caches
        cpu, start = process_time(), perf_counter()
        _run(sender, urls, requests, in_flight)
        return Sent(requests, perf_counter() - start, process_time() - cpu)
    finally:
        sender.close()


def _run(sender: Sender, urls: Sequence[str], requests: int, in_flight: int) -> None:
    started = done = 0
    while done < requests:
        while started < requests and started - done < in_flight:
            sender.start(_request(urls[started % len(urls)], started))
            started += 1
        for outcome in sender.step(5):
            if outcome.status_code != 204:
                raise VoidRunError(f"{outcome.error_code}: {outcome.error_detail}")
            done += 1


def _request(url: str, number: int) -> Outgoing:
    signature = _KEY.copy()
    signature.update(_BODY)
    standard = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    headers = [
        ("X-Anthyx-Signature", f"sha256={signature.hexdigest()}"),
        ("webhook-id", "evt_01k0000000000000000000000"),
        ("webhook-timestamp", "1795000000"),
        ("webhook-signature", standard),
        ("X-Anthyx-Event", "post.published"),
        ("X-Anthyx-Delivery", f"whd_{number}"),
        ("X-Anthyx-Attempt", "1"),
        ("X-Anthyx-Sequence", str(number)),
    ]
    return Outgoing(number, url, headers, _BODY)
