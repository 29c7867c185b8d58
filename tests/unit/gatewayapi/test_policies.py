"""The safe-upgrades policy, answered without a server. (The integration tests ask a real one the same questions.)"""

from __future__ import annotations

import pytest

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.policies import CrdChange, PolicyAnswer, expression_digest, policy_answer
from gatewright.model.desired import BundleName, Channel

GATEWAYS = "gateways.gateway.networking.k8s.io"


def answer(
    policy: str, version: str, *, channel: str = "standard", old: str | None = "standard", of: Channel = "standard"
) -> PolicyAnswer:
    expressions = catalogue().bundle(BundleName(policy, of)).policy_expressions
    return policy_answer(expressions, CrdChange(GATEWAYS, old, version, channel))


@pytest.mark.parametrize(
    ("policy", "of", "version", "expected"),
    [
        ("v1.5.1", "standard", "v1.4.1", "denies"),
        ("v1.5.1", "standard", "v0.8.0", "denies"),
        ("v1.5.1", "standard", "v1.5.0", "allows"),
        ("v1.5.1", "standard", "v1.6.1", "allows"),
        ("v1.5.1", "standard", "monthly-2026.05", "allows"),
        ("v1.6.1", "standard", "v1.5.1", "denies"),
        ("v1.6.1", "standard", "v1.6.0", "allows"),
        ("v1.6.1", "standard", "v0.0.0-dev", "denies"),
        ("v1.6.1", "standard", "v1.3.0-rc.1", "allows"),
        ("v1.6.1", "experimental", "v1.5.1", "allows"),
        ("v1.6.1", "experimental", "v1.4.1", "denies"),
        ("v1.6.1", "experimental", "v0.0.0-dev", "allows"),
        ("v1.6.1", "experimental", "monthly-2026.05", "denies"),
        ("v1.6.1", "standard", "", "denies"),
    ],
)
def test_versions(policy: str, of: Channel, version: str, expected: str) -> None:
    found = answer(policy, version, of=of)
    assert found.answer == expected
    assert (found.reason is not None) == (expected == "denies")
    if found.reason:
        assert GATEWAYS in found.reason.render("en")
        assert GATEWAYS in found.reason.render("zh")


@pytest.mark.parametrize(
    ("old", "channel", "expected"),
    [
        ("standard", "experimental", "denies"),
        ("", "experimental", "denies"),
        ("standard", "", "denies"),
        ("experimental", "experimental", "allows"),
        ("experimental", "standard", "allows"),
        (None, "experimental", "allows"),
    ],
)
def test_channels(old: str | None, channel: str, expected: str) -> None:
    assert answer("v1.6.1", "v1.6.1", channel=channel, old=old).answer == expected


def test_other_groups_are_not_guarded() -> None:
    expressions = catalogue().bundle(BundleName("v1.6.1")).policy_expressions
    change = CrdChange("xmeshes.gateway.networking.x-k8s.io", "standard", "v1.0.0", "experimental")
    assert policy_answer(expressions, change).answer == "allows"


def test_an_unknown_expression_is_unknown_unless_a_known_one_denies() -> None:
    known = catalogue().bundle(BundleName("v1.6.1")).policy_expressions
    good = CrdChange(GATEWAYS, "standard", "v1.6.1", "standard")
    bad = CrdChange(GATEWAYS, "standard", "v1.0.0", "standard")
    assert policy_answer(["object.spec.group != 'x'"], good).answer == "unknown"
    assert policy_answer([*known, "true"], good).answer == "unknown"
    assert policy_answer(["true", *known], bad).answer == "denies"
    assert policy_answer([], good).answer == "allows"


def test_white_space_does_not_make_an_expression_another() -> None:
    assert expression_digest("a ==\n  b ") == expression_digest(" a == b")
