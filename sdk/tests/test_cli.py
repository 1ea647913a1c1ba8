"""The command line: a command per method, tables and JSON, and failures without a traceback."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import click
import pytest

from anthyx import Anthyx
from anthyx.cli import main
from anthyx.cli._commands import resources
from anthyx.cli._output import columns_of, printable
from anthyx.cli._program import program
from sdk.tests import samples
from sdk.tests.loopback import KEY, Loopback, html, ok, problem

pytestmark = pytest.mark.enable_socket

Run = Callable[..., tuple[int, str, str]]
BRAND = samples.brand()


@pytest.fixture
def anthyx(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs the program: its exit code, standard output and standard error."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["anthyx", *words])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        output, errors = capsys.readouterr()
        return code, output, errors

    monkeypatch.setenv("ANTHYX_API_KEY", KEY)
    monkeypatch.setenv("ANTHYX_BASE_URL", server.url)
    return run


def test_every_method_has_a_command() -> None:
    assert {"brands", "posts", "keys", "events", "analytics"} <= set(resources())
    context = click.Context(program)
    client = Anthyx(KEY)
    for name, attribute in resources().items():
        group = program.get_command(context, name)
        assert isinstance(group, click.Group)
        methods = {
            method.replace("_", "-")
            for method in dir(getattr(client, attribute))
            if not method.startswith("_")
        }
        assert set(group.commands) == methods
        for command in group.commands.values():
            assert command.get_help(click.Context(command))


def test_a_list_is_a_table(anthyx: Run, server: Loopback) -> None:
    server.answers(ok(samples.page(BRAND)))
    code, output, errors = anthyx("brands", "list", "--status", "active", "--limit", "3")
    assert (code, errors) == (0, "")
    header, row = output.splitlines()
    assert header.split()[:2] == ["id", "name"]
    assert row.startswith(BRAND["id"])
    assert server.seen[0].path == "/v1/brands?status=active&limit=3"


def test_all_of_a_list_is_fetched_page_by_page(anthyx: Run, server: Loopback) -> None:
    server.answers(ok(samples.page(BRAND, next_cursor="c1")), ok(samples.page(BRAND)))
    code, output, _ = anthyx("--json", "brands", "list", "--all")
    assert code == 0
    assert json.loads(output) == [BRAND, BRAND]


def test_nothing_found_is_said_and_an_empty_array(anthyx: Run, server: Loopback) -> None:
    server.answers(ok(samples.page()))
    assert anthyx("brands", "list") == (0, "", "Nothing found.\n")
    assert anthyx("--json", "brands", "list") == (0, "[]\n", "")


def test_one_record_is_names_and_values(anthyx: Run, server: Loopback) -> None:
    server.answers(ok(BRAND))
    code, output, _ = anthyx("brands", "get", "brand_1")
    assert code == 0
    lines = {line.partition(" ")[0]: line.partition(" ")[2] for line in output.splitlines()}
    assert lines["id"].strip() == BRAND["id"]
    assert set(lines) == set(BRAND)
    assert anthyx("--json", "brands", "get", "brand_1")[1].strip() == json.dumps(
        BRAND, indent=2, ensure_ascii=False
    )


def test_values_of_all_kinds_are_sent(anthyx: Run, server: Loopback) -> None:
    server.answers(ok(samples.post(), 201))
    words = ["--brand-id", "brand_1", "--content", "Hi", "--tags", "a", "--tags", "b"]
    words += ["--targets", '[{"channel_id": "chan_1"}]', "--metadata", '{"crm": "7"}']
    assert anthyx("posts", "create", *words, "--scheduled-at", "2026-12-01T10:00:00+01:00")[0] == 0
    assert server.seen[0].json == {
        "brand_id": "brand_1",
        "content": "Hi",
        "tags": ["a", "b"],
        "targets": [{"channel_id": "chan_1"}],
        "metadata": {"crm": "7"},
        "scheduled_at": "2026-12-01T09:00:00.000Z",
    }


def test_a_field_can_be_emptied(anthyx: Run, server: Loopback) -> None:
    server.answers(ok(samples.post()))
    assert anthyx("posts", "update", "post_1", "--clear", "campaign", "--notes", "x")[0] == 0
    assert server.seen[0].json == {"campaign": None, "notes": "x"}


def test_json_may_come_from_a_file(anthyx: Run, server: Loopback, tmp_path: Any) -> None:
    server.answers(ok({"valid": True, "errors": [], "targets": []}))
    (tmp_path / "post.json").write_text('{"brand_id": "brand_1"}')
    anthyx("posts", "validate", f"@{tmp_path / 'post.json'}")
    assert server.seen[0].json == {"brand_id": "brand_1"}


def test_a_deletion_says_that_it_is_done(anthyx: Run, server: Loopback) -> None:
    server.answers(ok(None, 204))
    assert anthyx("brands", "delete", "brand_1")[:2] == (0, "Done.\n")


def test_a_rotated_key_is_shown_with_its_secret(anthyx: Run, server: Loopback) -> None:
    server.answers(ok({**samples.api_key(), "secret": "anthyx_test_new"}, 201))
    code, output, _ = anthyx("keys", "rotate", "key_1", "--overlap-seconds", "60")
    assert code == 0
    assert "anthyx_test_new" in output
    assert server.seen[0].json == {"overlap_seconds": 60}


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["brands", "list", "--limit", "x"], "not a valid integer"),
        (["posts", "create"], "--brand-id"),
        (["posts", "list", "--created-after", "2026-12-01"], "with an offset"),
        (["posts", "validate", "{"], "JSON"),
        (["posts", "validate", "@/nowhere"], "cannot read /nowhere"),
        (["nothing"], "No such command"),
        (["listen", "--forward-to", "ftp://x"], "localhost:3000/hook"),
    ],
)
def test_what_cannot_be_understood_is_explained(anthyx: Run, words: list[str], hint: str) -> None:
    code, output, errors = anthyx(*words)
    assert (code, output) == (2, "")
    assert hint in errors
    assert "Traceback" not in errors


def test_a_refusal_is_told_with_each_problem(anthyx: Run, server: Loopback) -> None:
    detail = {"code": "required", "detail": "is missing", "pointer": "/name"}
    server.answers(problem(422, "validation_failed", errors=[detail]))
    code, output, errors = anthyx("brands", "create", "--name", "x")
    assert (code, output) == (1, "")
    assert "anthyx: " in errors
    assert "/name: is missing" in errors
    assert "req_1" in errors
    assert "Traceback" not in errors


def test_an_answer_that_is_not_the_apis_is_told(anthyx: Run, server: Loopback) -> None:
    server.answers(html(200))
    code, _, errors = anthyx("workspace", "get")
    assert code == 1
    assert "Traceback" not in errors


def test_a_missing_key_is_told(anthyx: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHYX_API_KEY")
    code, _, errors = anthyx("brands", "list")
    assert code == 1
    assert "ANTHYX_API_KEY" in errors
    assert KEY not in errors


def test_values_cannot_steer_the_terminal() -> None:
    assert printable("a\x1b[31mb\nc\u202ed") == "a\ufffd[31mb c\ufffdd"
    assert printable(None) == "-"
    assert printable(["é"]) == '["é"]'


def test_a_table_leaves_out_what_no_row_has() -> None:
    rows: list[dict[str, Any]] = [{"a": None, "b": [1], "created_at": "now", "id": "1"}]
    assert columns_of(rows) == ["id", "created_at"]


def test_without_its_packages_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "click", None)
    for name in [name for name in sys.modules if name.startswith("anthyx.cli._")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(SystemExit, match=r"pip install 'anthyx\[cli\]'"):
        main()
