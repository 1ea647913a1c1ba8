"""`anthyx-server backup` and `restore`: there and back, and everything that is refused."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from anthyx_server.datadir import claimed, used
from server.tests.backup.conftest import PASSPHRASE, Deployment, make_deployment
from tests.support.apps import make_settings, open_app
from tests.support.program import run_here
from tests.support.redis import RedisServer


@pytest.fixture
def backup(deployment: Deployment, tmp_path: Path) -> Path:
    """A backup; the deployment has a second workspace since."""
    file = tmp_path / "anthyx.backup"
    deployment.run("backup", str(file))
    deployment.workspace("Second")
    return file


@pytest.fixture
def with_secrets(deployment: Deployment, tmp_path: Path) -> Path:
    """A backup with its secrets."""
    file = tmp_path / "anthyx.backup"
    deployment.back_up(file)
    return file


def refusal(deployment: Deployment, file: Path, **variables: str) -> str:
    """What restoring is refused with; nothing has changed then."""
    before = deployment.content()
    outcome = deployment.try_to("restore", str(file), **variables)
    assert deployment.content() == before
    return outcome.refusal


def changed(backup: Path, **parts: bytes | None) -> Path:
    """A copy of a backup with other parts; `None` leaves one out."""
    named = {"manifest": "manifest.json", "database": "anthyx.db"}
    copy = backup.with_name("changed.backup")
    with zipfile.ZipFile(backup) as source, zipfile.ZipFile(copy, "w") as to:
        content: dict[str, bytes | None] = {name: source.read(name) for name in source.namelist()}
        content |= {named.get(name, name): value for name, value in parts.items()}
        for name, value in content.items():
            if value is not None:
                to.writestr(name, value)
    return copy


def manifest(backup: Path, **values: Any) -> bytes:
    """The manifest of a backup with other values."""
    with zipfile.ZipFile(backup) as source:
        return json.dumps(json.loads(source.read("manifest.json")) | values).encode()


def test_what_was_backed_up_is_there_again(deployment: Deployment, backup: Path) -> None:
    assert deployment.names() == ["First", "Second"]
    said = deployment.restore(backup)
    assert said.startswith("The database is as of 20")
    assert deployment.names() == ["First"]
    assert deployment.run("workspaces", "list").endswith("First\n")
    left = {path.name for path in deployment.data_dir.iterdir()}
    assert left <= {"anthyx.db", "secrets.json", "serve.lock", "use.lock"}


def test_both_files_are_the_owner_s_alone_and_nothing_else_is_left(
    deployment: Deployment, with_secrets: Path
) -> None:
    beside = [path for path in with_secrets.parent.iterdir() if path != deployment.data_dir]
    assert {path.name for path in beside} == {"anthyx.backup", "anthyx.backup.secrets"}
    assert [stat.S_IMODE(path.stat().st_mode) for path in beside] == [0o600, 0o600]


def test_secrets_are_in_neither_file_in_the_clear(
    deployment: Deployment, with_secrets: Path
) -> None:
    kept = json.loads((deployment.data_dir / "secrets.json").read_text())
    with zipfile.ZipFile(with_secrets) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    content += with_secrets.with_name("anthyx.backup.secrets").read_bytes()
    for secret in kept.values():
        assert secret.partition(":")[2].encode() not in content or ":" not in secret
        assert secret.encode() not in content


def test_a_lost_machine_comes_back_with_its_keys(
    deployment: Deployment, tmp_path: Path, redis_url: str
) -> None:
    made = deployment.workspace("Keys")
    file = tmp_path / "anthyx.backup"
    deployment.back_up(file)
    other = Deployment(tmp_path / "other")
    other.restore(file)
    assert (other.data_dir / "secrets.json").read_bytes() == (
        deployment.data_dir / "secrets.json"
    ).read_bytes()
    listed = other.run("keys", "list", "--workspace", made["workspace_id"])
    assert made["api_key"]["id"] in listed
    assert stat.S_IMODE((other.data_dir / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(other.database.stat().st_mode) == 0o600


def test_what_the_cached_records_know_is_forgotten(
    deployment: Deployment, backup: Path, redis_server: RedisServer
) -> None:
    files = deployment.data_dir / "appendonlydir"
    files.mkdir()
    (files / "appendonly.aof").write_bytes(b"records of another time")
    deployment.restore(backup)
    assert not files.exists()
    assert not files.with_name("appendonlydir.old").exists()
    with redis_server.client() as client:
        client.set("anthyx:key:digest", "a record")
        client.set("other", "stays")
        deployment.run("restore", str(backup), REDIS_URL=redis_server.url)
        assert client.keys("*") == [b"other"]
    redis_server.stop()
    told = refusal(deployment, backup, REDIS_URL=redis_server.url)
    assert told.startswith("Redis does not answer")


def test_an_existing_file_is_never_replaced(deployment: Deployment, backup: Path) -> None:
    before = backup.read_bytes()
    told = deployment.try_to("backup", str(backup)).refusal
    assert told == f"{backup} exists: choose another name, or move it away"
    fresh = backup.with_name("fresh")
    beside = backup.with_name("fresh.secrets")
    beside.touch()
    words = ("backup", str(fresh), "--with-secrets")
    assert "fresh.secrets exists" in deployment.try_to(*words, BACKUP_PASSPHRASE=PASSPHRASE).refusal
    assert not fresh.exists()
    assert backup.read_bytes() == before
    nowhere = backup.with_name("nowhere") / "file"
    assert deployment.try_to("backup", str(nowhere)).refusal.startswith("cannot write beside")


def test_a_short_or_wrong_passphrase_is_refused(deployment: Deployment, with_secrets: Path) -> None:
    fresh = with_secrets.with_name("fresh")
    words = ("backup", str(fresh), "--with-secrets")
    told = deployment.try_to(*words, BACKUP_PASSPHRASE="short").refusal
    assert told == "the passphrase must have at least 12 characters"
    assert not fresh.exists()
    empty = Deployment(with_secrets.with_name("empty"))
    outcome = empty.try_to("restore", str(with_secrets), BACKUP_PASSPHRASE="another passphrase")
    assert outcome.refusal.startswith(f"the passphrase does not open {with_secrets}.secrets")
    assert not empty.data_dir.exists()
    with_secrets.with_name("anthyx.backup.secrets").write_bytes(b"anthyx secrets 1\n short")
    outcome = empty.try_to("restore", str(with_secrets), BACKUP_PASSPHRASE=PASSPHRASE)
    assert outcome.refusal.endswith("is damaged, or no file of secrets")
    with_secrets.with_name("anthyx.backup.secrets").unlink()
    assert "has no secrets.json" in empty.try_to("restore", str(with_secrets)).refusal
    assert not empty.data_dir.exists()


def test_the_passphrase_is_asked_for_and_comes_from_a_file(
    deployment: Deployment, tmp_path: Path
) -> None:
    asked, from_file = tmp_path / "asked", tmp_path / "from-file"
    environ = {"ANTHYX_DATA_DIR": str(deployment.data_dir)}
    typed = f"{PASSPHRASE}\n{PASSPHRASE}\n"
    assert run_here(("backup", str(asked), "--with-secrets"), environ, typed).exit_code == 0
    kept = tmp_path / "passphrase"
    kept.write_text(PASSPHRASE + "\n")
    words = ("backup", str(from_file), "--with-secrets")
    deployment.run(*words, BACKUP_PASSPHRASE_FILE=str(kept))
    for number, file in enumerate((asked, from_file)):
        Deployment(tmp_path / f"other-{number}").restore(file)


def test_a_backup_of_other_secrets_is_refused_and_names_them(
    deployment: Deployment, backup: Path, tmp_path: Path
) -> None:
    other = make_deployment(tmp_path / "other")
    other.workspace("Theirs")
    told = refusal(other, backup)
    assert told.startswith("the backup was made with other secrets (ANTHYX_SECRET_KEY, ")
    assert "ANTHYX_KEY_PEPPERS 1" in told
    assert other.names() == ["Theirs"]
    rotated = f"2:{'a-new-pepper-' * 4},{_kept_pepper(deployment)}"
    assert "is as of" in deployment.run("restore", str(backup), KEY_PEPPERS=rotated)


def _kept_pepper(deployment: Deployment) -> str:
    kept: str = json.loads((deployment.data_dir / "secrets.json").read_text())["key_peppers"]
    return kept


def test_what_is_damaged_or_hostile_is_refused(deployment: Deployment, backup: Path) -> None:
    whole = backup.read_bytes()
    wrong = backup.with_name("wrong.backup")
    middle = len(whole) // 3
    for content in (
        b"", b"no backup", whole[:-30], whole[: len(whole) // 2],
        # One bit would not do: a copy of zeros from elsewhere among the zeros is the same copy.
        whole[:middle] + bytes(each ^ 255 for each in whole[middle:][:64]) + whole[middle + 64 :],
    ):  # fmt: skip
        wrong.write_bytes(content)
        assert "is no whole backup" in refusal(deployment, wrong)
    assert refusal(deployment, backup.with_name("missing")).startswith("cannot read")
    hostile: list[dict[str, bytes | None]] = [
        {"manifest": None},
        {"database": None},
        {"../../anthyx.db": b"climbs"},
        {"/etc/anthyx.db": b"climbs"},
        {"manifest": b"[" * 200_000},
        {"manifest": b"{}"},
        {"manifest": manifest(backup, size=10)},
        {"manifest": manifest(backup, sha256="0" * 64)},
        {"manifest": manifest(backup, size="many")},
        {"manifest": manifest(backup, fingerprints={"\x1b[2J": ""})},
        {"manifest": manifest(backup, extra="field")},
        {"database": b"other bytes"},
    ]
    for parts in hostile:
        assert "is no whole backup" in refusal(deployment, changed(backup, **parts))
    huge = changed(backup, manifest=manifest(backup, size=10**18))
    assert "do not fit" in refusal(deployment, huge)
    assert not (backup.parent / "climbs").exists()


def with_database(backup: Path, change: str, **values: Any) -> Path:
    """A backup whose database was changed by a statement, and its manifest with it."""
    path = backup.with_name("changed.db")
    with zipfile.ZipFile(backup) as source:
        path.write_bytes(source.read("anthyx.db"))
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(change)
    content = path.read_bytes()
    values |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return changed(backup, database=content, manifest=manifest(backup, **values))


def test_a_newer_schema_or_format_is_refused(deployment: Deployment, backup: Path) -> None:
    newer = changed(backup, manifest=manifest(backup, format=2))
    assert "made by a newer version" in refusal(deployment, newer)
    change = "UPDATE alembic_version SET version_num = '9999'"
    unknown = with_database(backup, change, schema_revision="9999")
    assert "(9999) is unknown to this version" in refusal(deployment, unknown)
    lying = with_database(backup, change)
    assert "not the one that its manifest describes" in refusal(deployment, lying)
    empty = with_database(backup, "DROP TABLE alembic_version")
    assert "is damaged" in refusal(deployment, empty)


def test_an_older_schema_is_migrated_by_the_next_start(
    deployment: Deployment, backup: Path
) -> None:
    change = (
        "UPDATE alembic_version SET version_num = '0008'; "
        "DROP TABLE mails; DROP TABLE notices; DROP TABLE wanted_resets; "
        "DROP TABLE familiar_origins; "
        "ALTER TABLE second_factors DROP COLUMN failures; "
        "ALTER TABLE second_factors DROP COLUMN locked_until"
    )
    deployment.restore(with_database(backup, change, schema_revision="0008"))
    deployment.run("migrate")
    assert deployment.run("check").endswith("Everything is in order.\n")


def test_it_is_refused_while_the_directory_is_used(deployment: Deployment, backup: Path) -> None:
    with claimed(deployment.data_dir):
        assert "another server uses the data directory" in refusal(deployment, backup)
    with used(deployment.data_dir):
        assert "a program uses the data directory" in refusal(deployment, backup)
    with closing(sqlite3.connect(deployment.database)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        assert "a program uses" in refusal(deployment, backup)
    deployment.restore(backup)


def test_a_damaged_database_is_set_aside(deployment: Deployment, backup: Path) -> None:
    deployment.database.write_bytes(b"no database" * 1000)
    Path(f"{deployment.database}-wal").write_bytes(b"a log of another database")
    deployment.restore(backup)
    assert deployment.names() == ["First"]
    aside = Path(f"{deployment.database}.damaged")
    assert aside.read_bytes().startswith(b"no database")
    assert not Path(f"{deployment.database}-wal").exists()


def test_postgresql_has_its_own_tools(postgresql_url: str, tmp_path: Path) -> None:
    settings = make_settings(tmp_path, postgresql_url, "redis://localhost")
    with open_app(settings):
        environ = {
            "ANTHYX_DATABASE_URL": postgresql_url,
            "ANTHYX_SECRET_KEY": settings.secret_key,
            "ANTHYX_KEY_PEPPERS": f"1:{settings.key_peppers[0].value}",
            "ANTHYX_ENCRYPTION_KEYS": f"1:{settings.encryption_keys[0].value}",
        }
        for command in ("backup", "restore"):
            told = run_here((command, str(tmp_path / "file")), environ).refusal
            assert "pg_dump" in told


def test_there_is_nothing_to_back_up_yet(tmp_path: Path) -> None:
    told = Deployment(tmp_path / "data").try_to("backup", str(tmp_path / "file")).refusal
    assert told.startswith("there is no database at")
    assert not (tmp_path / "file").exists()
