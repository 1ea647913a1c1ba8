"""Whatever the judge accepts, libcurl and Python read the same host and port in it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pycurl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from anthyx_server.webhooks.sending.destination import BadDestination, Policy, parse

_PIECES = [
    "https://", "http://", "HTTPS:", "//", "/", "\\", "@", ":", "#", "?", "[", "]", "%", "%40",
    "%2f", "%00", ".", "..", " ", "\t", "\r\n", "\0", "\u3002", "\uff0e", "①", "１", "ß", "ı", "K",
    "\u200d", "example.com", "EXAMPLE.com", "127.0.0.1", "127.1", "0x7f", "0177", "2130706433",
    "localhost",
    "::1", "[::1]", "::ffff:1.2.3.4", "fe80::1%25lo", "user", "pass", "443", "80", "8443", "0443",
    "-", "_", "xn--", "xn--a", ";", "&", "=", "~", "*", "a", "ü",
]  # fmt: skip
_URLS = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=10).map("".join),
    st.lists(st.sampled_from(_PIECES), max_size=8).map(lambda pieces: "https://" + "".join(pieces)),
    st.text(max_size=30).map(lambda text: "https://example.com" + text),
    st.text(max_size=30).map(lambda text: "https://" + text),
)


@settings(max_examples=400, deadline=None)
@given(_URLS)
@example("https://[::FFFF]:8443/?@x")
@example("https://example.com.:443//..")
def test_one_reading(url: str) -> None:
    try:
        judged = parse(url, Policy(are_private_allowed=True))
    except BadDestination:
        return
    text = str(judged)
    assert text.isascii()
    read = pycurl.CurlUrl(text, pycurl.U_PATH_AS_IS | pycurl.U_DISALLOW_USER)
    assert (read.scheme, read.host.strip("[]")) == (judged.scheme, judged.host)
    assert int(read.getpart(pycurl.UPART_PORT, pycurl.U_DEFAULT_PORT)) == judged.port
    assert read.path + (f"?{read.query}" if read.query is not None else "") == judged.target
    split = urlsplit(text)
    assert split.hostname == judged.host
    assert (split.port or {"https": 443, "http": 80}[split.scheme]) == judged.port
    assert split.username is None
    assert parse(text, Policy(are_private_allowed=True)) == judged
