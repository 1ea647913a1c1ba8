"""The help page "API Access & Keys": every sentence is quoted by the test that shows it to be true.

The page's text is help_page.md, the tests are in the folder help_page and, where a browser is
needed, in pages/test_help_*.py. A sentence that no test quotes must be in `NOT_YET`.
"""

from __future__ import annotations

import importlib

from tests.help_page.page import NOT_YET, PAGE, QUOTED, sentences


def test_every_sentence_is_shown_or_known_to_be_missing() -> None:
    for pattern in ("help_page/test_*.py", "pages/test_help_*.py"):
        for test in PAGE.parent.glob(pattern):
            importlib.import_module(f"tests.{test.parent.name}.{test.stem}")
    page = sentences()
    assert len(page) == 35
    assert [each for each in page if each not in {*QUOTED, *NOT_YET}] == []
    assert [each for each in (*QUOTED, *NOT_YET) if each not in page] == []
    assert [each for each in NOT_YET if each in QUOTED] == []
