"""No socket is ever opened to an address that isn't allowed, by whichever way it came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from anthyx_server.webhooks.sending import destination
from anthyx_server.webhooks.sending.destination import Destination, judge_url
from anthyx_server.webhooks.sending.outcome import Outcome, Outgoing
from anthyx_server.webhooks.sending.sockets import Sockets
from server.tests.webhooks.sending.conftest import Client, MakeClient
from server.tests.webhooks.sending.receivers import Receiver, status
from server.tests.webhooks.sending.test_destination import FORBIDDEN

pytestmark = pytest.mark.enable_socket

OPEN = {"are_private_allowed": False}


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sockets that were opened for connections."""
    fds: list[int] = []
    really = Sockets.open

    def spy(self: Sockets, family: int, kind: int, protocol: int) -> int:
        fds.append(really(self, family, kind, protocol))
        return fds[-1]

    monkeypatch.setattr(Sockets, "open", spy)
    return fds


@pytest.fixture
def forbidden() -> Iterator[Receiver]:
    """Listens where nothing may be sent, and would answer."""
    with Receiver(status(200)) as receiver:
        yield receiver
        assert receiver.connections == 0


def is_refused(outcome: Outcome) -> bool:
    return (
        outcome.error_code == "address_not_allowed"
        and outcome.peer_address is None
        and outcome.holds_endpoint
        and "not allowed" in (outcome.error_detail or "")
    )


def test_names_that_lead_inside(
    make_client: MakeClient, forbidden: Receiver, opened: list[int]
) -> None:
    inside = [*FORBIDDEN, "127.0.0.1", "::1"]
    names = {f"name{number}.example": address for number, address in enumerate(inside)}
    client = make_client(look_up=lambda host: [names[host]], **OPEN)
    outcomes = client.post_all(
        [Outgoing(name, f"https://{name}:{forbidden.port}/", [], b"{}") for name in names]
    )
    assert [outcome for outcome in outcomes if not is_refused(outcome)] == []
    assert opened == []
    for address in inside:
        assert not any(address in (outcome.error_detail or "") for outcome in outcomes)


def test_addresses_that_lead_inside(
    make_client: MakeClient, forbidden: Receiver, opened: list[int]
) -> None:
    client = make_client(**OPEN)
    for host in ("127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "0.0.0.0"):  # noqa: S104
        assert is_refused(client.post(f"https://{host}:{forbidden.port}/"))
    assert opened == []


@pytest.mark.parametrize(
    "host",
    ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost", "x.localhost", "[::1]", "0"],
)
def test_sockets_are_judged_though_the_url_was_not(
    make_client: MakeClient,
    forbidden: Receiver,
    opened: list[int],
    monkeypatch: pytest.MonkeyPatch,
    host: str,
) -> None:
    """As if the judge of URLs had let a spelling through that libcurl reads as an address."""

    class Unjudged(Destination):
        is_literal = True

        def __str__(self) -> str:
            return f"https://{host}:{forbidden.port}/"

    def unjudged(url: str, policy: destination.Policy) -> Destination:
        return Unjudged("https", host, forbidden.port, "/")

    monkeypatch.setattr(destination, "parse", unjudged)
    assert is_refused(make_client(**OPEN).post("https://example.com/"))
    assert opened == []


def test_a_name_that_is_rebound(
    make_client: MakeClient, forbidden: Receiver, opened: list[int]
) -> None:
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    client = make_client(look_up=lambda host: next(answers), **OPEN)
    url = f"https://rebound.example:{forbidden.port}/"
    policy = destination.Policy()
    assert judge_url(url, policy, lambda host: ["8.8.8.8"]) == url
    next(answers)
    assert is_refused(client.post(url))
    assert opened == []


def test_the_second_address_is_judged_too(make_client: MakeClient, opened: list[int]) -> None:
    with Receiver() as closed:
        dead = closed.port
    with Receiver(status(200), host="127.0.0.2") as denied:
        client = make_client(["127.0.0.2"], look_up=lambda host: ["127.0.0.1", "127.0.0.2"])
        outcome = client.post(f"http://two.example:{denied.port}/")
        assert denied.connections == 0
    assert outcome.error_code == "address_not_allowed"
    assert len(opened) == 1, "only to the first, where nobody listens"
    assert dead != denied.port


def test_an_allowed_address_beside_a_forbidden_one_is_used(make_client: MakeClient) -> None:
    with Receiver(status(204)) as receiver:
        client = make_client(look_up=lambda host: ["169.254.169.254", "127.0.0.1"])
        outcome = client.post(f"http://two.example:{receiver.port}/")
    assert (outcome.is_success, outcome.peer_address) == (True, "127.0.0.1")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(
    make_client: MakeClient, forbidden: Receiver, opened: list[int], code: int
) -> None:
    location = f"Location: http://127.0.0.1:{forbidden.port}/latest/meta-data"
    with Receiver(status(code, location)) as receiver:
        outcome = make_client().post(receiver.url)
    assert (outcome.status_code, outcome.error_code) == (code, "http_status")
    assert "redirects" in (outcome.error_detail or "")
    assert len(opened) <= 2, "::1 and 127.0.0.1 of localhost"


def test_alternative_services_are_not_followed(
    make_client: MakeClient, forbidden: Receiver
) -> None:
    with Receiver(status(200, f'Alt-Svc: h2="127.0.0.1:{forbidden.port}"')) as receiver:
        client = make_client()
        assert client.post(receiver.url).is_success
        assert client.post(receiver.url).is_success
        assert len(receiver.requests) == 2


@pytest.mark.parametrize("name", ["http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"])
def test_proxies_of_the_environment_are_not_used(
    forbidden: Receiver, monkeypatch: pytest.MonkeyPatch, make_client: MakeClient, name: str
) -> None:
    monkeypatch.setenv(name, f"http://127.0.0.1:{forbidden.port}")
    with Receiver(status(204)) as receiver:
        assert make_client().post(receiver.url).is_success


def test_cookies_are_neither_kept_nor_sent(client: Client) -> None:
    with Receiver(status(200, "Set-Cookie: session=1; Path=/")) as receiver:
        client.post(receiver.url)
        outcome = client.post(receiver.url)
        assert not any(b"session" in request for request in receiver.requests)
    assert outcome.response_headers == [["Content-Length", "0"]]


def test_what_the_operator_denies_is_refused_by_name_and_by_address(
    make_client: MakeClient, forbidden: Receiver, opened: list[int]
) -> None:
    def look_up(host: str) -> Sequence[str]:
        return ["127.0.0.1"]

    port = forbidden.port
    client = make_client(["inside.corp", f"127.0.0.1:{port}"], look_up=look_up)
    for host in ("inside.corp", "a.inside.corp", "127.0.0.1", "other.example"):
        assert is_refused(client.post(f"http://{host}:{port}/"))
    assert opened == []


def test_urls_that_are_no_longer_valid_make_an_outcome(client: Client) -> None:
    for url in ("", "nonsense", "https://user@example.com/", "https://127.1/", "ftp://e.com/"):
        assert client.post(url).error_code == "invalid_request"
