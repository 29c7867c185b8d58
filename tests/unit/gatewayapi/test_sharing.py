"""Equal parts of objects are one, and no object says anything else for it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gatewright.gatewayapi.shapes import Gateway, GatewayClass, ReferenceGrant, Route
from gatewright.gatewayapi.sharing import share
from gatewright.gatewayapi.surroundings import EndpointSlice, Service
from gatewright.observe.secrets import RawSecret


def _route(name: str, message: str = "fine") -> dict[str, Any]:
    ref = {"name": "gate", "namespace": "gateways", "sectionName": "web"}
    conditions = [{"type": "Accepted", "status": "True", "reason": "Accepted", "message": message}]
    matches = [{"path": {"type": "Exact", "value": "/api"}}, {"headers": [{"name": "a", "value": "b"}]}]
    backend = {"name": "app", "port": 80}
    filtered = {**backend, "filters": [{"type": "URLRewrite", "urlRewrite": {"hostname": "a.example"}}]}
    return {
        "metadata": {"name": name, "namespace": "team-a", "uid": f"uid-{name}", "labels": {"app": "shop"}},
        "spec": {
            "parentRefs": [ref],
            "hostnames": [f"{name}.example"],
            "rules": [{"matches": matches, "backendRefs": [backend, filtered]}],
        },
        "status": {"parents": [{"parentRef": ref, "controllerName": "c", "conditions": conditions}]},
    }


_LISTENER = {"name": "web", "port": 80, "protocol": "HTTP"}
_FROM, _TO = {"group": "g", "kind": "k", "namespace": "n"}, {"group": "", "kind": "s"}


def _decoded(content: Any, shape: Any = Route) -> Any:
    return msgspec.json.decode(msgspec.json.encode(content), type=shape)


def test_an_object_says_the_same_when_it_is_shared() -> None:
    content = _route("a")

    assert share(_decoded(content)) == _decoded(content)


def test_equal_parts_of_two_objects_are_one() -> None:
    first, second = share(_decoded(_route("a"))), share(_decoded(_route("b")))

    assert first.status is not None
    assert first.status is second.status
    assert first.spec.parent_refs is second.spec.parent_refs
    assert first.spec.rules[0].backend_refs[0] is second.spec.rules[0].backend_refs[0]
    assert first.spec.rules[0].matches[0] is second.spec.rules[0].matches[0]
    assert first.metadata.namespace is second.metadata.namespace
    assert first.metadata.name != second.metadata.name


def test_what_differs_stays_different() -> None:
    first, second = share(_decoded(_route("a"))), share(_decoded(_route("b", "broken")))

    assert first.status.parents[0].conditions[0].message == "fine"
    assert second.status.parents[0].conditions[0].message == "broken"
    assert first.status.parents[0].parent_ref is second.status.parents[0].parent_ref


@pytest.mark.parametrize(
    ("shape", "content"),
    [
        (Gateway, {"spec": {"listeners": [_LISTENER]}, "status": {"listeners": []}}),
        (GatewayClass, {"spec": {"controllerName": "c"}, "status": {"supportedFeatures": ["Gateway", {"name": "X"}]}}),
        (ReferenceGrant, {"spec": {"from": [_FROM], "to": [_TO]}}),
        (Service, {"spec": {"ports": [{"port": 80}], "selector": {"app": "shop"}}}),
        (EndpointSlice, {"endpoints": [{"conditions": {"ready": False}}, {}], "ports": [{"port": 1}]}),
    ],
)  # fmt: skip
def test_every_kind_says_the_same(shape: Any, content: dict[str, Any]) -> None:
    whole = {"metadata": {"name": "a", "namespace": "b"}, **content}

    assert share(_decoded(whole, shape)) == _decoded(whole, shape)


def test_nothing_of_a_secret_is_looked_at() -> None:
    content = {
        "metadata": {"name": "a", "namespace": "b"},
        "type": "kubernetes.io/tls",
        "data": {"tls.key": "aGVsbG8="},
    }
    secret, other = _decoded(content, RawSecret), _decoded(content, RawSecret)

    share(secret)
    share(other)

    assert secret == other
    assert secret.type is not other.type
    assert secret.data["tls.key"] is not other.data["tls.key"]
