"""A Deployment's status is what the real deployment controller would report."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.lab.api import Object
from gatewright.lab.deployment import Probe, Progress, differs, read, status

NOW, LATER = "2026-01-01T00:00:00Z", "2026-01-01T00:00:09Z"


def deployment(**container: object) -> Object:
    pod = {"serviceAccountName": "robot", "containers": [{"name": "c", "image": "traefik:v3.7.15", **container}]}
    return {
        "metadata": {"name": "traefik", "namespace": "edge", "generation": 4},
        "spec": {"replicas": 2, "template": {"metadata": {}, "spec": pod}},
    }


def workload(**container: object):
    whole = deployment(**container)
    return read(whole, whole["spec"]["template"]["spec"]["containers"][0])


def conditions(shown: Object) -> dict[str, tuple[str, str]]:
    return {entry["type"]: (entry["status"], entry["reason"]) for entry in shown["conditions"]}


def test_what_a_container_asks_for() -> None:
    asked = workload(
        args=["--name=$(POD_NAMESPACE)", "--kept=$(UNKNOWN)"],
        env=[
            {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
            {"name": "PLAIN", "value": "yes"},
            {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        ],
        ports=[{"name": "admin", "containerPort": 8080}],
        readinessProbe={"httpGet": {"path": "/ping", "port": "admin"}, "periodSeconds": 3},
    )
    assert asked.arguments == ("--name=edge", "--kept=$(UNKNOWN)")
    assert asked.environment == {"POD_NAMESPACE": "edge", "PLAIN": "yes"}
    assert asked.probe == Probe("/ping", 8080, period=3)
    assert (asked.service_account, asked.generation, asked.rolling) == ("robot", 4, True)


def test_only_a_changed_template_is_another_process() -> None:
    one, other = deployment(), deployment()
    other["metadata"] |= {"generation": 5, "labels": {"a": "b"}}
    containers = [d["spec"]["template"]["spec"]["containers"][0] for d in (one, other)]
    assert read(one, containers[0]).template == read(other, containers[1]).template
    other["spec"]["template"]["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": NOW}
    assert read(one, containers[0]).template != read(other, containers[1]).template


@pytest.mark.parametrize(
    ("progress", "available", "progressing"),
    [
        (Progress(), ("False", "MinimumReplicasUnavailable"), ("True", "ReplicaSetUpdated")),
        (
            Progress(running=True, updated=True, ready=True),
            ("True", "MinimumReplicasAvailable"),
            ("True", "NewReplicaSetAvailable"),
        ),
        (
            Progress(running=True, ready=True),
            ("True", "MinimumReplicasAvailable"),
            ("True", "ReplicaSetUpdated"),
        ),
        (
            Progress(overdue=True),
            ("False", "MinimumReplicasUnavailable"),
            ("False", "ProgressDeadlineExceeded"),
        ),
    ],
)
def test_conditions(progress: Progress, available: tuple[str, str], progressing: tuple[str, str]) -> None:
    shown = status(workload(), progress, {}, NOW)
    assert conditions(shown) == {"Available": available, "Progressing": progressing}
    assert shown["observedGeneration"] == 4


def test_an_old_version_that_goes_on_is_available_but_not_updated() -> None:
    shown = status(workload(), Progress(running=True, ready=True, trouble="no such image"), {}, NOW)
    assert (shown["availableReplicas"], shown["updatedReplicas"]) == (2, 0)
    assert "no such image" in shown["conditions"][1]["message"]


def test_a_transition_is_dated_only_when_the_status_turns() -> None:
    first = status(workload(), Progress(), {}, NOW)
    second = status(workload(), Progress(trouble="crashed"), first, LATER)
    third = status(workload(), Progress(running=True, updated=True, ready=True), second, LATER)
    dates = [shown["conditions"][0]["lastTransitionTime"] for shown in (first, second, third)]
    assert dates == [NOW, NOW, LATER]
    assert second["conditions"][0]["lastUpdateTime"] == LATER


@given(st.builds(Progress, running=st.booleans(), updated=st.booleans(), ready=st.booleans(), overdue=st.booleans()))
def test_a_published_status_is_not_published_again(progress: Progress) -> None:
    shown = status(workload(), progress, {}, NOW)
    stored = {key: value for key, value in copy.deepcopy(shown).items() if value != 0}
    assert not differs(status(workload(), progress, stored, LATER), stored)
    assert differs(shown, {})
