"""The table of verifying a webhook of 1 kB, beside its floor and others' verifiers."""

from __future__ import annotations

import hmac
import importlib.util
import json
import statistics
import time
from collections.abc import Callable

import standardwebhooks

from anthyx.webhooks import sign, verify
from sdk.tests import samples

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_FLOOR = "hmac and json alone"
_CALLS = 2_000


def table(rounds: int) -> str:
    """Microseconds of each verifier, medians over the rounds, and how many floors that is."""
    variants = _variants()
    times: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds * 5):
        for name, call in variants.items():
            times[name].append(_measure(call))
    floor = times[_FLOOR]
    lines = ["| verifier | µs | of the floor |", "|---|--:|--:|"]
    for name, found in times.items():
        ratio = statistics.median(mine / least for mine, least in zip(found, floor, strict=True))
        lines.append(f"| {name} | {statistics.median(found):.1f} | {ratio:.2f} |")
    return "\n".join(lines)


def _measure(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    for _ in range(_CALLS):
        call()
    return (time.perf_counter() - start) / _CALLS * 1e6


def _variants() -> dict[str, Callable[[], object]]:
    event = samples.event(type="post.published", data=_data(samples.post()))
    body = json.dumps(event, separators=(",", ":")).encode()
    headers = sign(body, SECRET)
    lower = {name.lower(): value for name, value in headers.items()}
    key = SECRET.encode()

    def floor() -> object:
        return hmac.digest(key, body, "sha256"), json.loads(body)

    def read() -> object:
        return verify(body, headers, SECRET).data

    specification = standardwebhooks.Webhook(SECRET)
    variants: dict[str, Callable[[], object]] = {
        _FLOOR: floor,
        "**ours, all headers**": lambda: verify(body, headers, SECRET),
        "**ours, X-Anthyx-Signature alone**": lambda: verify(
            body, headers["X-Anthyx-Signature"], SECRET
        ),
        "ours, and the whole event read": read,
        "standardwebhooks": lambda: specification.verify(body, lower),
    }
    return variants | _those_installed(body, lower)


def _those_installed(body: bytes, headers: dict[str, str]) -> dict[str, Callable[[], object]]:
    """Peers that the lock doesn't have: `uv pip install svix stripe` shows them too."""
    found: dict[str, Callable[[], object]] = {}
    if importlib.util.find_spec("svix"):
        svix = importlib.import_module("svix.webhooks").Webhook(SECRET)
        found["svix"] = lambda: svix.verify(body, headers)
    if importlib.util.find_spec("stripe"):
        stripe = importlib.import_module("stripe")
        moment = str(int(time.time()))
        signed = f"{moment}.".encode() + body
        signature = hmac.digest(SECRET.encode(), signed, "sha256").hex()
        header = f"t={moment},v1={signature}"
        found["stripe"] = lambda: stripe.Webhook.construct_event(body, header, SECRET)
    return found


def _data(shown: dict[str, object]) -> dict[str, object]:
    return {"object": shown, "previous": None, "truncated": False}
