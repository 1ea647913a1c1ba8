"""Other ways to send: a raw client, and one RQ job per delivery; neither writes a record."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pycurl
import requests
from redis import Redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from anthyx_server import clock
from anthyx_server.webhooks.secret import new_secret
from anthyx_server.webhooks.sending.signing import Signer

_IN_FLIGHT = 100
_JOBS = 500
_session = requests.Session()
_signer = Signer(new_secret(), None)


def raw(urls: Sequence[str], body: bytes, count: int) -> float:
    """Signed requests per second of one thread with one pycurl multi handle."""
    multi = pycurl.CurlMulti()
    left = itertools.islice(itertools.cycle(urls), count)
    started_at = clock.monotonic()
    under_way = sum(_start(multi, pycurl.Curl(), left, body) for _ in range(_IN_FLIGHT))
    while under_way:
        multi.perform()
        _, succeeded, failed = multi.info_read()
        for handle in (*succeeded, *(each[0] for each in failed)):
            multi.remove_handle(handle)
            under_way += _start(multi, handle, left, body) - 1
        multi.select(0.1)
    return count / (clock.monotonic() - started_at)


def _start(multi: pycurl.CurlMulti, handle: pycurl.Curl, left: object, body: bytes) -> int:
    url = next(left, None)  # type: ignore[call-overload]
    if url is None:
        return 0
    signed = _signer.headers("evt_1", int(clock.unix_seconds()), body)
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.POSTFIELDS, body)
    handle.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in signed.items()])
    multi.add_handle(handle)
    return 1


def send(url: str, body: str) -> None:
    """One delivery, as a job does it."""
    data = body.encode()
    _session.post(url, data, headers=_signer.headers("evt_1", int(clock.unix_seconds()), data))


def one_job_each(redis_url: str, urls: Sequence[str], body: bytes) -> float:
    """Deliveries per second of one RQ SimpleWorker that is given a job for each."""
    with Redis.from_url(redis_url) as client:
        queue = Queue("peer", connection=client, serializer=JSONSerializer)
        for url in itertools.islice(itertools.cycle(urls), _JOBS):
            queue.enqueue(send, url, body.decode(), result_ttl=0)
        worker = SimpleWorker([queue], connection=client, serializer=JSONSerializer)
        started_at = clock.monotonic()
        worker.work(burst=True, logging_level="ERROR")
        return _JOBS / (clock.monotonic() - started_at)
