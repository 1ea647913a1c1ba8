"""A customer who makes brands through the API meanwhile, whatever becomes of the web server."""

from __future__ import annotations

import http.client
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.support.apps import call

_PAUSE_SECONDS = 0.1


@contextmanager
def customer(base: str, token: str) -> Iterator[list[str]]:
    """Make a brand every now and then; yields the ids that were answered with 201."""
    made: list[str] = []
    is_over = threading.Event()

    def work() -> None:
        while not is_over.wait(_PAUSE_SECONDS):
            body = {"name": f"Brand {uuid.uuid4()}"}
            with suppress(OSError, http.client.HTTPException):
                status, answer = call(f"{base}/v1/brands", token, "POST", body)
                if status == 201:
                    made.append(answer["id"])

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield made
    finally:
        is_over.set()
        thread.join()
