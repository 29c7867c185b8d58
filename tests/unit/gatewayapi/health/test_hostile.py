"""A cluster may hold anything: judging it raises nothing, and takes no longer than its size asks for."""

from __future__ import annotations

from typing import Any

import health_worlds as w
import msgspec
import pytest
from health_worlds import HTTP_ROUTE, NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewright.gatewayapi.health import affected, assess, elapsed, explain, explain_cluster, summarise
from gatewright.gatewayapi.kinds import GATEWAY, GATEWAY_CLASS, LISTENER_SET, POLICY_KINDS, SECRET, GroupKind
from gatewright.gatewayapi.live import SHAPES, Snapshot
from gatewright.gatewayapi.metadata import Meta
from gatewright.gatewayapi.surroundings import Secret
from gatewright.model.probe import CertificateFacts
from gatewright.text import LANGUAGES

ODD = st.sampled_from(["", "a", "*", "*.", "..", "{x}", "x" * 300, "\x00", "名", "Gateway", "9999-99-99T99:99:99Z"])
NUMBERS = st.sampled_from([0, 1, -1, 80, 2**40])


def filled(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Any JSON that a shape takes."""
    return st.deferred(lambda: _filled(shape, depth))


def _filled(shape: Any, depth: int) -> st.SearchStrategy[Any]:
    info = msgspec.inspect.type_info(shape) if not isinstance(shape, msgspec.inspect.Type) else shape
    match info:
        case msgspec.inspect.StructType():
            fields = {f.encode_name: filled(f.type, depth + 1) for f in info.fields if f.required or depth < 6}
            needed = {f.encode_name for f in info.fields if f.required}
            given = {name: strategy for name, strategy in fields.items() if name in needed}
            rest = {name: strategy for name, strategy in fields.items() if name not in needed}
            return st.fixed_dictionaries(given, optional=rest)
        case msgspec.inspect.VarTupleType():
            return st.lists(filled(info.item_type, depth + 1), max_size=2)
        case msgspec.inspect.UnionType():
            return st.one_of([filled(t, depth + 1) for t in info.types])
        case msgspec.inspect.DictType():
            return st.dictionaries(ODD, ODD, max_size=2)
        case msgspec.inspect.StrType():
            return ODD
        case msgspec.inspect.IntType():
            return NUMBERS
        case msgspec.inspect.BoolType():
            return st.booleans()
        case msgspec.inspect.NoneType():
            return st.none()
        case _:
            return st.one_of(ODD, NUMBERS, st.lists(ODD, max_size=2))


KINDS = [k for k in SHAPES if k[1] != "CustomResourceDefinition"]
OBJECTS = st.sampled_from(KINDS).flatmap(lambda kind: st.tuples(st.just(kind), filled(SHAPES[kind])))


@settings(max_examples=50, deadline=None)
@given(st.lists(OBJECTS, max_size=6))
def test_nothing_in_a_snapshot_raises(objects: list[tuple[GroupKind, Any]]) -> None:
    snapshot = w.healthy()
    for kind, live in objects:
        shape = msgspec.convert(live, SHAPES[kind])
        snapshot.objects.setdefault(kind, {})[shape.metadata.key] = shape
        affected(snapshot, kind, shape.metadata.key, None, shape)
    health = assess(snapshot, NOW)
    elapsed(snapshot, NOW, NOW)
    summarise(snapshot, health)
    explain_cluster(snapshot, health)
    for (kind, key), found in health.items():
        explain(snapshot, health, kind, key)
        for finding in found.findings:
            for language in LANGUAGES:
                assert finding.message.render(language)


def test_references_that_go_in_circles() -> None:
    snapshot = w.healthy()
    for one, other in (("a", "b"), ("b", "a")):
        parent = {"group": LISTENER_SET[0], "kind": "ListenerSet", "name": other}
        live = w.listener_set(one)
        live["spec"]["parentRef"] = parent
        w.put(snapshot, LISTENER_SET, live)
        aim = {"group": POLICY_KINDS[0][0], "kind": POLICY_KINDS[0][1], "name": other}
        w.put(snapshot, w.BACKEND_TLS, {"metadata": w.meta(one, "shop"), "spec": {"targetRefs": [aim]}})
    w.put(snapshot, HTTP_ROUTE, w.route("loop", parents=[{"kind": "HTTPRoute", "name": "loop"}]))
    health = assess(snapshot, NOW)
    summarise(snapshot, health)
    explain_cluster(snapshot, health)
    for kind, key in health:
        explain(snapshot, health, kind, key)


def test_thousands_of_listeners_on_one_port() -> None:
    snapshot = w.healthy()
    many = [w.listener(f"l{i}", 80, hostname=f"h{i % 1000}.{'x.' * 60}test") for i in range(4000)]
    w.put(snapshot, GATEWAY, w.gateway("web", "shop", *many))
    findings = assess(snapshot, NOW)[w.GATEWAY_KEY].findings
    assert sum(f.code == "health.listener-duplicate" for f in findings) == 3000


@pytest.mark.parametrize("moments", [("", ""), ("soon", "later"), ("0000-00-00", "99999-01-01T00:00:00Z")])
def test_certificates_with_odd_moments(moments: tuple[str, str]) -> None:
    snapshot = w.healthy()
    facts = CertificateFacts("s", "i", (), moments[0], moments[1], "d")
    snapshot.objects[SECRET] = {("shop", "cert"): Secret(Meta("cert", "shop"), "kubernetes.io/tls", facts)}
    w.put(snapshot, GATEWAY, w.gateway("web", "shop", w.https()))
    assert w.codes(w.judge(snapshot, w.GATEWAY_KEY)).keys() == {"certificate-name"}
    elapsed(snapshot, NOW, NOW)


def test_features_of_old_and_odd_classes() -> None:
    snapshot = w.healthy()
    status = {"conditions": w.fine("Accepted"), "supportedFeatures": ["HTTPRoute", {"name": ""}]}
    spec = {"controllerName": w.TRAEFIK}
    w.put(snapshot, GATEWAY_CLASS, {"metadata": w.meta("traefik"), "spec": spec, "status": status})
    assert "feature-unsupported" not in w.codes(w.judge(snapshot, w.ROUTE_KEY))
    assert isinstance(snapshot, Snapshot)
