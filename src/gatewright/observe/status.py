"""One row per cluster: what is installed, whose it is, and when that was seen. What was last seen stays visible."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from gatewright.gatewayapi.crds import bundle_of
from gatewright.gatewayapi.kinds import CRD
from gatewright.gatewayapi.live import Snapshot
from gatewright.gatewayapi.metadata import WrittenMeta
from gatewright.gatewayapi.shapes import GatewayClass
from gatewright.gatewayapi.surroundings import Crd
from gatewright.gatewayapi.writers import owner_of
from gatewright.model.desired import Binding, RegisteredCluster
from gatewright.model.objects import ObjectRef
from gatewright.model.observation import Manager, Metadata
from gatewright.model.status import ClusterStatus, ControllerStatus, CustodyState
from gatewright.observe.board import ClusterState
from gatewright.planning.request import crd_ref


def status_of(
    cluster: RegisteredCluster, state: ClusterState | None, owned: Iterable[ObjectRef], binding: Binding | None = None
) -> ClusterStatus:
    """The row of a cluster, with a team's part of it where ``binding`` is given."""
    status = ClusterStatus(
        cluster=cluster.name,
        reachability="unreachable",
        since="",
        checked_at="",
        insecure=cluster.spec.insecure_skip_tls_verify,
        namespace=binding.namespace if binding else "",
        stack=binding.stack if binding else "",
        kubernetes=cluster.kubernetes,
    )
    if state is None:
        return status
    status = msgspec.structs.replace(
        status,
        reachability=state.reachability,
        since=state.since,
        checked_at=state.checked_at,
        seen_at=state.seen_at,
        error=state.error,
        health=state.health.state if state.health else "unknown",
    )
    return _with_snapshot(status, state.snapshot, owned) if state.synced or state.snapshot.objects else status


def _with_snapshot(status: ClusterStatus, snapshot: Snapshot, owned: Iterable[ObjectRef]) -> ClusterStatus:
    ours = frozenset(ref.identity for ref in owned)
    crds: list[Crd] = list(snapshot.of(CRD).values())
    foreign = [crd for crd in crds if crd_ref(crd.metadata.name).identity not in ours]
    owners = {str(owner) for crd in foreign if (owner := owner_of(metadata_of(crd.metadata))) is not None}
    bundles = {" ".join(part or "?" for part in bundle_of(crd.metadata.annotations or {})) for crd in crds}
    custody: CustodyState = "absent" if not crds else "observe" if foreign else "own"
    return msgspec.structs.replace(
        status,
        kubernetes=snapshot.kubernetes or status.kubernetes,
        bundles=tuple(sorted(bundles)),
        custody="unknown" if CRD in snapshot.unread else custody,
        owners=tuple(sorted(owners)),
        controllers=tuple(
            ControllerStatus(c.controller, c.version, c.namespace, c.available) for c in snapshot.controllers
        ),
        gateway_classes=tuple(f"{name}={_accepted(found)}" for (_, name), found in sorted(snapshot.classes().items())),
    )


def _accepted(found: GatewayClass) -> str:
    conditions = (found.status.conditions if found.status else None) or ()
    return next((c.status for c in conditions if c.type == "Accepted"), "Unknown")


def metadata_of(meta: WrittenMeta) -> Metadata:
    """Watched metadata as the value that ownership is read from."""
    return Metadata(
        uid=meta.uid,
        resource_version=meta.resource_version,
        generation=meta.generation,
        labels=meta.labels or {},
        annotations=meta.annotations or {},
        managers=tuple(Manager(w.manager, w.operation, w.subresource) for w in meta.managed_fields or ()),
        deleting=meta.deletion_timestamp is not None,
    )
