"""``gatewright get``: a team's Gateway API objects on its clusters, each with the state that its conditions tell."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import cast

from gatewright.gatewayapi.conditions import judge, worst
from gatewright.gatewayapi.crds import GROUPS
from gatewright.kube.client import KubeClient
from gatewright.kube.discovery import listable
from gatewright.kube.resources import Resource
from gatewright.model.errors import ErrorReport, GatewrightError
from gatewright.model.objects import Manifest, part, parts
from gatewright.model.status import Listing, ResourceRow
from gatewright.observe.audience import Member
from gatewright.observe.clusters import Clusters
from gatewright.observe.kinds import SHORT, UnknownKindError


async def get(
    clusters: Clusters,
    kinds: Sequence[str],
    members: Sequence[Member],
    *,
    all_namespaces: bool = False,
) -> Listing:
    """Objects of ``kinds`` (plural, singular, kind or short name) on clusters, in the namespaces that the view has of
    each; of nobody's cluster, or with ``all_namespaces``, in all of them.

    Raises ``UnknownKindError`` when clusters answered and none serves a kind.
    """
    found = await asyncio.gather(*(_of_cluster(clusters, member, kinds, all_namespaces) for member in members))
    errors = tuple(error for _, _, error in found if error is not None)
    unserved = set(kinds).intersection(*(missing for _, missing, error in found if error is None))
    if unserved and len(errors) < len(found):
        raise UnknownKindError(kind=", ".join(sorted(unserved)))
    return Listing(tuple(row for rows, _, _ in found for row in rows), errors)


async def _of_cluster(
    clusters: Clusters, row: Member, kinds: Sequence[str], all_namespaces: bool
) -> tuple[list[ResourceRow], set[str], ErrorReport | None]:
    try:
        async with clusters.client(row.name) as kube:
            served = [r for r in await listable(kube) if r.group in GROUPS]
            wanted = {kind: _named(served, kind) for kind in kinds}
            places = [None] if all_namespaces or row.namespaces is None else sorted(row.namespaces)
            lists = await asyncio.gather(
                *(
                    _list(kube, r, place)
                    for r in wanted.values()
                    if r is not None
                    for place in (places if r.namespaced else [None])
                )
            )
    except GatewrightError as error:
        return [], set(), error.within(row.name).report
    rows = [_row(row.name, resource, item) for resource, items in lists for item in items]
    return rows, {kind for kind, resource in wanted.items() if resource is None}, None


def _named(served: Iterable[Resource], kind: str) -> Resource | None:
    wanted = kind.lower().partition(".")[0]
    return next((r for r in served if wanted in (r.plural, r.kind.lower(), *SHORT.get(r.plural, ()))), None)


async def _list(kube: KubeClient, resource: Resource, namespace: str | None) -> tuple[Resource, list[Manifest]]:
    return resource, await kube.list(resource, namespace if resource.namespaced else None)


def _row(cluster: str, resource: Resource, live: Manifest) -> ResourceRow:
    meta = live["metadata"]
    judged = worst(judge({**live, "kind": resource.kind}))
    spec = part(live, "spec")
    listeners = parts(spec, "listeners")
    hostnames = cast(
        list[str], spec.get("hostnames") or [entry["hostname"] for entry in listeners if "hostname" in entry]
    )
    addresses = parts(part(live, "status"), "addresses")
    return ResourceRow(
        cluster=cluster,
        namespace=meta.get("namespace", ""),
        kind=resource.kind,
        name=meta["name"],
        state="" if judged is None else f"{judged.type}={judged.state}",
        reason="" if judged is None else judged.reason,
        message="" if judged is None else judged.message,
        hostnames=tuple(hostnames),
        addresses=tuple(str(a.get("value", "")) for a in addresses),
        created_at=meta.get("creationTimestamp", ""),
    )
