"""One row per cluster: what is installed, whose it is, and when that was seen. What was last seen stays visible."""

from __future__ import annotations

import asyncio
from typing import ClassVar

import msgspec

from gatewright.gatewayapi.crds import bundle_of
from gatewright.gatewayapi.writers import owner_of
from gatewright.model.errors import ClusterError, ErrorReport, GatewrightError
from gatewright.model.observation import Observation
from gatewright.model.status import ClusterStatus, ControllerStatus, CustodyState, Reachability
from gatewright.observe.clusters import Clusters, Registered
from gatewright.observe.survey import survey
from gatewright.planning.request import Interests, Record, crd_ref
from gatewright.store.observations import Seen

SECONDS = 8.0


async def look(clusters: Clusters, team: str | None = None, *, seconds: float = SECONDS) -> list[ClusterStatus]:
    """Looks at the clusters (of a team) at once, each for at most ``seconds``; one that fails spoils no other."""
    rows = await clusters.registered(team)
    await asyncio.gather(*(_refresh(clusters, row, seconds) for row in rows))
    async with clusters.database.reading() as unit:
        seen = await unit.observations.all()
        records = {row.uid: await unit.records.of_cluster(row.uid) for row in rows}
    return [_status(row, seen[row.uid], records[row.uid]) for row in rows]


async def _refresh(clusters: Clusters, row: Registered, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds), clusters.client(row.name) as kube:
            known = await clusters.known(row.uid)
            observation = await survey(kube, row.name, Interests(), known)
    except (GatewrightError, TimeoutError) as error:
        report, reachability = _failure(error, row.name)
        async with clusters.database.transaction() as unit:
            await unit.observations.failed(row.uid, reachability, report)
    else:
        async with clusters.database.transaction() as unit:
            await unit.observations.saw(msgspec.structs.replace(observation, uid=row.uid))


def _failure(error: Exception, cluster: str) -> tuple[ErrorReport, Reachability]:
    if isinstance(error, GatewrightError):
        report = error.within(cluster).report
        forbidden = report.code in ("kube.forbidden", "kube.unauthorized")
        return report, "forbidden" if forbidden else "unreachable"
    return SlowError(cluster=cluster, seconds=int(SECONDS)).report, "slow"


class SlowError(ClusterError):
    """The cluster did not answer everything that was asked within the time for a look."""

    code: ClassVar[str] = "observe.slow"


def _status(row: Registered, seen: Seen, records: tuple[Record, ...]) -> ClusterStatus:
    status = ClusterStatus(
        cluster=row.name,
        reachability=seen.reachability,
        since=seen.since,
        checked_at=seen.checked_at,
        insecure=row.insecure,
        namespace=row.namespace,
        stack=row.stack,
        error=seen.error,
    )
    return status if seen.observation is None else _with_observation(status, seen.observation, records)


def _with_observation(status: ClusterStatus, seen: Observation, records: tuple[Record, ...]) -> ClusterStatus:
    ours = frozenset(record.ref.identity for record in records)
    foreign = [crd for crd in seen.crds if crd_ref(crd.name).identity not in ours]
    owners = sorted({str(owner) for crd in foreign if (owner := owner_of(crd.metadata)) is not None})
    bundles = {" ".join(part or "?" for part in bundle_of(crd.metadata.annotations)) for crd in seen.crds}
    custody: CustodyState = "absent" if not seen.crds else "observe" if foreign else "own"
    return msgspec.structs.replace(
        status,
        seen_at=seen.seen_at,
        kubernetes=seen.kubernetes,
        bundles=tuple(sorted(bundles)),
        custody=custody,
        owners=tuple(owners),
        controllers=tuple(
            ControllerStatus(c.controller, c.version, c.namespace, c.available) for c in seen.controllers
        ),
        gateway_classes=tuple(f"{c.name}={c.accepted}" for c in seen.gateway_classes),
    )
