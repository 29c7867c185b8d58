"""Identifiers that tell nothing: they come back as they were, and only here; order and distance are not in them."""

from __future__ import annotations

import itertools
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.server.errors import EventIdError
from gatewright.server.ids import START, Ids, Kind
from gatewright.store.secrets import KEY_BYTES, KeyRing

OLD, NEW = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES)
IDS = Ids(KeyRing((OLD,)))
NUMBERS = st.integers(0, 2**64 - 1)
KINDS: st.SearchStrategy[Kind] = st.sampled_from(["event", "change"])


@given(KINDS, NUMBERS, st.binary(min_size=4, max_size=4))
def test_what_goes_out_comes_back(kind: Kind, number: int, epoch: bytes) -> None:
    sealed = IDS.seal(kind, number, epoch)
    assert sealed == IDS.seal(kind, number, epoch)
    assert IDS.open_with_epoch(kind, sealed) == (epoch, number)
    assert len(sealed) == 26
    assert sealed.isalnum()
    assert sealed == sealed.lower()


def test_neither_order_nor_distance_can_be_seen() -> None:
    """Of many numbers in a row the identifiers are sorted by nothing, and no two are alike in more than chance."""
    sealed = [IDS.seal("event", number) for number in range(2000)]
    rising = sum(a < b for a, b in itertools.pairwise(sealed))
    assert 850 < rising < 1150
    same = sum(a[i] == b[i] for a, b in itertools.pairwise(sealed) for i in range(26))
    assert same < 2000 * 26 / 32 * 1.4
    assert len(set(sealed)) == 2000


@given(NUMBERS)
def test_an_id_is_of_one_kind_and_one_installation(number: int) -> None:
    sealed = IDS.seal("event", number)
    for ids, kind in ((IDS, "change"), (Ids(KeyRing((NEW,))), "event")):
        with pytest.raises(EventIdError):
            ids.open(kind, sealed)  # type: ignore[arg-type]


@given(NUMBERS)
def test_an_id_outlives_the_change_of_the_key(number: int) -> None:
    assert Ids(KeyRing((NEW, OLD))).open("event", IDS.seal("event", number)) == number


@given(st.text(max_size=40) | st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=26, max_size=26))
def test_nothing_made_up_is_read(text: str) -> None:
    if text != START:
        with pytest.raises(EventIdError):
            IDS.open("event", text)


def test_the_beginning_has_a_name() -> None:
    assert IDS.open("event", START) == 0
