"""The digest of a CRD's spec: blind to what the API server fills in, sensitive to everything else."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.gatewayapi.crds import (
    applicable,
    bundle_of,
    content_digest,
    is_gateway_api_crd,
    normalised,
    numbers,
    spec_digest,
)
from gatewright.gatewayapi.marks import Marks, is_ours, mark, read_marks
from gatewright.gatewayapi.versions import kubernetes_minor, older, version_key
from gatewright.model.observation import Metadata


def spec(**schema: Any) -> dict[str, Any]:
    return {
        "group": "gateway.networking.k8s.io",
        "names": {"kind": "Gateway", "plural": "gateways"},
        "scope": "Namespaced",
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", **schema}}}},
            }
        ],
    }


def served(**schema: Any) -> dict[str, Any]:
    """The same as an API server returns it."""
    answer = spec(**schema)
    answer["conversion"] = {"strategy": "None"}
    answer["names"] |= {"singular": "gateway", "listKind": "GatewayList"}
    return answer


def test_server_defaults_do_not_count() -> None:
    assert spec_digest(spec(maximum=10.0)) == spec_digest(served(maximum=10))
    assert spec_digest(spec(nullable=False, description="")) == spec_digest(served())


@pytest.mark.parametrize(
    "schema", [{"default": False}, {"enum": [""]}, {"maxLength": 0}, {"default": {}}, {"x-kubernetes-validations": [1]}]
)
def test_what_means_something_counts(schema: dict[str, Any]) -> None:
    assert spec_digest(spec(**schema)) != spec_digest(spec())


def test_names_that_differ_from_the_defaults_count() -> None:
    other = served()
    other["names"]["singular"] = "gw"
    assert spec_digest(other) != spec_digest(spec())
    other = served()
    other["conversion"] = {"strategy": "Webhook"}
    assert spec_digest(other) != spec_digest(spec())


def test_a_property_may_be_called_like_a_keyword() -> None:
    named = spec(properties={"description": {"type": "string"}, "required": {"type": "boolean"}})
    assert normalised(named)["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"] == {
        "description": {"type": "string"},
        "required": {"type": "boolean"},
    }


def test_the_argument_is_not_changed() -> None:
    given_spec = served(maximum=1.0)
    before = repr(given_spec)
    spec_digest(given_spec)
    assert repr(given_spec) == before


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(JSONS)
def test_numbers_keep_values(value: Any) -> None:
    assert numbers(value) == value
    assert numbers(numbers(value)) == numbers(value)


@given(st.dictionaries(st.sampled_from(["default", "example", "minimum", "description", "nullable"]), JSONS))
def test_normalising_twice_is_normalising_once(schema: dict[str, Any]) -> None:
    once = normalised(spec(**schema))
    assert normalised(once) == once


def test_content_digest_ignores_what_is_not_applied() -> None:
    document = {"kind": "X", "metadata": {"name": "a", "creationTimestamp": None}, "status": {"conditions": None}}
    assert applicable(document) == {"kind": "X", "metadata": {"name": "a"}}
    assert content_digest(document) == content_digest({"metadata": {"name": "a"}, "kind": "X"})


def test_bundle_annotations() -> None:
    assert bundle_of({}) == ("", "")
    assert is_gateway_api_crd("xmeshes.gateway.networking.x-k8s.io")
    assert not is_gateway_api_crd("gateways.networking.istio.io")
    assert not is_gateway_api_crd("gateway.networking.k8s.io")


def test_versions_in_order() -> None:
    assert older("v1.6.1-rc.1", "v1.6.1")
    assert older("v1.9.0", "v1.10.0")
    assert not older("monthly-2026.05", "v1.0.0")
    assert version_key("v0.0.0-dev") is not None
    assert kubernetes_minor("v1.36.2+k3s1") == (1, 36)
    with pytest.raises(ValueError, match="not a Kubernetes version"):
        kubernetes_minor("banana")


def test_marks_are_read_back_and_leave_the_original_alone() -> None:
    manifest = {"kind": "Namespace", "metadata": {"name": "pay", "labels": {"a": "b"}}}
    marked = mark(manifest, "uid-1", "created", "payments")
    metadata = Metadata("u", labels=marked["metadata"]["labels"], annotations=marked["metadata"]["annotations"])
    assert read_marks(metadata) == Marks("uid-1", "created", "payments")
    assert metadata.labels == {"a": "b", "app.kubernetes.io/managed-by": "gatewright"}
    assert manifest == {"kind": "Namespace", "metadata": {"name": "pay", "labels": {"a": "b"}}}
    assert is_ours(metadata, "uid-1")
    assert not is_ours(metadata, "uid-2")


def test_an_origin_that_cannot_be_read_is_never_created() -> None:
    marks = read_marks(Metadata("u", annotations={"gatewright.io/installation": "x", "gatewright.io/origin": "?"}))
    assert marks == Marks("x", "adopted")
    assert read_marks(Metadata("u", annotations={"gatewright.io/origin": "created"})) is None
