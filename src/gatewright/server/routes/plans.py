"""Plans: computed before anything is written, kept by their hash."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from gatewright.model.plan import Action, Plan
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.values import PlanAnswer
from gatewright.server.wire import Body, answer, body

router = APIRouter(tags=["plans"])


class PlanBody(Body, frozen=True):
    """No clusters: all of the team's."""

    team: str
    clusters: tuple[str, ...] = ()
    action: Action = "install"
    keep_crds: bool = False


def told(plan: Plan) -> PlanAnswer:
    return PlanAnswer(plan.hash, plan.outcome, plan)


@router.post("/plans")
async def create(request: Request, given: Given, who: Principal = Depends(require("plan.create"))) -> Response:
    """Looks at the clusters and computes what would happen. Writes to none of them."""
    asked = await body(request, PlanBody)
    plan = await given.rollouts.plan(
        asked.team, clusters=asked.clusters, action=asked.action, keep_crds=asked.keep_crds, who=who.name
    )
    return answer(told(plan), 201)


@router.get("/plans/{hash}")
async def show(hash: str, given: Given, _: Principal = Depends(require("plan.read"))) -> Response:
    """By hash, or its first characters where they fit one plan only."""
    return answer(told((await given.rollouts.show_plan(hash)).plan))
