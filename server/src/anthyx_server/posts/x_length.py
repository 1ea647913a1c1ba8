"""How long a text is as X counts it: twitter-text version 3 with its weights."""

from __future__ import annotations

import functools
import unicodedata

import emoji

from anthyx_server.posts.x_urls import find_urls

# X refuses a text that holds one of these: a mark of byte order, and what is no character.
REFUSED = frozenset("\ufeff\ufffe\uffff")

_URL = 23
_EMOJI = 2
_LIGHT = ((0, 4_351), (8_192, 8_205), (8_208, 8_223), (8_242, 8_247))


def weighted_length(text: str) -> int:
    """The length of a text in NFC: 1 for a light character, 2 for others and for any emoji.

    A URL counts 23, however long it is. An emoji is a sequence that Unicode recommends: a family,
    a flag, a keycap or a skin tone counts 2 as a whole.
    """
    text = unicodedata.normalize("NFC", text)
    length = at = 0
    for start, end in find_urls(text):
        length += _URL + _without_urls(text[at:start])
        at = end
    return length + _without_urls(text[at:])


def _without_urls(text: str) -> int:
    if text.isascii():
        return len(text)
    length = at = 0
    while at < len(text):
        size = _emoji_at(text, at)
        length += _EMOJI if size else _weight(text[at])
        at += size or 1
    return length


def _emoji_at(text: str, at: int) -> int:
    """How many characters the longest emoji sequence has that begins here; 0 where none does.

    The library would find them all, but in quadratic time where joiners follow each other.
    """
    for size in _sequences().get(text[at], ()):
        if at + size <= len(text) and text[at : at + size] in emoji.EMOJI_DATA:
            return size
    return 0


@functools.cache
def _sequences() -> dict[str, list[int]]:
    """How long the emoji sequences are that begin with a character, the longest first.

    A lone character has its own weight: © is an emoji too, but only with U+FE0F behind it.
    """
    sizes: dict[str, set[int]] = {}
    for sequence in emoji.EMOJI_DATA:
        if len(sequence) > 1:
            sizes.setdefault(sequence[0], set()).add(len(sequence))
    return {first: sorted(found, reverse=True) for first, found in sizes.items()}


def _weight(character: str) -> int:
    point = ord(character)
    return 1 if any(first <= point <= last for first, last in _LIGHT) else 2
