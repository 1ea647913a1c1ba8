"""The package as it is imported: its names, and what it loads for them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import anthyx
from sdk.tests import samples

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def _loaded_by(statement: str) -> set[str]:
    program = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(Path(anthyx.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return set(done.stdout.split())


def test_every_name_can_be_had_and_is_declared_to_type_checkers() -> None:
    assert len(set(anthyx.__all__)) == len(anthyx.__all__)
    assert dir(anthyx) == sorted(anthyx.__all__)
    assert all(hasattr(anthyx, name) for name in anthyx.__all__)
    tree = ast.parse(Path(anthyx.__file__).read_text("utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
        if not (alias.asname or "").startswith("_")
    }
    assert imported == set(anthyx.__all__)


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    assert not hasattr(anthyx, "Stripe")


def test_errors_and_models_do_not_load_requests() -> None:
    assert "requests" not in _loaded_by("import anthyx")
    assert "requests" not in _loaded_by("from anthyx import RateLimitError, Retry, UNSET")
    assert "requests" in _loaded_by("from anthyx import Anthyx")


def test_webhooks_load_little() -> None:
    """20 ms over bare Python: each of these alone would take a good part of it."""
    loaded = _loaded_by("import anthyx.webhooks")
    assert loaded & {"requests", "dataclasses", "inspect", "typing", "datetime", "flask"} == set()
    # Nor does the first webhook load what sends requests.
    event = json.dumps(samples.event()).encode()
    verified = (
        f"from anthyx.webhooks import *; verify({event!r}, sign({event!r}, {SECRET!r}), {SECRET!r})"
    )
    assert _loaded_by(verified) & {"requests", "urllib3", "http.client", "ssl"} == set()


def test_the_package_says_that_it_is_typed() -> None:
    assert Path(anthyx.__file__).with_name("py.typed").is_file()
