"""The schemas of manifests say what the parser says: what it reads validates, and what it refuses does not."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.model.desired import API_VERSION, Binding, BundleName, Cluster, ControllerSpec, SkewPolicy, Stack, Team
from gatewright.model.manifest import KINDS, ManifestError, manifest_of, parse
from gatewright.server.schemas import manifest_schema, manifests_schema
from gatewright.text import LANGUAGES, Language

WHOLE: dict[str, Any] = json.loads(
    (Path(__file__).parents[3] / "scripts" / "reference" / "whole.json").read_text(encoding="utf-8")
)
EVERY = jsonschema_rs.validator_for(manifests_schema())
labels = st.from_regex(r"[a-z]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True).filter(lambda name: name != "default")
releases = st.sampled_from([b.name for b in catalogue().bundles])


def whole(kind: str) -> dict[str, Any]:
    return {"apiVersion": API_VERSION, "kind": kind, **copy.deepcopy(WHOLE[kind])}


def parses(manifest: dict[str, Any]) -> bool:
    try:
        parse(json.dumps(manifest))
    except ManifestError:
        return False
    return True


@pytest.mark.parametrize("kind", KINDS)
def test_a_manifest_with_every_field_validates(kind: str) -> None:
    assert parses(whole(kind))
    assert list(map(str, EVERY.iter_errors(whole(kind)))) == []
    assert jsonschema_rs.validator_for(manifest_schema(kind)).is_valid(whole(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_may_be_left_out_where_the_parser_says_so_and_an_unknown_one_is_refused(kind: str) -> None:
    for part in ("metadata", "spec"):
        for field in WHOLE[kind][part]:
            without = whole(kind)
            del without[part][field]
            assert EVERY.is_valid(without) == parses(without), (part, field)
            empty = whole(kind)
            empty[part][field] = None
            if not isinstance(WHOLE[kind][part][field], dict):
                assert EVERY.is_valid(empty) == parses(empty), (part, field)
        more = whole(kind)
        more[part]["colour"] = "blue"
        assert not EVERY.is_valid(more)
        assert not parses(more)


@given(
    st.one_of(
        st.builds(Cluster, labels, st.sampled_from([None, "own", "observe"]), probes=st.booleans()),
        st.builds(Team, labels, labels, st.one_of(st.none(), st.builds(SkewPolicy, st.just("minor"), st.just("7d")))),
        st.builds(Binding, labels, labels, labels, labels),
        st.builds(
            Stack,
            labels,
            labels,
            releases,
            st.one_of(
                st.none(),
                st.builds(
                    ControllerSpec,
                    st.just("traefik"),
                    st.sampled_from(["3.7.15", "v3.7.0"]),
                    labels,
                    labels,
                    st.lists(st.integers(1, 8000), min_size=1, max_size=3, unique=True).map(tuple),
                ),
            ),
        ),
    )
)
def test_whatever_is_exported_validates(value: Cluster | Team | Binding | Stack) -> None:
    manifest = manifest_of(value)
    assert parses(manifest)
    assert list(map(str, EVERY.iter_errors(manifest))) == []


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Cluster", "spec.custody", "theirs"),
        ("Cluster", "spec.probes", "yes"),
        ("Cluster", "spec.kubeconfig", "apiVersion: v1\nclusters: []"),
        ("Cluster", "metadata.name", "Shanghai"),
        ("Team", "spec.defaultNamespace", "kube-system"),
        ("Team", "spec.versions.for", "1w"),
        ("Team", "spec.versions.skew", "major"),
        ("Stack", "spec.bundle.channel", "beta"),
        ("Stack", "spec.bundle.version", "1.6.1"),
        ("Stack", "spec.controller.ports", [8000, 8000]),
        ("Stack", "spec.controller.ports", [0]),
        ("Stack", "spec.controller.gatewayClass", 7),
        ("Stack", "spec.drift", "ignore"),
        ("Binding", "spec.namespace", "default"),
        ("Binding", "metadata.name", "payments"),
        ("Notification", "spec.type", "pigeon"),
        ("Notification", "spec.events", []),
        ("Notification", "spec.urlFile", "https://example.com/hook"),
        ("Notification", "spec.minimum", "fatal"),
    ],
)
def test_what_the_parser_refuses_does_not_validate(kind: str, path: str, value: Any) -> None:
    manifest = whole(kind)
    at = manifest
    *parts, last = path.split(".")
    for part in parts:
        at = at[part]
    at[last] = value
    assert not parses(manifest)
    assert not EVERY.is_valid(manifest)


def test_releases_and_controllers_are_those_of_the_catalogue() -> None:
    spec = manifest_schema("Stack")["properties"]["spec"]["properties"]
    known = spec["bundle"]["properties"]["version"]["enum"]
    assert set(known) == {bundle.version for bundle in catalogue().bundles}
    assert known.index("v1.6.1") < known.index("v1.2.0")
    assert spec["controller"]["properties"]["name"]["enum"] == ["traefik"]
    for wrong in ("v9.9.9",):
        manifest = whole("Stack")
        manifest["spec"]["bundle"]["version"] = wrong
        assert not EVERY.is_valid(manifest)
    manifest = whole("Stack")
    manifest["spec"]["controller"]["version"] = "1.0.0"
    assert not EVERY.is_valid(manifest)
    assert EVERY.is_valid({**whole("Team"), "metadata": {"name": BundleName("x").version}})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_described_without_markup(kind: str, language: Language) -> None:
    def fields(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        found = list(schema.get("properties", {}).items())
        return found + [inner for _, one in found for inner in fields(one)]

    schema = manifest_schema(kind, language)["properties"]["spec"]
    for name, field in fields(schema):
        assert field["description"], name
        assert "](" not in field["description"]


async def test_the_schema_is_served_in_the_language_asked_for(api: httpx.AsyncClient) -> None:
    english = (await api.get("/schemas", headers={"Accept-Language": "en"})).json()
    chinese = (await api.get("/schemas/Stack", headers={"Accept-Language": "zh-CN"})).json()
    assert english["properties"]["kind"]["enum"] == list(KINDS)
    assert "团队" in chinese["properties"]["spec"]["properties"]["team"]["description"]
    assert (await api.get("/schemas/Pod")).status_code == 422
