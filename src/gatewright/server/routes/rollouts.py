"""Rollouts: start one, look at it, steer it, follow it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query

from gatewright.model.rollout import Command, RolloutEvent, RolloutStatus
from gatewright.server.errors import ForbiddenError
from gatewright.server.events import MAX_SEQ, ResumedNumber, stream
from gatewright.server.operations import answers, answers_pages, reads, streams
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import OfTeam, RolloutId
from gatewright.server.permissions import require
from gatewright.server.principal import Permission, Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import history_of
from gatewright.server.veil import veiled_stream
from gatewright.server.wire import Body
from gatewright.store.errors import UnknownPlanError, UnknownRolloutError

router = APIRouter(tags=["rollouts"])

PLAN_HASH: Final = 64
"""Characters of a SHA-256 in hex."""


class StartBody(Body, frozen=True):
    """``plan``: the whole hash of the plan that was read; a prefix does not start anything."""

    plan: str


@router.post("/rollouts")
@answers(RolloutStatus, status=201, refuses=(404, 409, 502))
async def start(
    given: Given,
    who: Principal = Depends(require("rollout.start", anywhere=True)),
    asked: StartBody = Depends(reads(StartBody)),
) -> RolloutStatus:
    """Runs exactly that plan, which must be of a team in which one may. An unfinished rollout of the same plan
    continues."""
    if len(asked.plan) != PLAN_HASH:
        raise UnknownPlanError(hash=asked.plan[:80])
    teams = await history_of(given.database, who, "rollout.start")
    await given.rollouts.show_plan(asked.plan, team=teams)
    return await given.rollouts.start(asked.plan, who=who.name)


@router.get("/rollouts")
@answers_pages(RolloutStatus)
async def index(
    given: Given,
    page: Paging,
    team: OfTeam = None,
    who: Principal = Depends(require("rollout.read", anywhere=True)),
) -> Page[RolloutStatus]:
    """Newest first."""
    teams = await history_of(given.database, who, "rollout.read", team)
    found = await given.rollouts.list(teams, limit=page.limit + 1, before=page.after_texts(2))
    return page.cut(found, lambda rollout: (rollout.created_at, rollout.id))


@router.get("/rollouts/{id}")
@answers(RolloutStatus, refuses=(404,))
async def show(
    id: RolloutId, given: Given, who: Principal = Depends(require("rollout.read", anywhere=True))
) -> RolloutStatus:
    """The state of a rollout, its clusters and their steps. Every rollout is one team's; to others there is none."""
    return await _seen(given, who, "rollout.read", id)


@router.post("/rollouts/{id}/{command}")
@answers(RolloutStatus, refuses=(404, 409))
async def steer(
    id: RolloutId,
    command: Command,
    given: Given,
    who: Principal = Depends(require("rollout.command", anywhere=True)),
) -> RolloutStatus:
    """Pause and abort take effect between two steps."""
    await _seen(given, who, "rollout.command", id)
    return await given.rollouts.command(id, command, who=who.name)


@router.get("/rollouts/{id}/events")
@streams(RolloutEvent, refuses=(404,))
async def events(
    id: RolloutId,
    given: Given,
    resumed: ResumedNumber,
    after: Annotated[int, Query(ge=0, le=MAX_SEQ)] = 0,
    who: Principal = Depends(require("rollout.read", anywhere=True)),
) -> AsyncGenerator[bytes]:
    """Server-sent events, each with its number as id; ends when the rollout ends, fails or pauses."""
    after = resumed.number or after
    await _seen(given, who, "rollout.read", id)
    found = given.rollouts.events(id, after=after)
    return stream(veiled_stream(given.observatory.directories, who, "rollout.read", found))


async def _seen(given: Given, who: Principal, permission: Permission, id: str) -> RolloutStatus:
    """The rollout, if it is of a team in which ``who`` has the permission: where they only see it, they are refused.
    Raises ``UnknownRolloutError``, ``ForbiddenError``."""
    try:
        return await given.rollouts.show(id, team=await history_of(given.database, who, permission))
    except UnknownRolloutError:
        if permission == "rollout.read":
            raise
    await given.rollouts.show(id, team=await history_of(given.database, who, "rollout.read"))
    raise ForbiddenError(permission=permission, who=who.name)
