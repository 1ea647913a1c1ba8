"""Settings from the environment: what is malformed, missing or unsafe refuses to start."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from anthyx_server.config import ConfigurationError, Settings

SECRETS = {
    "ANTHYX_SECRET_KEY": "secret-key-" * 4,
    "ANTHYX_KEY_PEPPERS": "2:" + "new-pepper-" * 4 + ",1:" + "old-pepper-" * 4,
    "ANTHYX_ENCRYPTION_KEYS": "1:" + "encryption-key-" * 4,
}
POSTGRES = {"ANTHYX_DATABASE_URL": "postgresql+psycopg://anthyx:db-password@db.example.com/anthyx"}
PROXIES = {"ANTHYX_TRUSTED_PROXIES": "10.0.0.0/8", "ANTHYX_TRUSTED_PROXY_HOPS": "1"}
PUBLIC = {"ANTHYX_PUBLIC_URL": "https://api.example.com"}

MALFORMED = [
    ("PUBLIC_URL", "api.example.com"),
    ("PUBLIC_URL", "ftp://api.example.com"),
    ("PUBLIC_URL", "https://api.example.com/v1"),
    ("PUBLIC_URL", "https://user:word@api.example.com"),
    ("PUBLIC_URL", "https://api.example.com?a=b"),
    ("PUBLIC_URL", "https://"),
    ("DATABASE_URL", "anthyx.db"),
    ("DATABASE_URL", "mysql://db.example.com/anthyx"),
    ("DATABASE_URL", "postgresql://db.example.com/anthyx"),
    ("DATABASE_URL", "postgresql+psycopg://db.example.com:port/anthyx"),
    ("REDIS_URL", "redis.example.com:6379"),
    ("REDIS_URL", "http://redis.example.com"),
    ("REDIS_URL", "redis://redis.example.com:port"),
    ("HOSTS", "0"),
    ("HOSTS", "-1"),
    ("HOSTS", "two"),
    ("HOSTS", "1.5"),
    ("HOSTS", "9" * 5000),
    ("REQUIRE_HTTPS", "maybe"),
    ("TRUSTED_PROXIES", "proxy.example.com"),
    ("TRUSTED_PROXIES", "10.0.0.1/8"),
    ("TRUSTED_PROXIES", "10.0.0.0/33"),
    ("TRUSTED_PROXY_HOPS", "-1"),
    ("TRUSTED_PROXY_HOPS", "one"),
    ("LOG_FORMAT", "xml"),
    ("METRICS_BIND", "9100"),
    ("METRICS_BIND", "127.0.0.1"),
    ("METRICS_BIND", "127.0.0.1:0"),
    ("METRICS_BIND", "127.0.0.1:65536"),
    ("METRICS_BIND", "http://127.0.0.1:9100"),
    ("METRICS_BIND", "::1:9100"),
    ("METRICS_BIND", "127.0.0.1:8080"),
    ("SECRET_KEY", "short"),
    ("SECRET_KEY", "x" * 31),
    ("KEY_PEPPERS", "y" * 40),
    ("KEY_PEPPERS", "1:" + "y" * 31),
    ("KEY_PEPPERS", ":" + "y" * 40),
    ("KEY_PEPPERS", f"1:{'y' * 40},"),
    ("KEY_PEPPERS", f"1:{'y' * 40},1:{'z' * 40}"),
    ("KEY_PEPPERS", f"an id with spaces:{'y' * 40}"),
    ("ENCRYPTION_KEYS", "1:short"),
]


def read(tmp_path: Path, values: dict[str, str], host: str = "127.0.0.1") -> Settings:
    return Settings.from_env(values, data_dir=tmp_path / "data", host=host)


def refusal(tmp_path: Path, values: dict[str, str], host: str = "127.0.0.1") -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, values, host)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = Settings.from_env({}, data_dir=tmp_path / "data")
    assert settings.database_url == f"sqlite:///{tmp_path}/data/anthyx.db"
    assert settings.public_url == "http://127.0.0.1:8080"
    assert settings.is_embedded_database
    assert settings.is_embedded_redis
    assert not settings.require_https
    assert not settings.is_reachable_by_others


def test_every_setting_is_read(tmp_path: Path) -> None:
    given = {
        **SECRETS, **POSTGRES, **PROXIES, **PUBLIC,
        "ANTHYX_DATA_DIR": str(tmp_path), "ANTHYX_REDIS_URL": "rediss://:word@redis.example.com",
        "ANTHYX_HOSTS": "3", "ANTHYX_LOG_FORMAT": "json",
        "ANTHYX_METRICS_BIND": "[::1]:9100", "ANTHYX_BACKUP_PASSPHRASE": "hunter2hunter2",
    }  # fmt: skip
    settings = Settings.from_env(given, host="0.0.0.0", port=9000, workers=5)  # noqa: S104
    assert settings.data_dir == tmp_path
    assert settings.database_url == POSTGRES["ANTHYX_DATABASE_URL"]
    assert settings.redis_url == "rediss://:word@redis.example.com"
    assert settings.secret_key == SECRETS["ANTHYX_SECRET_KEY"]
    assert [(each.id, each.value[:3]) for each in settings.key_peppers] == [
        ("2", "new"),
        ("1", "old"),
    ]
    assert [each.id for each in settings.encryption_keys] == ["1"]
    assert settings.trusted_proxies == (ipaddress.ip_network("10.0.0.0/8"),)
    assert (settings.trusted_proxy_hops, settings.hosts) == (1, 3)
    assert (settings.bind_host, settings.port, settings.web_workers) == ("0.0.0.0", 9000, 5)  # noqa: S104
    assert settings.log_format == "json"
    assert settings.metrics_bind == ("::1", 9100)
    assert settings.backup_passphrase == "hunter2hunter2"
    assert "hunter2" not in repr(settings)
    assert settings.require_https
    assert settings.is_reachable_by_others


@pytest.mark.parametrize(("name", "value"), MALFORMED)
def test_a_malformed_value_is_named(tmp_path: Path, name: str, value: str) -> None:
    message = refusal(tmp_path, {**SECRETS, f"ANTHYX_{name}": value})
    assert message.startswith(f"ANTHYX_{name}")


@pytest.mark.parametrize("name", ["SECRET_KEY", "KEY_PEPPERS", "ENCRYPTION_KEYS", "DATABASE_URL"])
def test_a_refusal_never_repeats_a_secret(tmp_path: Path, name: str) -> None:
    assert "hunter2" not in refusal(tmp_path, {**SECRETS, f"ANTHYX_{name}": "hunter2:hunter2"})


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("value", [None, "", "  "])
def test_each_secret_is_needed_beside_postgresql(
    tmp_path: Path, name: str, value: str | None
) -> None:
    given = {**SECRETS, **POSTGRES}
    del given[name]
    message = refusal(tmp_path, given if value is None else given | {name: value})
    assert name in message
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "server.example.com", ""])  # noqa: S104
@pytest.mark.parametrize(
    "url", [None, "http://localhost:8080", "https://127.0.0.1", "http://[::1]"]
)
def test_a_public_bind_with_a_loopback_url_is_refused(
    tmp_path: Path, host: str, url: str | None
) -> None:
    given = {} if url is None else {"ANTHYX_PUBLIC_URL": url}
    message = refusal(tmp_path, given, host)
    assert "set ANTHYX_PUBLIC_URL" in message
    assert host in message


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104
def test_https_is_required_and_so_must_the_url_be(tmp_path: Path, host: str) -> None:
    url = {"ANTHYX_PUBLIC_URL": "http://api.example.com"}
    assert "ANTHYX_PUBLIC_URL is http" in refusal(tmp_path, url, host)
    assert not read(tmp_path, url | {"ANTHYX_REQUIRE_HTTPS": "off"}, host).require_https
    assert read(tmp_path, PUBLIC, host).require_https


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_on_loopback_https_is_only_required_where_it_is_asked_for(
    tmp_path: Path, host: str
) -> None:
    assert not read(tmp_path, {}, host).require_https
    url = {"ANTHYX_PUBLIC_URL": "https://localhost", "ANTHYX_REQUIRE_HTTPS": "on"}
    assert read(tmp_path, url, host).require_https


@pytest.mark.parametrize(("text", "is_on"), [("ON", True), ("1", True), ("no", False), ("", False)])
def test_a_switch_can_be_written_in_some_ways(tmp_path: Path, text: str, is_on: bool) -> None:
    url = {"ANTHYX_PUBLIC_URL": "https://localhost"}
    assert read(tmp_path, url | {"ANTHYX_REQUIRE_HTTPS": text}).require_https is is_on


@pytest.mark.parametrize("name", PROXIES)
def test_hops_and_proxies_need_each_other(tmp_path: Path, name: str) -> None:
    message = refusal(tmp_path, {name: PROXIES[name]})
    assert all(each in message for each in PROXIES)


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "KEY_PEPPERS", "ENCRYPTION_KEYS", "DATABASE_URL", "REDIS_URL"]
)
def test_a_secret_can_be_given_as_a_file(tmp_path: Path, name: str) -> None:
    given = {**SECRETS, **POSTGRES, "ANTHYX_REDIS_URL": "redis://:redis-password@redis.example.com"}
    expected = read(tmp_path, given)
    file = tmp_path / "secret"
    file.write_text(f"{given.pop(f'ANTHYX_{name}')}\n")
    given[f"ANTHYX_{name}_FILE"] = str(file)
    assert read(tmp_path, given) == expected


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_file_without_a_secret_is_refused(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    given = {**SECRETS, **POSTGRES, "ANTHYX_SECRET_KEY_FILE": str(file)}
    assert "ANTHYX_SECRET_KEY" in refusal(tmp_path, given)


def test_settings_show_no_secret(tmp_path: Path) -> None:
    given = {**SECRETS, **POSTGRES, "ANTHYX_REDIS_URL": "redis://:redis-password@redis.example.com"}
    settings = read(tmp_path, given)
    for shown in (repr(settings), str(settings), f"{settings.key_peppers}"):
        for secret in ("secret-key-", "-pepper-", "encryption-key-", "db-password", "redis-pass"):
            assert secret not in shown
