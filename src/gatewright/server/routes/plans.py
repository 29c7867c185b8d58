"""Plans: computed before anything is written, kept by their hash."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from gatewright.model.plan import Action, Plan, PlanOutline
from gatewright.planning.plans import summary
from gatewright.server.operations import answers, answers_pages, reads
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import Label, OfTeam, PlanHash
from gatewright.server.permissions import allow, require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import history_of, require_seen
from gatewright.server.values import PlanAnswer
from gatewright.server.wire import Body

router = APIRouter(tags=["plans"])


class PlanBody(Body, frozen=True):
    """No clusters: all of the team's."""

    team: Label
    clusters: tuple[Label, ...] = ()
    action: Action = "install"
    keep_crds: bool = False


def told(plan: Plan) -> PlanAnswer:
    return PlanAnswer(plan.hash, plan.outcome, plan, summary=summary(plan))


@router.post("/plans")
@answers(PlanAnswer, status=201, refuses=(404, 409, 502))
async def create(
    given: Given,
    who: Principal = Depends(require("plan.create", anywhere=True)),
    asked: PlanBody = Depends(reads(PlanBody)),
) -> PlanAnswer:
    """Looks at the clusters and computes what would happen. Writes to none of them. A plan is one team's; what it says
    of other teams' objects and wishes is told to their members only."""
    allow(who, "plan.create", asked.team)
    require_seen(who, "plan.create", await given.observatory.directories.read(), asked.clusters)
    plan = await given.rollouts.plan(
        asked.team, clusters=asked.clusters, action=asked.action, keep_crds=asked.keep_crds, who=who.name
    )
    return told(plan)


@router.get("/plans")
@answers_pages(PlanOutline)
async def index(
    given: Given,
    page: Paging,
    team: OfTeam = None,
    who: Principal = Depends(require("plan.read", anywhere=True)),
) -> Page[PlanOutline]:
    """Plans (of a team), newest first: what each comes to, who asked for it, and when."""
    teams = await history_of(given.database, who, "plan.read", team)
    found = await given.rollouts.plans(teams, limit=page.limit + 1, before=page.after_texts(2))
    return page.cut(found, lambda plan: (plan.created_at, plan.hash))


@router.get("/plans/{hash}")
@answers(PlanAnswer, refuses=(404,))
async def show(
    hash: PlanHash, given: Given, who: Principal = Depends(require("plan.read", anywhere=True))
) -> PlanAnswer:
    """By hash, or its first characters where they fit one plan only (of those that one may see)."""
    stored = await given.rollouts.show_plan(hash, team=await history_of(given.database, who, "plan.read"))
    return PlanAnswer(
        stored.hash, stored.plan.outcome, stored.plan, stored.created_at, stored.requested_by, summary(stored.plan)
    )
