"""Lengths as X counts them, with the cases of twitter-text's public conformance tests."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthyx_server.posts.x_length import weighted_length
from anthyx_server.posts.x_urls import find_urls, top_level_domains

KANA = "あいうえおかきくけこ"
FAMILY = "👨\u200d👩\u200d👧\u200d👦"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
MARKS = "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d"
PUNCTUATION = " ‐ ‑ ‒ – — ― ‖  ‗ ‘ ’ ‚ ‛ “ ” „ ‟ ′ ″ ‴ ‵ ‶ ‷"

LENGTHS = [
    ("", 0),
    ("This is a test.", 15),
    ("a\nb\r\nc", 6),
    ("Hi http://test.co", 26),
    ("test.com", 23),
    ("Test https://test.com test https://test.com test.com test", 86),
    ("https://www.twitter.com/aloha " * 10, 240),
    ("故人西辞黄鹤楼" * 20, 280),
    ("😷" * 160, 320),
    ("🐱" * 140, 280),
    ("\U00010000\U0010ffff", 4),
    ("저찀쯿쿿", 8),
    ("A\u0301B", 2),
    ("A\ufb2c", 4),
    (f"H🐱☺{FAMILY}", 7),
    ("😷👾😡🔥💩", 10),
    ("🙋🏽👨\u200d🎤", 4),
    (FAMILY * 140, 280),
    (f"Unicode 10.0 emoji: 🤪; 🧕; 🧕🏾; {ENGLAND}", 34),
    ("Unicode 9.0 emoji: 🤠; 💃; 💃🏾", 29),
    (f"This is a tweet with general punctuation characters: {MARKS}{PUNCTUATION}", 112),
    ("randomurl" * 6 + "randomurls.com", 68),
    (f"{KANA * 12} http://{KANA * 5}あいう.com", 358),
    (f"{KANA * 12} http://{KANA * 5}あい.com", 264),
    ("ABC\u202a\uffffABC\ufffe", 12),
    ("\u2066\u202ahttp://foobar.پاکستان/\u202c\u2069", 31),
    # What those tests leave out.
    ("🇩🇪", 2),
    ("🇩", 2),
    ("🇩🇪🇩", 4),
    ("1\ufe0f\u20e3#\ufe0f\u20e3", 4),
    ("1\u20e3", 2),
    ("\xa9\xae", 2),
    ("©\ufe0f", 2),
    ("☺", 2),
    ("☺\ufe0f", 2),
    ("❤\ufe0f\u200d🔥", 2),
    ("🐶\u200d🚀", 5),
    ("a\ufe0f", 3),
    ("\ud800", 2),
    ("\x00", 1),
    ("\u10ff\u1100", 3),
    ("\u200d\u200e\u200f\u2010\u201f\u2020\u2031\u2032\u2037\u2038", 15),
]


@pytest.mark.parametrize(("text", "length"), LENGTHS, ids=map(str, range(len(LENGTHS))))
def test_a_text_is_as_long_as_x_says(text: str, length: int) -> None:
    assert weighted_length(text) == length


URLS: list[tuple[str, list[str]]] = [
    ("http://example.com", ["http://example.com"]),
    ("HTTPS://www.ExaMPLE.COM/index.html", ["HTTPS://www.ExaMPLE.COM/index.html"]),
    ("www.example.com foo.co.jp t.co", ["www.example.com", "foo.co.jp", "t.co"]),
    ("http://somehost.com:3000 x", ["http://somehost.com:3000"]),
    ("example.com/path?search=foo&lang=en", ["example.com/path?search=foo&lang=en"]),
    ("http://twitter.com/#!/twitter", ["http://twitter.com/#!/twitter"]),
    ("http://xo.com/~matthew+%ff-,.;x", ["http://xo.com/~matthew+%ff-,.;x"]),
    ("http://foo.com?#foo text", ["http://foo.com?#foo"]),
    ("http://chilp.it/?77e8fd", ["http://chilp.it/?77e8fd"]),
    ("http://w.org/Primer_(film)", ["http://w.org/Primer_(film)"]),
    ("http://m.com/a(v=VS.100).aspx", ["http://m.com/a(v=VS.100).aspx"]),
    ("http://m.com/a(b", ["http://m.com/a"]),
    (
        "http://example.com/a+ or http://example.com/a-",
        ["http://example.com/a+", "http://example.com/a-"],
    ),
    ("https://w.org/Hatfield–McCoy_feud", ["https://w.org/Hatfield–McCoy_feud"]),
    ("http://twitter.com/Русские_слова", ["http://twitter.com/Русские_слова"]),
    ("(http://twitter.com), example.org!", ["http://twitter.com", "example.org"]),
    ("http://twitter.com/. http://a.com/path.....", ["http://twitter.com/", "http://a.com/path"]),
    ("http://a.com/,,,,, http://a.com/path/!!!", ["http://a.com/", "http://a.com/path/"]),
    ("http://a.com? example.com?", ["http://a.com", "example.com"]),
    ("-http://a.com", ["http://a.com"]),
    ("#test.com @test.com #http://test.com @http://test.com ＠t.co/a", []),
    ("$http://twitter.com $twitter.com $TVI.CA", []),
    ("john.doe.gov@mail.com john.doe.jp@mail.com", []),
    ("long.test.tar.bz2 e.g. End.Start 3.14 node.js foo...com", []),
    ("http://no-tld http://tld-too-short.x foo.comm foo.somecom www.xxxxxxx.baz", []),
    ("http:// example.com/path", ["example.com/path"]),
    ("http://domain.com-that-you-should-have", ["http://domain.com"]),
    ("ELPAÍS.com", ["ELPAÍS.com"]),
    ("http://☃.net/ http://✪df.ws/ejp", ["http://☃.net/", "http://✪df.ws/ejp"]),
    ("http://xn--ls8h.XN--ls8h.la/", ["http://xn--ls8h.XN--ls8h.la/"]),
    ("http://foobar.みんな/ http://foobar.中国/", ["http://foobar.みんな/", "http://foobar.中国/"]),
    ("http://xn--はじめよう.com/index.html", []),
    ("http://example.comだよね.comtest/hogehoge", ["http://example.com"]),
    (
        "twitter.comこれは日本語です。example.com中国語t.co/abcde한국twitter.com",
        ["twitter.com", "example.com", "t.co/abcde", "twitter.com"],
    ),
    (
        "http://twitter.com/これは。example.com中国語http://t.co/abcde한국",
        ["http://twitter.com/", "example.com", "http://t.co/abcde"],
    ),
    ("http://sub_domain-dash.twitter.com", ["http://sub_domain-dash.twitter.com"]),
    ("my_sub.example.com", ["sub.example.com"]),
    ("http://twitter_underscore.com twitter_underscore.com", []),
    ("http://a-.twitter.com http://b.-twitter.com http://c_.twitter.com", []),
    ("http://-twitter.com http://twitter-.com http://twitter.c_o_m", []),
    (
        "http://t.co/pbY2NfTZ's http://t.co/FNkPfmii-",
        ["http://t.co/pbY2NfTZ", "http://t.co/FNkPfmii"],
    ),
    ("http://t.co/" + "a" * 41, []),
    ("https://" + "a" * 63 + ".com", ["https://" + "a" * 63 + ".com"]),
    ("https://" + "a" * 64 + ".com", []),
    ("https://a.com/" + "b" * 4_082, ["https://a.com/" + "b" * 4_082]),
    ("https://a.com/" + "b" * 4_083, []),
]


@pytest.mark.parametrize(("text", "urls"), URLS, ids=map(str, range(len(URLS))))
def test_urls_are_found_as_x_finds_them(text: str, urls: list[str]) -> None:
    assert [text[start:end] for start, end in find_urls(text)] == urls


# Any of these takes minutes where the work grows with the square of the length.
HOSTILE = [
    "(" * 60_000,
    "a." * 30_000,
    "a_." * 20_000,
    "é.com" * 12_000,
    "http://" * 9_000,
    "http://" + "日." * 30_000,
    "a.co/(" * 10_000,
    "a.com/" + "(a" * 30_000,
    "http://a.com/" + "." * 60_000,
    "http://a.com?" + "." * 60_000,
    "👨\u200d" * 30_000,
    "\ufe0f" * 60_000,
    "🇩" * 60_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=map(str, range(len(HOSTILE))))
def test_a_hostile_text_is_measured_too(text: str) -> None:
    assert weighted_length(text) > 1_000


@given(st.text(alphabet=st.sampled_from("a.b/:?()_-@#é日🐱\u200d\ufe0f1\u20e3 ") | st.characters()))
@hypothesis.settings(max_examples=150, deadline=None)
def test_any_text_has_a_length_that_does_not_depend_on_its_composition(text: str) -> None:
    assert weighted_length(unicodedata.normalize("NFD", text)) == weighted_length(text)
    ends = [at for span in find_urls(text) for at in span]
    assert ends == sorted(ends)


def test_our_top_level_domains_are_those_that_hypothesis_has() -> None:
    """IANA's list; where this fails after an update, copy the newer one."""
    theirs = Path(hypothesis.__file__).with_name("vendor") / "tlds-alpha-by-domain.txt"
    plain, others = top_level_domains()
    lines = theirs.read_text("ascii").lower().splitlines()[1:]
    assert plain == {line for line in lines if not line.startswith("xn--")}
    assert len(others) == len(lines) - len(plain)
