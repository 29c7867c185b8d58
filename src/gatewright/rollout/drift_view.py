"""What the database says of a cluster when its drift is looked at, and what follows from it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import TypeAlias

import msgspec

from gatewright.gatewayapi.live import Touched
from gatewright.model.drift import Drift
from gatewright.observe.clusters import Clusters
from gatewright.planning.drift import mode_of, suspicious
from gatewright.planning.request import Known, Record
from gatewright.store.rollouts import DRIVEN

Identity: TypeAlias = tuple[str, str, str, str]


class DriftView(msgspec.Struct, frozen=True):
    """What the database says of a cluster. ``busy``: a rollout of ours is at work there; ``held``: one stands still in
    the middle (paused) and keeps the cluster."""

    known: Known
    records: dict[Identity, Record]
    drifts: dict[Identity, Drift]
    busy: bool = False
    held: str = ""


async def view_of(clusters: Clusters, uid: str) -> DriftView | None:
    """None for a cluster that is not registered any more."""
    known = await clusters.known(uid)
    async with clusters.database.reading() as unit:
        if await unit.fleet.cluster_by_uid(uid) is None:
            return None
        lock = await unit.rollouts.lock_of(uid)
        state = None if lock is None else await unit.rollouts.state(lock.rollout)
        drifts = await unit.drifts.of_cluster(uid)
    records = {record.ref.identity: record for record in known.records}
    held = lock.rollout if lock is not None and state not in DRIVEN else ""
    return DriftView(known, records, drifts, state in DRIVEN, held)


def suspects_of(view: DriftView, told: Mapping[Identity, Touched], moved: AbstractSet[Identity]) -> frozenset[Identity]:
    """The objects to judge: those that may be other than we wrote them, and those known to be. ``moved``: those that
    were told of before and changed since: what only moves the status is not told."""
    installation = view.known.installation
    found = {
        identity
        for identity, event in told.items()
        if (record := view.records.get(identity)) is not None
        and (identity in moved or suspicious(record, event.metadata, installation))
    }
    active = {identity for identity, drift in view.drifts.items() if drift.active}
    return frozenset(found | active)


def healable(view: DriftView) -> frozenset[Identity]:
    """What a rollout may put back by itself: what the stacks say is to be healed and is not fought about."""
    fought = {identity for identity, drift in view.drifts.items() if drift.state == "fought"}
    modes = {identity: mode_of(record, view.known.claims) for identity, record in view.records.items()}
    return frozenset(identity for identity, mode in modes.items() if mode == "heal" and identity not in fought)


def teams(view: DriftView, objects: frozenset[Identity]) -> Sequence[str]:
    """The teams whose plans together judge the objects: any for what belongs to the cluster, and each whose namespace
    is among them."""
    claims = sorted(view.known.claims, key=lambda claim: (claim.bundle is None, claim.team))
    bound = {claim.team for claim in claims}
    own = {view.records[i].team for i in objects if i in view.records} & bound
    return list(dict.fromkeys([*(claim.team for claim in claims[:1]), *sorted(own)]))
