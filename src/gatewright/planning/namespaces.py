"""The verdict on a namespace that must exist: a team's on this cluster, or a controller's.

A namespace that exists is never changed, adopted or deleted by us unless we created it: it is shared, or it is
somebody's and the plan says whose. Namespaces of other clusters do not matter, by any name.
"""

from __future__ import annotations

from gatewright.gatewayapi.marks import mark
from gatewright.model.objects import Manifest, digest
from gatewright.model.observation import NamespaceObservation
from gatewright.model.plan import ObjectVerdict, Verdict
from gatewright.planning.fingerprints import fingerprint
from gatewright.planning.ownership import Holding, holding_of
from gatewright.planning.request import ClusterRequest, namespace_ref
from gatewright.planning.wanted import WantedNamespace
from gatewright.text import Message, Param


def namespace_manifest(wanted: WantedNamespace, installation: str) -> Manifest:
    """The namespace as we create it, with our marks and, for a team's, the team's name."""
    return mark(wanted.manifest, installation, "created", wanted.team or None)


def namespace_verdict(
    request: ClusterRequest, wanted: WantedNamespace, live: NamespaceObservation | None
) -> ObjectVerdict:
    """``create``, ``unchanged``, ``share``, ``wait`` or ``conflict``."""
    holding = None if live is None else holding_of(live.metadata, request.known)
    other = request.bindings.get(wanted.name, "") if wanted.team else ""
    if other:
        return _verdict(request, wanted, live, holding, "conflict", "planning.namespace-team", other=other)
    if live is None or holding is None:
        role = "planning.namespace-absent-team" if wanted.team else "planning.namespace-absent-controller"
        return _verdict(request, wanted, None, None, "create", role)
    if live.phase == "terminating" or live.metadata.deleting:
        return _verdict(request, wanted, live, holding, "wait", "planning.namespace-terminating")
    match holding.holder:
        case "ours":
            return _ours(request, wanted, live, holding)
        case "gatewright":
            return _verdict(request, wanted, live, holding, "conflict", "planning.namespace-gatewright")
        case "writer":
            return _verdict(request, wanted, live, holding, "share", "planning.namespace-shared-owner")
        case "nobody":
            return _verdict(request, wanted, live, holding, "share", "planning.namespace-shared")


def _ours(
    request: ClusterRequest, wanted: WantedNamespace, live: NamespaceObservation, holding: Holding
) -> ObjectVerdict:
    if not wanted.team or holding.team == wanted.team:
        return _verdict(request, wanted, live, holding, "unchanged", "planning.namespace-ours")
    if holding.team:
        key = "planning.namespace-team"
        return _verdict(request, wanted, live, holding, "conflict", key, other=holding.team)
    # A controller's namespace that we created: the team may live in it, but it stays the cluster's.
    return _verdict(request, wanted, live, holding, "share", "planning.namespace-controller")


def _verdict(
    request: ClusterRequest,
    wanted: WantedNamespace,
    live: NamespaceObservation | None,
    holding: Holding | None,
    verdict: Verdict,
    key: str,
    *,
    other: str = "",
) -> ObjectVerdict:
    params: dict[str, Param] = {
        "cluster": request.cluster,
        "name": wanted.name,
        "team": wanted.team or "-",
        "controller": wanted.controller or "-",
        "owner": holding.name if holding else "-",
        "other": other or "-",
    }
    stops = verdict in ("conflict", "wait")
    return ObjectVerdict(
        namespace_ref(wanted.name),
        verdict,
        Message(key, params),
        Message(f"{key}.remedy", params) if stops else None,
        holding.owner if holding else None,
        (),
        "" if live is None else fingerprint(live),
        digest(namespace_manifest(wanted, request.known.installation)) if verdict == "create" else "",
        "created" if verdict == "create" else None,
    )
