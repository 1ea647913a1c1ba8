"""A client that sends one request after the other, and certificates of an own authority."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import trustme

from anthyx_server.webhook_settings import WebhookSettings
from anthyx_server.webhooks.sending.outcome import Outcome, Outgoing
from anthyx_server.webhooks.sending.sender import Sender


class Client:
    """One sender, used as if it sent one request at a time."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender

    def post(
        self, url: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b"{}"
    ) -> Outcome:
        """What came of one request."""
        return self.post_all([Outgoing("tag", url, list(headers), body)])[0]

    def post_all(self, requests: Sequence[Outgoing]) -> list[Outcome]:
        """What came of requests that were all under way at once."""
        for request in requests:
            self.sender.start(request)
        outcomes: list[Outcome] = []
        while self.sender.in_flight:
            outcomes += self.sender.step(5)
        assert len(outcomes) == len(requests)
        return outcomes


MakeClient = Callable[..., Client]


@pytest.fixture
def make_client(ca_file: Path) -> Iterator[MakeClient]:
    """Makes clients: of senders that may send to this machine, unless they are told otherwise."""
    senders = []

    def make(denied_hosts: Sequence[str] = (), look_up: Any = None, **settings: Any) -> Client:
        chosen = WebhookSettings(**{"are_private_allowed": True, **settings})
        own = {} if look_up is None else {"look_up": look_up}
        senders.append(Sender(chosen, denied_hosts, ca_file=str(ca_file), **own))
        return Client(senders[-1])

    yield make
    for sender in senders:
        sender.close()


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    """A client with the settings as they come."""
    return make_client()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """A certificate authority that the clients trust."""
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of `authority`."""
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def tls_of(issuer: trustme.CA, *names: str, **details: Any) -> ssl.SSLContext:
    """What a receiver with a certificate for these names serves TLS with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert(*names, **details).configure_cert(context)
    return context
