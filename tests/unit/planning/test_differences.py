"""Fields as the API server sees them, and fingerprints that move only with what somebody decided."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.objects import ObjectRef
from gatewright.model.observation import CrdObservation, Manager, Metadata, NamespaceObservation, ObjectObservation
from gatewright.planning.differences import CLIP, LIMIT, between, missing, shown
from gatewright.planning.fingerprints import fingerprint


def paths(wanted, live):
    return [d.path for d in missing({"spec": wanted}, {"spec": live})]


@pytest.mark.parametrize(
    ("wanted", "live", "expected"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": 1}, {"a": 2}, ["spec.a"]),
        ({"a": 1}, {}, ["spec.a"]),
        ({"a": {}}, {}, []),
        ({"a": []}, {}, []),
        ({"a": ""}, {}, []),
        ({"a": False}, {}, ["spec.a"]),
        ({"a": 0}, {}, ["spec.a"]),
        ({"a": 1}, {"a": True}, ["spec.a"]),
        ({"a": {"b": 1}}, {"a": [1]}, ["spec.a"]),
        ({"args": ["x", "y"]}, {"args": ["y", "x"]}, ["spec.args[0]", "spec.args[1]"]),
        ({"args": ["x"]}, {"args": ["x", "y"]}, ["spec.args"]),
        ({"containers": [{"name": "a"}]}, {"containers": [{"name": "b"}, {"name": "a", "x": 1}]}, []),
        ({"containers": [{"name": "a"}]}, {"containers": [{"name": "b"}]}, ["spec.containers[0]"]),
        ({"ports": [{"port": 80}]}, {"ports": [{"port": 80, "nodePort": 30000}]}, []),
        ({"ports": [{"port": 80}]}, {"ports": [{"port": 81}]}, ["spec.ports[0]"]),
        ({"subjects": [{"name": "a"}]}, {"subjects": [{"name": "a"}, {"name": "intruder"}]}, ["spec.subjects"]),
        ({"limits": {"cpu": "500m"}}, {"limits": {"cpu": "0.5"}}, []),
        ({"limits": {"memory": "1Gi"}}, {"limits": {"memory": "1024Mi"}}, []),
        ({"limits": {"memory": "1Gi"}}, {"limits": {"memory": "1G"}}, ["spec.limits.memory"]),
        ({"other": {"cpu": "500m"}}, {"other": {"cpu": "0.5"}}, ["spec.other.cpu"]),
    ],
)
def test_only_what_we_set_counts(wanted, live, expected):
    assert paths(wanted, live) == expected


def test_labels_and_annotations_count_and_other_metadata_does_not():
    wanted = {"metadata": {"name": "x", "labels": {"a.b/c": "1"}}}
    live = {"metadata": {"name": "y", "uid": "1", "labels": {"a.b/c": "2", "more": "1"}}, "status": {"x": 1}}
    (found,) = missing(wanted, live)
    assert (found.path, found.live, found.wanted) == ("metadata.labels[a.b/c]", "2", "1")


def test_both_ways_shows_what_only_the_live_object_has():
    wanted = {"spec": {"versions": [{"name": "v1"}]}}
    live = {"spec": {"versions": [{"name": "v1", "extra": 1}, {"name": "v2"}]}}
    assert [d.path for d in between(wanted, live)] == ["spec.versions[0].extra", "spec.versions[name=v2]"]


def test_what_is_shown_is_short_and_starts_with_what_matters():
    wanted = {f"f{n}": {"description": "new", "type": "string"} for n in range(30)}
    live = {f"f{n}": {"description": "old", "type": "x" * 5000} for n in range(30)}
    found = shown(missing({"spec": wanted}, {"spec": live}))
    assert len(found) == LIMIT
    assert all(d.path.endswith(".type") for d in found)
    assert all(len(d.live) == CLIP + 1 for d in found)
    (whole,) = shown(missing({"spec": {"a": {"b": list(range(1000))}}}, {"spec": {}}))
    assert whole.wanted.startswith('{"b":[0,1,2')


json = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@given(json)
def test_nothing_differs_from_itself(value):
    assert between({"spec": value}, {"spec": value}) == ()


@given(st.dictionaries(st.sampled_from("abc"), json), st.dictionaries(st.sampled_from("xyz"), json))
def test_fields_of_others_never_count(wanted, extra):
    assert missing({"spec": wanted}, {"spec": {**wanted, **extra}}) == ()


META = Metadata("1", "1", 1, {"a": "b"}, {"c": "d"}, (Manager("kubectl"),))


def seen(metadata):
    ref = ObjectRef("v1", "Service", "x", "y")
    content = {"kind": "Service", "metadata": {"name": "x"}, "spec": {"a": 1}}
    return [
        CrdObservation("x", metadata, "d", (), (), True),
        NamespaceObservation("x", metadata),
        ObjectObservation(ref, metadata, content),
    ]


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"resource_version": "2"}, True),
        ({"managers": (Manager("kubectl"), Manager("kube-controller-manager"))}, True),
        ({"generation": 2}, True),
        ({"managers": (Manager("kubectl"), Manager("kube-apiserver", "Update", "status"))}, True),
        ({"annotations": {"c": "d", "deployment.kubernetes.io/revision": "2"}}, True),
        ({"annotations": {"c": "e"}}, False),
        ({"labels": {}}, False),
        ({"uid": "2"}, False),
        ({"deleting": True}, False),
        ({"managers": (Manager("kubectl"), Manager("helm"))}, False),
    ],
)
def test_a_fingerprint_moves_with_decisions_only(changes, same):
    for before, after in zip(seen(META), seen(msgspec.structs.replace(META, **changes)), strict=True):
        assert (fingerprint(before) == fingerprint(after)) == same


def test_status_and_counts_are_not_in_a_fingerprint():
    crd, namespace, thing = seen(META)
    assert fingerprint(crd) == fingerprint(msgspec.structs.replace(crd, established=False, objects={"x": 1}))
    assert fingerprint(namespace) == fingerprint(msgspec.structs.replace(namespace, contents={"x": 1}))
    with_status = {**thing.content, "status": {"a": 1}}
    assert fingerprint(thing) == fingerprint(msgspec.structs.replace(thing, content=with_status))
    assert fingerprint(crd) != fingerprint(msgspec.structs.replace(crd, spec_digest="e"))
    other = {**thing.content, "spec": {"a": 2}}
    assert fingerprint(thing) != fingerprint(msgspec.structs.replace(thing, content=other))
