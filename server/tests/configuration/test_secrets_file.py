"""The secrets of an embedded deployment: made once, kept private, never made again by accident."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from anthyx_server.config import ConfigurationError, Settings

PROCESSES, DIRECTORIES = 3, 40

# Makes or reads the secrets of every directory that it is told, once it is told to go.
RACER = """
import hashlib, sys
from pathlib import Path
from anthyx_server.secrets_file import load_or_create
print("ready", flush=True)
sys.stdin.readline()
for name in sys.argv[1:]:
    print(hashlib.sha256("".join(load_or_create(Path(name))).encode()).hexdigest())
"""


def read(directory: Path, **values: str) -> Settings:
    return Settings.from_env({f"ANTHYX_{key}": value for key, value in values.items()},
                             data_dir=directory)  # fmt: skip


def refusal(directory: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(directory)
    return str(caught.value)


def test_they_are_made_once_and_kept(tmp_path: Path) -> None:
    first, second = read(tmp_path / "data"), read(tmp_path / "data")
    assert first == second
    assert first.secret_key != read(tmp_path / "other").secret_key
    values = {first.secret_key, first.key_peppers[0].value, first.encryption_keys[0].value}
    assert len(values) == 3
    assert all(len(value) >= 32 for value in values)


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    previous = os.umask(0)
    try:
        read(tmp_path / "data")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    files = list((tmp_path / "data").iterdir())
    assert [file.name for file in files] == ["secrets.json"]
    assert stat.S_IMODE(files[0].stat().st_mode) == 0o600


def test_what_is_set_wins_over_what_is_kept(tmp_path: Path) -> None:
    kept = read(tmp_path)
    settings = read(tmp_path, SECRET_KEY="another-key-" * 4)
    assert settings.secret_key == "another-key-" * 4
    assert settings.key_peppers == kept.key_peppers


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"null", b"[]", b"{}", b"\xff\xff", b'"text"',
        b'{"secret_key": "only"}',
        b'{"secret_key": 1, "key_peppers": 2, "encryption_keys": 3}',
        b'{"secret_key": "", "key_peppers": "", "encryption_keys": ""}',
    ],
)  # fmt: skip
def test_damaged_ones_are_never_replaced(tmp_path: Path, content: bytes) -> None:
    read(tmp_path)
    file = tmp_path / "secrets.json"
    file.write_bytes(content)
    assert refusal(tmp_path) == f"{file} is damaged: restore it from a backup"
    assert file.read_bytes() == content


def test_ones_that_are_too_short_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "secrets.json"
    file.write_text('{"secret_key": "s", "key_peppers": "1:p", "encryption_keys": "1:e"}')
    assert "32 characters" in refusal(tmp_path)


def below_a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "data"


def a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("")
    return tmp_path / "file"


def a_broken_link(tmp_path: Path) -> Path:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    return tmp_path / "link"


def a_name_too_long(tmp_path: Path) -> Path:
    return tmp_path / ("d" * 300)


def a_folder_instead_of_secrets(tmp_path: Path) -> Path:
    (tmp_path / "secrets.json").mkdir()
    return tmp_path


def where_nobody_can_write(_tmp_path: Path) -> Path:
    return Path("/proc/anthyx")  # not even root can


@pytest.mark.parametrize(
    "place",
    [
        below_a_file,
        a_file,
        a_broken_link,
        a_name_too_long,
        a_folder_instead_of_secrets,
        where_nobody_can_write,
    ],
)
def test_a_directory_that_can_not_be_used_is_named(tmp_path: Path, place: object) -> None:
    assert callable(place)
    directory = place(tmp_path)
    message = refusal(directory)
    assert message.startswith(f"cannot use the data directory {directory}: ")
    assert "\n" not in message


def test_processes_that_start_together_end_with_the_same(tmp_path: Path) -> None:
    directories = [tmp_path / str(number) for number in range(DIRECTORIES)]
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, *map(str, directories)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    results = [racer.communicate(timeout=30)[0].split() for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * PROCESSES
    assert results[0] == results[1] == results[2]
    assert len(set(results[0])) == DIRECTORIES
    for directory in directories:
        assert [file.name for file in directory.iterdir()] == ["secrets.json"]
