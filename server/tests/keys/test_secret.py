"""Tokens: their form, their checksum, and what is stored of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anthyx_server.config import NamedSecret
from anthyx_server.keys import secret

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
VECTOR = "anthyx_live_" + "0" * 32 + "4WNAfR"
bodies = st.text(ALPHABET, min_size=32, max_size=32)
starts = st.builds("anthyx_{}_{}".format, st.sampled_from(["live", "test"]), bodies)


def test_the_checksum_of_32_zeros_is_the_published_one() -> None:
    assert secret.checksum("anthyx_live_" + "0" * 32) == "4WNAfR"
    assert secret.is_well_formed(VECTOR)


@pytest.mark.parametrize("mode", ["live", "test"])
def test_a_minted_token_is_well_formed_and_never_the_same(mode: str) -> None:
    tokens = {secret.mint(mode) for _ in range(200)}
    assert len(tokens) == 200
    for token in tokens:
        assert re.fullmatch(rf"anthyx_{mode}_[0-9A-Za-z]{{38}}", token)
        assert secret.is_well_formed(token)


def test_minting_uses_the_whole_alphabet() -> None:
    used = {character for _ in range(200) for character in secret.mint("live")[12:44]}
    assert used == set(ALPHABET)


@given(starts)
def test_every_token_is_refused_with_any_other_character_at_any_place(start: str) -> None:
    token = start + secret.checksum(start)
    assert secret.is_well_formed(token)
    for place, character in enumerate(token):
        for other in (ALPHABET + "_-é\n").replace(character, ""):
            assert not secret.is_well_formed(token[:place] + other + token[place + 1 :])


@given(starts)
def test_every_token_is_refused_with_characters_swapped_lost_or_added(start: str) -> None:
    token = start + secret.checksum(start)
    for place in range(len(token)):
        assert not secret.is_well_formed(token[:place] + token[place + 1 :])
        assert not secret.is_well_formed(token[:place] + "0" + token[place:])
        swapped = token[:place] + token[place : place + 2][::-1] + token[place + 2 :]
        assert swapped == token or not secret.is_well_formed(swapped)


@pytest.mark.parametrize("change", [str.lower, str.upper, str.swapcase, lambda text: text + "\n"])
def test_a_token_in_other_letters_or_with_a_line_end_is_refused(change: object) -> None:
    assert callable(change)
    assert not secret.is_well_formed(change(VECTOR))


def test_a_token_of_the_other_mode_is_refused() -> None:
    assert not secret.is_well_formed(VECTOR.replace("live", "test"))


def test_the_digest_depends_on_the_pepper_and_says_nothing_of_the_token() -> None:
    old, new = NamedSecret("a", "o" * 32), NamedSecret("b", "n" * 32)
    token = secret.mint("live")
    rotated = secret.Hasher((new, old))
    assert rotated.current == "b"
    assert rotated.digest(token) == secret.Hasher((new,)).digest(token)
    assert list(rotated.digests(token)) == ["b", "a"]
    assert rotated.digests(token)["a"] == secret.Hasher((old,)).digest(token)
    assert rotated.digest(token) != rotated.digests(token)["a"]
    assert re.fullmatch(r"[0-9a-f]{64}", rotated.digest(token))
