"""Spans of time as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gatewright.model.durations import InvalidDurationError, duration_of, require_duration
from gatewright.model.manifest import ManifestError, dump, parse

HEAD = "apiVersion: gatewright.io/v1alpha1\nkind: Team\nmetadata: {name: pay}\n"


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        ("1m", timedelta(minutes=1)),
        ("365d", timedelta(days=365)),
        *((bad, None) for bad in ("", "0h", "366d", "9999999h", "1.5h", "1h30m", "-1h", "1 h", "1H", "١h", "1h\n")),
    ],
)
def test_what_is_a_span(text, span):
    assert duration_of(text) == span


def test_another_is_refused_with_the_place_of_it():
    with pytest.raises(InvalidDurationError, match=r"spec\.versions\.for"):
        require_duration("soon", "spec.versions.for")


@pytest.mark.parametrize(
    ("spec", "field", "key"),
    [
        ("versions: {skew: major}", "spec.versions.skew", "manifest.choice"),
        ("versions: {for: 1y}", "spec.versions.for", "manifest.duration"),
        ("versions: {fro: 1h}", "spec.versions.fro", "manifest.unknown-field"),
        ("versions: patch", "spec.versions", "manifest.type"),
    ],
)
def test_a_policy_that_cannot_be_used_is_named(spec, field, key):
    with pytest.raises(ManifestError) as caught:
        parse(f"{HEAD}spec: {{{spec}}}\n")
    assert [(p.field, p.message.key) for p in caught.value.problems] == [(field, key)]


@pytest.mark.parametrize("versions", ["{}", "{skew: minor}", "{for: 12h}", "{skew: any, for: 1d}"])
def test_a_policy_comes_back_as_it_was_written(versions):
    (first,) = parse(f"{HEAD}spec: {{versions: {versions}}}\n")
    (again,) = parse(dump([first.desired]))
    assert again.desired == first.desired
