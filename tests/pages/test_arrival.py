"""Pages that arrive piece by piece, as over a slow network, stand still from first sight on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.pages import judging
from tests.pages.browsing import Browsing
from tests.pages.site import Site

_PIECES, _PAUSE_SECONDS = 300, 0.01


class _Slow(BaseHTTPRequestHandler):
    """Sends the page of its server in small pieces; whatever the page loads is elsewhere."""

    page: bytes
    elsewhere: str

    def do_GET(self) -> None:
        if self.path != "/":
            self.send_response(307)
            self.send_header("Location", self.elsewhere + self.path)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        head, body, rest = self.page.partition(b"<body>")
        self.wfile.write(head + body)
        size = len(rest) // _PIECES
        for start in range(0, len(rest), size):
            self.wfile.write(rest[start : start + size])
            sleep(_PAUSE_SECONDS)

    def log_message(self, *_arguments: Any) -> None:
        """Nothing: the test looks at the page."""


@contextmanager
def sent_slowly(page: bytes, elsewhere: str) -> Iterator[str]:
    """The address at which a page is sent in pieces."""
    handler = type("Slow", (_Slow,), {"page": page, "elsewhere": elsewhere})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("path", ["/settings/team", "/settings/audit-log"])
def test_nothing_moves_as_it_arrives(browsing: Browsing, site: Site, path: str) -> None:
    team = site.team("agency")
    for name in ("The last row is the widest " * 3, "A", "B", "C"):
        team.account(name=name)
    page = browsing.sign_in(team.owner)
    markup = page.request.get(path).body()
    with sent_slowly(markup, site.url) as address:
        told = list(judging.visit(page, address))
        browsing.forgive("loads from elsewhere")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert [each for each in told if each.startswith("shifts")] == []
