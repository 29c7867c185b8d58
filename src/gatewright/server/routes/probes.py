"""What probes of the Gateways found, and probing now."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from gatewright.model.probe import ProbeResult, ProbeRun
from gatewright.observe.probed import order
from gatewright.server.operations import answers, answers_pages, reads
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import Label, OfClusters, OfTeam
from gatewright.server.permissions import allow, require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import view_of
from gatewright.server.wire import Body

router = APIRouter(tags=["probes"])

OfHostname = Annotated[str | None, Query(description="Only by this hostname.", max_length=253)]
Failing = Annotated[bool, Query(description="Only where a client would be turned away.")]


class RunBody(Body, frozen=True):
    """What to probe: what concerns a team, on these clusters, by this hostname; of what is left out, all."""

    team: Label | None = None
    clusters: tuple[Label, ...] = ()
    hostname: str | None = None


@router.get("/probes")
@answers_pages(ProbeResult, refuses=(404,))
async def index(
    given: Given,
    page: Paging,
    team: OfTeam = None,
    cluster: OfClusters = None,
    hostname: OfHostname = None,
    failing: Failing = False,
    who: Principal = Depends(require("probe.read", anywhere=True)),
) -> Page[ProbeResult]:
    """What the last probe of each listener and hostname came to, by cluster and Gateway."""
    found = await given.probes.list(
        view_of(who, "probe.read", team), tuple(cluster or ()), hostname=hostname, failing=failing
    )
    return page.of(found, order)


@router.post("/probes/run")
@answers(ProbeRun, refuses=(404,))
async def run(
    given: Given,
    who: Principal = Depends(require("probe.run", anywhere=True)),
    asked: RunBody = Depends(reads(RunBody)),
) -> ProbeRun:
    """Probes now, as fast as the rate limits allow and for at most a minute, and answers with what came of it."""
    if asked.team is not None:
        allow(who, "probe.run", asked.team)
    view = view_of(who, "probe.run", asked.team)
    return await given.probes.run(view, asked.clusters, hostname=asked.hostname)
