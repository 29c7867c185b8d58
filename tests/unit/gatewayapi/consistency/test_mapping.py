"""Whether a resource says the same everywhere: its own namespace does not matter, everything else does."""

from __future__ import annotations

from typing import Any

import health_worlds as w
import msgspec
from hypothesis import given
from hypothesis import strategies as st

from gatewright.gatewayapi.consistency.mapping import CLIP, LIMIT, Spec, differences, spec_of
from gatewright.gatewayapi.shapes import Gateway, Route
from gatewright.model.objects import digest


def spec(content: Any) -> Spec:
    return Spec(content, digest(content))


def route(namespace: str, **more: Any) -> Spec:
    return spec_of(msgspec.convert(w.route("cart", namespace, **more), Route), namespace)


def test_the_own_namespace_may_be_called_otherwise() -> None:
    parents = [{"name": "web", "namespace": "shop"}]
    there = [{"name": "web", "namespace": "store"}]
    assert route("shop", parents=parents).digest == route("store", parents=there).digest == route("store").digest
    elsewhere = route("store", parents=[{"name": "web", "namespace": "infra"}])
    found, cut = differences({"a": route("shop"), "b": elsewhere})
    assert [(d.path, d.values) for d in found] == [("spec.parentRefs[web].namespace", {"a": None, "b": "infra"})]
    assert not cut


def test_listeners_are_compared_by_name() -> None:
    def gateway(*listeners: Any) -> Spec:
        return spec_of(msgspec.convert(w.gateway("web", "shop", *listeners), Gateway), "shop")

    one = gateway(w.listener("http", 80), w.listener("admin", 81))
    other = gateway(w.listener("admin", 82), w.listener("http", 80))
    found, _ = differences({"a": one, "b": other})
    assert [(d.path, d.values) for d in found] == [("spec.listeners[admin].port", {"a": 81, "b": 82})]


def test_what_is_told_has_a_bound() -> None:
    many = {f"f{number}": number for number in range(100)}
    found, cut = differences({"a": spec(many), "b": spec({}), "c": spec({"long": "x" * 5000})})
    assert (len(found), cut) == (LIMIT, True)
    found, cut = differences({"a": spec({"long": "x" * 5000}), "b": spec({"long": "y"})})
    assert len(str(found[0].values["a"])) <= CLIP + 1
    huge, cut = differences({"a": spec([{"v": n} for n in range(5000)]), "b": spec([])})
    assert cut
    assert len(huge) <= LIMIT


def test_what_is_just_not_too_much_is_not_cut() -> None:
    def alike(count: int, last: Any) -> Spec:
        return spec({**{f"f{number}": 0 for number in range(count - 1)}, "last": last})

    found, cut = differences({"a": alike(2000, True), "b": alike(2000, 1)})
    assert ([d.path for d in found], cut) == (["spec.last"], False)
    assert differences({"a": alike(2001, True), "b": alike(2001, 1)})[1]


CONTENT = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["", "a", "b"])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["name", "x", "a.b", "namespace"]), inner, max_size=3),
    ),
    max_leaves=8,
)


@given(CONTENT, CONTENT, CONTENT)
def test_specs_differ_where_their_digests_do(one: Any, two: Any, three: Any) -> None:
    specs = {"a": spec(one), "b": spec(two), "c": spec(three)}
    found, cut = differences(specs)
    assert bool(found) == (len({s.digest for s in specs.values()}) > 1)
    assert not cut or len(found) == LIMIT
    for difference in found:
        assert set(difference.values) == set(specs)
    assert len({difference.path for difference in found}) == len(found)
