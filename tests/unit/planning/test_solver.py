"""The claims of a cluster: merged, or two of them named."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.gatewayapi.catalogue import UnknownBundleError
from gatewright.model.desired import BundleName, ControllerSpec
from gatewright.planning.solver import solve


def clashes(*claims):
    solution = solve(claims)
    assert (solution.installation is None) == bool(solution.clashes)
    return [(c.code.removeprefix("planning.clash-"), c.first.team, c.second.team) for c in solution.clashes]


def with_controller(kit, team, **changes):
    return kit.claim(team, controller=msgspec.structs.replace(kit.TRAEFIK, **changes))


def test_nothing_is_claimed():
    solution = solve(())
    assert solution.installation is not None
    assert solution.installation.bundle is None
    assert solution.installation.controllers == ()


def test_equal_claims_are_one_installation(kit):
    solution = solve([kit.claim("payments"), kit.claim("orders")])
    assert solution.installation.bundle_teams == ("orders", "payments")
    (controller,) = solution.installation.controllers
    assert controller.teams == ("orders", "payments")


def test_defaults_and_the_same_thing_spelled_out_are_equal(kit):
    short = kit.claim("orders", controller=ControllerSpec("traefik", "v3.7.15"))
    full = ControllerSpec("traefik", "3.7.15", namespace="traefik", gateway_class="traefik")
    assert clashes(short, kit.claim(controller=full)) == []


def test_ports_are_united(kit):
    solution = solve([with_controller(kit, "payments", ports=(8000,)), with_controller(kit, "orders", ports=(9000,))])
    assert solution.installation.controllers[0].spec.ports == (8000, 9000)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": "3.6.15"}, "controller-version"),
        ({"namespace": "other"}, "controller-namespace"),
        ({"gateway_class": "other"}, "controller-gateway-class"),
    ],
)
def test_one_controller_wanted_in_two_ways(kit, changes, code):
    assert clashes(kit.claim("payments"), with_controller(kit, "orders", **changes)) == [(code, "orders", "payments")]


def test_two_bundles(kit):
    other = kit.claim("orders", bundle=BundleName("v1.5.1"))
    assert clashes(kit.claim("payments"), other) == [("bundle", "orders", "payments")]
    other = kit.claim("orders", bundle=BundleName("v1.6.1", "experimental"))
    assert clashes(kit.claim("payments"), other) == [("bundle", "orders", "payments")]


def test_a_controller_that_its_bundle_would_starve(kit):
    assert clashes(kit.claim(bundle=BundleName("v1.4.1"))) == [("needs", "payments", "payments")]
    old = with_controller(kit, "payments", version="3.6.15")
    assert clashes(msgspec.structs.replace(old, bundle=BundleName("v1.4.1"))) == []


def test_another_teams_bundle_starves_it_too(kit):
    theirs = kit.claim("payments", bundle=BundleName("v1.4.1"), controller=None)
    assert clashes(theirs, kit.claim("orders")) == [("bundle", "orders", "payments"), ("needs", "orders", "payments")]


def test_a_release_that_nobody_knows(kit):
    with pytest.raises(UnknownBundleError):
        solve([kit.claim(bundle=BundleName("v7.0.0"))])


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_order_of_claims_does_not_matter(kit, data):
    bundles = st.sampled_from([None, BundleName("v1.4.1"), BundleName("v1.5.1"), kit.TARGET])
    specs = st.builds(
        ControllerSpec,
        st.just("traefik"),
        st.sampled_from(["3.6.15", "3.7.15"]),
        st.sampled_from(["", "edge"]),
        st.sampled_from(["", "edge"]),
        st.sampled_from([(8000,), (9000,)]),
    )
    claims = [
        kit.claim(team, bundle=data.draw(bundles), controller=data.draw(st.none() | specs))
        for team in data.draw(st.lists(st.sampled_from("abcde"), unique=True))
    ]
    assert solve(claims) == solve(data.draw(st.permutations(claims)))
