"""Pure: what a Deployment asks for, and the status that the real deployment controller would give it.

Reasons, messages and their meaning follow Kubernetes' deployment controller, so that ``kubectl rollout status``
and ``kubectl wait`` work as on any cluster.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Final, cast

import msgspec

from gatewright.lab.api import Object

_AVAILABLE: Final = ("MinimumReplicasAvailable", "Deployment has minimum availability.")
_UNAVAILABLE: Final = ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
_VARIABLE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)")


class Probe(msgspec.Struct, frozen=True):
    """A readiness probe over HTTP; times in seconds."""

    path: str
    port: int
    scheme: str = "http"
    period: float = 10
    timeout: float = 1
    failures: int = 3


class Workload(msgspec.Struct, frozen=True):
    """What one Deployment asks this machine to run."""

    namespace: str
    name: str
    generation: int
    replicas: int
    template: str
    """A digest of the Pod template: another one is another process."""
    image: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    service_account: str
    probe: Probe | None
    rolling: bool
    """The old process goes on until the new one can be started."""
    deadline: float
    """Seconds until a lack of progress is reported."""


class Progress(msgspec.Struct, frozen=True):
    """How far the host runtime is with a workload."""

    running: bool = False
    updated: bool = False
    ready: bool = False
    overdue: bool = False
    trouble: str = ""


def read(deployment: Object, container: Object) -> Workload:
    """The workload of ``container`` in a Deployment."""
    metadata, spec = cast(Object, deployment["metadata"]), cast(Object, deployment["spec"])
    template = cast(Object, spec["template"])
    pod = cast(Object, template["spec"])
    namespace, name = str(metadata["namespace"]), str(metadata["name"])
    environment = _environment(container, namespace, name)
    words = [*cast(list[str], container.get("args") or [])]
    return Workload(
        namespace=namespace,
        name=name,
        generation=int(metadata.get("generation", 0)),
        replicas=int(spec.get("replicas", 1)),
        template=hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest(),
        image=str(container["image"]),
        arguments=tuple(_VARIABLE.sub(lambda m: environment.get(m[1], m[0]), word) for word in words),
        environment=environment,
        service_account=str(pod.get("serviceAccountName") or "default"),
        probe=_probe(container),
        rolling=part(spec, "strategy").get("type") != "Recreate",
        deadline=float(spec.get("progressDeadlineSeconds") or 600),
    )


def part(of: Object, name: str) -> Object:
    """An object inside an object, empty if it is not there."""
    return cast(Object, of.get(name) or {})


def objects(of: Object, name: str) -> list[Object]:
    """A list of objects inside an object, empty if it is not there."""
    return cast(list[Object], of.get(name) or [])


def containers(deployment: Object) -> list[Object]:
    """The containers of its Pod template."""
    return objects(deployment["spec"]["template"]["spec"], "containers")


def status(workload: Workload, progress: Progress, previous: Object, now: str) -> Object:
    """The Deployment's status; ``previous`` is the one before (transition times come from it), ``now`` RFC 3339."""
    count = workload.replicas
    ready = count if progress.ready else 0
    available = progress.ready or count == 0
    shown = {
        "observedGeneration": workload.generation,
        "replicas": count,
        "updatedReplicas": count if progress.updated else 0,
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": count - ready,
    }
    reason, text = _AVAILABLE if available else _UNAVAILABLE
    conditions = [
        _condition("Available", available, reason, _joined(text, "" if available else progress.trouble), previous, now),
        _progressing(workload, progress, previous, now),
    ]
    return {**shown, "conditions": conditions}


def differs(wanted: Object, present: Object) -> bool:
    """Whether ``wanted`` must be written: counts of 0 are absent in what the API server returns."""
    return _plain(wanted) != _plain(present)


def _progressing(workload: Workload, progress: Progress, previous: Object, now: str) -> Object:
    subject = f'Deployment "{workload.name}"'
    done = workload.replicas == 0 or (progress.updated and progress.ready)
    if done:
        return _condition(
            "Progressing", True, "NewReplicaSetAvailable", f"{subject} has successfully progressed.", previous, now
        )
    if progress.overdue:
        text = _joined(f"{subject} has timed out progressing.", progress.trouble)
        return _condition("Progressing", False, "ProgressDeadlineExceeded", text, previous, now)
    text = _joined(f"{subject} is progressing.", progress.trouble)
    return _condition("Progressing", True, "ReplicaSetUpdated", text, previous, now)


def _condition(kind: str, value: bool, reason: str, text: str, previous: Object, now: str) -> Object:
    state = "True" if value else "False"
    old = next((c for c in objects(previous, "conditions") if c.get("type") == kind), Object())
    unchanged = (old.get("status"), old.get("reason"), old.get("message")) == (state, reason, text)
    return {
        "type": kind,
        "status": state,
        "reason": reason,
        "message": text,
        "lastUpdateTime": old["lastUpdateTime"] if unchanged else now,
        "lastTransitionTime": old["lastTransitionTime"] if old.get("status") == state else now,
    }


def _joined(text: str, trouble: str) -> str:
    return f"{text} {trouble}".strip()


def _plain(shown: Object) -> Object:
    conditions = {c["type"]: c for c in objects(shown, "conditions")}
    counts = {key: value for key, value in shown.items() if key != "conditions" and value}
    return {**counts, "conditions": conditions}


def _environment(container: Object, namespace: str, name: str) -> dict[str, str]:
    fields = {"metadata.namespace": namespace, "metadata.name": f"{name}-0"}
    environment: dict[str, str] = {}
    for entry in objects(container, "env"):
        field = str(part(part(entry, "valueFrom"), "fieldRef").get("fieldPath", ""))
        if "valueFrom" not in entry or field in fields:
            environment[str(entry["name"])] = fields.get(field, str(entry.get("value", "")))
    return environment


def _probe(container: Object) -> Probe | None:
    probe = part(container, "readinessProbe")
    get = part(probe, "httpGet")
    if not get:
        return None
    named = {p.get("name"): p["containerPort"] for p in objects(container, "ports")}
    port = get["port"] if isinstance(get["port"], int) else named.get(get["port"], 0)
    return Probe(
        path=str(get.get("path") or "/"),
        port=int(port),
        scheme=str(get.get("scheme") or "HTTP").lower(),
        period=float(probe.get("periodSeconds") or 10),
        timeout=float(probe.get("timeoutSeconds") or 1),
        failures=int(probe.get("failureThreshold") or 3),
    )
