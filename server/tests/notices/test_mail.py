"""Mail on its way: sent, refused, hung, tried again, given up; over TLS where it must be."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from flask import Flask

from anthyx_server import clock, db, workspaces
from anthyx_server import notices as service
from anthyx_server.config import Settings
from anthyx_server.mail_settings import MailSettings
from anthyx_server.notices import delivery, jobs
from server.tests.notices.mailbox import Mailbox, dripping_server, mail_server, silent_server
from tests.support.apps import open_app
from tests.support.ports import free_port
from tests.support.visiting import Browser, Team, make_team, rows, set_rows

pytestmark = pytest.mark.enable_socket

ADA = "ada@example.com"
SENDER = "anthyx@mail.example.com"


@contextmanager
def mailing(settings: Settings, port: int, **values: Any) -> Iterator[Flask]:
    mail = MailSettings("127.0.0.1", port, SENDER, **values)
    with open_app(replace(settings, mail=mail)) as app:
        yield app


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as server:
        yield server


@pytest.fixture
def app(settings: Settings, box: Mailbox) -> Iterator[Flask]:
    with mailing(settings, box.port) as opened:
        yield opened


def invite(team: Team, address: str = ADA) -> str:
    with team.app.app_context(), db.transaction():
        invited = workspaces.invite(team.caller, address, "editor")
        workspace = workspaces.get_workspace(team.workspace_id)
        service.tell_invite(workspace, invited.member, invited.link, "owner@example.com")
        return invited.link.path


def run(app: Flask) -> None:
    with app.app_context():
        jobs.send_mails()


def later(monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    moment = clock.now() + timedelta(**by)
    monkeypatch.setattr(clock, "now", lambda: moment)


def test_an_invite_arrives_and_its_link_is_kept_nowhere(team: Team, box: Mailbox) -> None:
    path = invite(team)
    assert path not in str(rows(team.app, "mails")) + str(rows(team.app, "notices"))
    run(team.app)
    (message,) = box.taken
    assert box.recipients == [[ADA]]
    assert message["To"] == ADA
    assert message["From"] == f"Anthyx <{SENDER}>"
    assert message["Subject"] == "You are invited to “Acme” on Anthyx"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().splitlines()[-1] == f"http://127.0.0.1:8080{path}"
    (mail,) = rows(team.app, "mails")
    assert mail["sent_at"] is not None
    assert mail["sealed_link"] is None
    run(team.app)
    assert len(box.taken) == 1
    assert Browser(team.app).get(path).status_code == 200


def test_the_team_page_mails_the_invite(team: Team, box: Mailbox) -> None:
    answer = team.browser().post("/settings/team/invite", email=ADA, role="editor")
    assert "on its way to them by mail" in answer.text
    run(team.app)
    assert box.recipients == [[ADA]]


def test_a_refused_mail_is_tried_again_and_others_go_on(
    team: Team, box: Mailbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    box.refusals = ["451 Try later, ada@example.com"]
    invite(team)
    invite(team, "bob@example.com")
    run(team.app)
    assert box.recipients == [["bob@example.com"]]
    ours = [record.getMessage() for record in caplog.records if "anthyx" in record.name]
    assert ours
    assert not any(ADA in message for message in ours)
    run(team.app)
    assert len(box.taken) == 1, "not before its time"
    later(monkeypatch, minutes=2)
    run(team.app)
    assert len(box.taken) == 2


def test_who_dies_after_sending_sends_the_same_mail_again(
    team: Team, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(team)
    send = delivery.Connection.send

    def die(*arguments: Any) -> None:
        send(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(delivery.Connection, "send", die)
    with pytest.raises(KeyboardInterrupt):
        run(team.app)
    monkeypatch.setattr(delivery.Connection, "send", send)
    run(team.app)
    assert len(box.taken) == 1, "somebody has it"
    later(monkeypatch, minutes=6)
    run(team.app)
    first, second = box.taken
    assert first["Message-ID"] == second["Message-ID"]
    assert first.as_bytes() == second.as_bytes()


def test_a_mail_is_given_up_once_its_link_holds_no_more(
    team: Team, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(team)
    later(monkeypatch, hours=73)
    run(team.app)
    assert box.taken == []
    (mail,) = rows(team.app, "mails")
    assert (mail["next_attempt_at"], mail["sealed_link"], mail["sent_at"]) == (None, None, None)


def test_nobody_is_mailed_who_was_removed(team: Team, box: Mailbox) -> None:
    invite(team)
    with team.app.app_context(), db.transaction():
        workspaces.remove_member(team.caller, ADA)
    run(team.app)
    assert box.taken == []
    assert rows(team.app, "mails") == []


def test_an_address_that_no_header_can_hold_is_no_mail(team: Team, box: Mailbox) -> None:
    invite(team)
    set_rows(team.app, "mails", address="a@b.c\r\nBcc: d@e.f")
    run(team.app)
    assert box.taken == []
    (mail,) = rows(team.app, "mails")
    assert mail["last_problem"] == "the address can't be written"


BAD: tuple[Callable[[], Any], ...] = (silent_server, dripping_server)


@pytest.mark.parametrize("bad", BAD)
def test_a_server_that_hangs_costs_bounded_time(
    settings: Settings,
    bad: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(delivery, "_STEP_SECONDS", 0.5)
    connected = delivery.connected
    monkeypatch.setattr(jobs, "connected", lambda mail: connected(mail, most_seconds=1.0))
    with bad() as port, mailing(settings, port) as app, caplog.at_level(logging.WARNING):
        team = make_team(app)
        for number in range(3):
            invite(team, f"{number}@example.com")
        run(app)
        mails = rows(app, "mails")
    assert [mail["attempts"] for mail in mails] == [1, 1, 1], "one connection for all"
    assert all(mail["next_attempt_at"] > clock.now() for mail in mails)
    assert "the mail server takes nothing" in caplog.text


def test_a_server_that_refuses_connections_is_tried_less_and_less(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mailing(settings, free_port()) as app:
        team = make_team(app)
        invite(team)
        waits = []
        for _ in range(9):
            run(app)
            (mail,) = rows(app, "mails")
            waits.append(mail["next_attempt_at"] - clock.now())
            later(monkeypatch, seconds=waits[-1].total_seconds() + 1)
    assert waits == sorted(waits)
    assert timedelta(seconds=50) < waits[0] < timedelta(minutes=2)
    assert waits[-1] < timedelta(hours=13)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def certificate(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A TLS context of a server that we trust."""
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(trusted)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


WAYS = [
    ({"is_starttls": True}, lambda context: {"tls_context": context}),
    ({"is_tls": True}, lambda context: {"ssl_context": context}),
]


@pytest.mark.parametrize(("client", "server"), WAYS)
def test_mail_goes_over_tls_and_the_password_with_it(
    settings: Settings, certificate: Any,
    client: dict[str, bool], server: Callable[[Any], dict[str, Any]],
) -> None:  # fmt: skip
    values = {"user": "me", "password": "s3cret", **client}
    with ExitStack() as stack:
        box = stack.enter_context(mail_server(auth_require_tls=False, **server(certificate)))
        app = stack.enter_context(mailing(settings, box.port, **values))
        invite(make_team(app))
        run(app)
    assert box.recipients == [[ADA]]
    assert box.logins == [("me", "s3cret")]


@pytest.mark.parametrize(("client", "server"), WAYS)
def test_nothing_goes_to_a_server_whose_certificate_is_not_trusted(
    settings: Settings, certificate: Any, monkeypatch: pytest.MonkeyPatch,
    client: dict[str, bool], server: Callable[[Any], dict[str, Any]],
) -> None:  # fmt: skip
    monkeypatch.delenv("SSL_CERT_FILE")
    values = {"user": "me", "password": "s3cret", **client}
    with ExitStack() as stack:
        box = stack.enter_context(mail_server(auth_require_tls=False, **server(certificate)))
        app = stack.enter_context(mailing(settings, box.port, **values))
        invite(make_team(app))
        run(app)
    assert (box.taken, box.logins) == ([], [])


def test_a_server_without_starttls_gets_nothing(settings: Settings, box: Mailbox) -> None:
    with mailing(settings, box.port, is_starttls=True) as app:
        invite(make_team(app))
        run(app)
        (mail,) = rows(app, "mails")
    assert box.taken == []
    assert mail["last_problem"] == "SMTPNotSupportedError"
