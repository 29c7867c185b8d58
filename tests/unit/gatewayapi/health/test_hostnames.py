"""Hostnames of listeners and routes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.gatewayapi.health.hostnames import any_intersects, covers, intersects

LABELS = st.lists(st.sampled_from(["a", "b", "shop", "test", "x-1"]), min_size=1, max_size=4)
NAMES = st.one_of(
    st.none(),
    st.just(""),
    LABELS.map(".".join),
    LABELS.map(lambda labels: "*." + ".".join(labels)),
    st.text(max_size=20),
)


@pytest.mark.parametrize(
    ("one", "other", "fits"),
    [
        (None, "a.test", True),
        ("a.test", "a.test", True),
        ("A.Test.", "a.test", True),
        ("*.shop.test", "a.shop.test", True),
        ("*.shop.test", "b.a.shop.test", True),
        ("*.shop.test", "shop.test", False),
        ("*.shop.test", "ashop.test", False),
        ("*.test", "*.shop.test", True),
        ("*.a.test", "*.b.test", False),
        ("a.test", "b.test", False),
    ],
)
def test_names_that_meet(one: str | None, other: str, fits: bool) -> None:
    assert intersects(one, other) is fits
    assert intersects(other, one) is fits


@given(NAMES, NAMES)
def test_meeting_is_mutual(one: str | None, other: str | None) -> None:
    assert intersects(one, other) == intersects(other, one)
    assert intersects(one, one)


@given(NAMES, NAMES, NAMES)
def test_covering_goes_on(one: str | None, two: str | None, three: str | None) -> None:
    if covers(one, two) and covers(two, three):
        assert covers(one, three)
    if covers(one, two) and intersects(two, three):
        assert intersects(one, three)


@given(st.lists(NAMES, max_size=4), st.lists(NAMES, max_size=4))
def test_meeting_of_many_is_mutual(ones: list[str | None], others: list[str | None]) -> None:
    assert any_intersects(ones, others) == any_intersects(others, ones)
    assert any_intersects((), others)
