"""`ANTHYX_SMTP_URL`: what it may say, and what is refused at the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from anthyx_server.config import ConfigurationError, Settings
from anthyx_server.mail_settings import MailSettings

SENDER = "anthyx@localhost"
PASSWORD = "s3cret/pw"


def mail(tmp_path: Path, url: str, **values: str) -> MailSettings | None:
    environ = {"ANTHYX_SMTP_URL": url, **values}
    return Settings.from_env(environ, data_dir=tmp_path).mail


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://127.0.0.1", MailSettings("127.0.0.1", 587, SENDER)),
        ("smtp://[::1]:2525", MailSettings("::1", 2525, SENDER)),
        ("smtp://localhost?starttls=on", MailSettings("localhost", 587, SENDER, is_starttls=True)),
        ("smtp://relay.test:25?starttls=off", MailSettings("relay.test", 25, SENDER)),
        ("smtp://relay.test/", MailSettings("relay.test", 587, SENDER, is_starttls=True)),
        (
            "smtps://me%40a.test:s3cret%2Fpw@relay.test",
            MailSettings(
                "relay.test", 465, SENDER, is_tls=True, user="me@a.test", password=PASSWORD
            ),
        ),
    ],
)
def test_what_a_url_says(tmp_path: Path, url: str, expected: MailSettings) -> None:
    assert mail(tmp_path, url) == expected
    assert PASSWORD not in repr(expected)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://relay.test", "must look like"),
        ("relay.test:25", "must look like"),
        ("smtp://", "must look like"),
        ("smtp://relay.test:99999", "must look like"),
        ("smtp://relay.test/path", "must look like"),
        ("smtp://me@relay.test", "needs both a user and a password"),
        ("smtp://relay.test?tls=on", "takes the option"),
        ("smtp://relay.test?starttls=maybe", "takes the option"),
        ("smtp://me:s3cret%2Fpw@relay.test?starttls=off", "in the clear"),
    ],
)
def test_what_is_refused(tmp_path: Path, url: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told) as refused:
        mail(tmp_path, url)
    assert "s3cret" not in str(refused.value)


def test_without_a_url_nothing_is_mailed(tmp_path: Path) -> None:
    assert Settings.from_env({}, data_dir=tmp_path).mail is None


def test_the_url_may_be_in_a_file_and_the_sender_is_ours(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("smtp://127.0.0.1\n", encoding="utf-8")
    environ = {"ANTHYX_SMTP_URL_FILE": str(file), "ANTHYX_MAIL_FROM": "a@b.test"}
    found = Settings.from_env(environ, data_dir=tmp_path).mail
    assert found is not None
    assert found.sender == "a@b.test"
    with pytest.raises(ConfigurationError, match="MAIL_FROM"):
        mail(tmp_path, "smtp://127.0.0.1", ANTHYX_MAIL_FROM="a@b.test\nBcc: c@d.test")
    public = {"ANTHYX_PUBLIC_URL": "https://app.example.com"}
    named = mail(tmp_path, "smtp://127.0.0.1", **public)
    assert named is not None
    assert named.sender == "anthyx@app.example.com"
