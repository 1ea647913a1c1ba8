"""Names are looked up beside the sending, and one that hangs holds up nobody else."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from anthyx_server import clock
from anthyx_server.webhooks.sending import resolving
from anthyx_server.webhooks.sending.outcome import Outgoing
from anthyx_server.webhooks.sending.resolving import BoundedLookUp, Names
from server.tests.limits.moved_clock import MovedClock
from server.tests.webhooks.sending.conftest import MakeClient
from server.tests.webhooks.sending.receivers import Receiver, status
from tests.support.apps import wait_until

pytestmark = pytest.mark.enable_socket


class NameServer:
    """Answers for all names, but for those that begin with `hang` only once it is let go."""

    def __init__(self) -> None:
        self.address = "127.0.0.1"
        self.asked: Counter[str] = Counter()
        self.hanging: set[str] = set()
        self.released = threading.Event()

    def __call__(self, host: str) -> list[str]:
        self.asked[host] += 1
        if host.startswith("hang"):
            self.hanging.add(host)
            self.released.wait(30)
            self.hanging.discard(host)
        return [] if host.startswith("none") else [self.address]


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    """A name server; at the end all who wait are let go."""
    server = NameServer()
    yield server
    server.released.set()
    wait_until(lambda: not server.hanging, 15)


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> MovedClock:
    """The clock by which this process measures how long something took."""
    moved = MovedClock(is_running=True)
    monkeypatch.setattr(clock, "monotonic", moved)
    return moved


def to(host: str, port: int) -> Outgoing:
    return Outgoing(host, f"http://{host}:{port}/", [], b"{}")


def test_names_that_hang_hold_up_nobody(make_client: MakeClient, name_server: NameServer) -> None:
    client = make_client(look_up=name_server, connect_timeout_seconds=2)
    with Receiver(status(204)) as receiver:
        hanging = [to(f"hang{number}.example", receiver.port) for number in range(60)]
        healthy = [to(f"good{number}.example", receiver.port) for number in range(40)]
        outcomes = client.post_all(hanging + healthy)
    assert all(outcome.is_success for outcome in outcomes[:40])
    assert {outcome.tag for outcome in outcomes[:40]} == {request.tag for request in healthy}
    for outcome in outcomes[40:]:
        assert (outcome.error_code, outcome.holds_endpoint) == ("dns_failed", True)
        assert "in time" in (outcome.error_detail or "")
        assert outcome.duration_ms >= 2_000
        assert outcome.dns_ms is None


def test_a_name_that_does_not_exist(make_client: MakeClient, name_server: NameServer) -> None:
    outcome = make_client(look_up=name_server).post("http://none.example:8080/")
    assert (outcome.error_code, outcome.holds_endpoint) == ("dns_failed", True)
    assert "did not resolve:" in (outcome.error_detail or "")


def test_requests_share_a_look_up(make_client: MakeClient, name_server: NameServer) -> None:
    client = make_client(look_up=name_server)
    with Receiver(status(204)) as receiver:
        outcomes = client.post_all([to("good.example", receiver.port) for _ in range(20)])
        outcomes += client.post_all([to("good.example", receiver.port) for _ in range(20)])
    assert all(outcome.is_success for outcome in outcomes)
    assert name_server.asked == {"good.example": 1}


def test_a_name_that_moves_is_followed(
    make_client: MakeClient, name_server: NameServer, moved: MovedClock
) -> None:
    client = make_client(look_up=name_server, timeout_seconds=10_000, connect_timeout_seconds=9_000)
    old = Receiver(status(200, "Connection: close", body=b"old"))
    with old, Receiver(status(200, body=b"new"), host="127.0.0.2") as new:
        old_url, new_url = (f"http://good.example:{one.port}/" for one in (old, new))
        assert client.post(old_url).response_body == b"old"
        name_server.address = "127.0.0.2"
        assert client.post(old_url).response_body == b"old"
        moved.ahead += resolving.KNOWN_SECONDS
        assert client.post(new_url).response_body == b"new"
        assert client.post(old_url).error_code == "connect_failed"
    assert name_server.asked["good.example"] == 2


def test_no_handle_remembers_where_a_name_was(
    make_client: MakeClient, name_server: NameServer, moved: MovedClock
) -> None:
    client = make_client(look_up=name_server, timeout_seconds=10_000, connect_timeout_seconds=9_000)
    closing = status(204, "Connection: close")
    with Receiver(closing) as old, Receiver(closing, host="127.0.0.2") as new:
        client.post_all([to("good.example", old.port) for _ in range(4)])
        client.post_all([to("good.example", new.port) for _ in range(4)])
        name_server.address = "127.0.0.2"
        moved.ahead += resolving.KNOWN_SECONDS
        for _ in range(3):
            outcomes = client.post_all([to("good.example", new.port) for _ in range(4)])
            assert {outcome.peer_address for outcome in outcomes} == {"127.0.0.2"}


def test_a_slow_name_takes_no_time_from_the_next_request(
    make_client: MakeClient, moved: MovedClock
) -> None:
    def look_up(host: str) -> list[str]:
        moved.ahead += 14.99
        return ["127.0.0.1"]

    client = make_client(look_up=look_up, connect_timeout_seconds=20)
    answering = threading.Event()

    def late(connection: socket.socket, request: bytes) -> None:
        answering.wait(0.3)
        status(204)(connection, request)

    with Receiver(late) as receiver:
        first = client.post(f"http://slow.example:{receiver.port}/")
        assert first.error_code in {"timeout", "connect_timeout"}
        assert first.duration_ms >= 14_990
        assert client.post(f"http://127.0.0.1:{receiver.port}/").is_success


def test_a_name_in_use_is_looked_up_again_beside_the_sending(
    make_client: MakeClient, name_server: NameServer, moved: MovedClock
) -> None:
    client = make_client(look_up=name_server)
    with Receiver(status(204)) as receiver:
        url = f"http://good.example:{receiver.port}/"
        for _ in range(4):
            assert client.post(url).is_success
            moved.ahead += resolving.FRESH_SECONDS + 1
            assert client.post(url).is_success
            client.sender.step(0.01)
    assert name_server.asked["good.example"] > 2


def test_a_failed_refresh_keeps_what_is_known(moved: MovedClock) -> None:
    found = [["127.0.0.1"], []]
    names = Names(lambda host: found.pop(0), lambda: None)
    assert names.find("a.example") is None
    wait_until(lambda: bool(names.take()), 15)
    moved.ahead += resolving.FRESH_SECONDS
    assert names.find("a.example") is not None
    wait_until(lambda: bool(names.take()), 15)
    known = names.find("a.example")
    assert known is not None
    assert known.addresses == ["127.0.0.1"]


def test_slow_names_have_threads_of_their_own(name_server: NameServer, moved: MovedClock) -> None:
    names = Names(name_server, lambda: None)
    hosts = [f"hang{number}.example" for number in range(300)]
    for host in hosts:
        assert names.find(host) is None
    wait_until(lambda: len(name_server.hanging) == resolving.MAX_AT_ONCE, 15)
    for host in hosts:
        names.give_up(host)
    name_server.released.set()
    wait_until(lambda: not name_server.hanging, 15)
    moved.ahead += 5
    assert len(names.take()) == resolving.MAX_AT_ONCE

    name_server.released.clear()
    name_server.asked.clear()
    for host in [*hosts, "good.example"]:
        names.find(host)
    wait_until(lambda: name_server.asked["good.example"] == 1, 15)
    wait_until(lambda: len(name_server.hanging) == resolving.MAX_SLOW, 15)
    assert name_server.asked.total() == resolving.MAX_SLOW + 1


def test_only_so_many_names_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resolving, "_MAX_KNOWN", 10)
    names = Names(lambda host: ["127.0.0.1"], lambda: None)
    for number in range(30):
        names.find(f"name{number}.example")
        wait_until(lambda: bool(names.take()), 15)
    assert names.find("name29.example") is not None
    assert names.find("name19.example") is None


def test_a_look_up_at_creation_is_bounded(name_server: NameServer) -> None:
    look_up = BoundedLookUp(name_server, seconds=0.05)
    assert look_up("good.example") == ["127.0.0.1"]
    assert [look_up(f"hang{number}.example") for number in range(20)] == [[]] * 20
    assert len(name_server.hanging) <= 16
    assert look_up("good.example") == [], "no place is left, and it is judged at sending"
    name_server.released.set()
    wait_until(lambda: look_up("good.example") == ["127.0.0.1"], 15)


def test_without_threads_nothing_breaks(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    client = make_client(look_up=lambda host: ["127.0.0.1"], connect_timeout_seconds=0.2)
    with Receiver(status(204)) as receiver, monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", no_thread)
        assert client.post(f"http://good.example:{receiver.port}/").error_code == "dns_failed"
        assert BoundedLookUp(lambda host: ["127.0.0.1"])("good.example") == []
    assert BoundedLookUp(lambda host: ["127.0.0.1"])("good.example") == ["127.0.0.1"]


def test_the_systems_resolver() -> None:
    assert set(resolving.look_up("localhost")) <= {"127.0.0.1", "::1"}
    assert resolving.look_up("localhost")
    assert resolving.look_up("a" * 64 + ".invalid") == []
    assert resolving.look_up("") in ([], resolving.look_up("localhost"))
