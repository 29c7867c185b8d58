"""Rollouts: start one, look at it, steer it, follow it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import StreamingResponse

from gatewright.model.rollout import Command
from gatewright.server.events import stream
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.wire import Body, answer, body
from gatewright.store.errors import UnknownPlanError

router = APIRouter(tags=["rollouts"])

PLAN_HASH: Final = 64
"""Characters of a SHA-256 in hex."""


class StartBody(Body, frozen=True):
    """``plan``: the whole hash of the plan that was read; a prefix does not start anything."""

    plan: str


@router.post("/rollouts")
async def start(request: Request, given: Given, who: Principal = Depends(require("rollout.start"))) -> Response:
    """Runs exactly that plan. An unfinished rollout of the same plan continues."""
    asked = await body(request, StartBody)
    if len(asked.plan) != PLAN_HASH:
        raise UnknownPlanError(hash=asked.plan[:80])
    return answer(await given.rollouts.start(asked.plan, who=who.name), 201)


@router.get("/rollouts")
async def index(given: Given, team: str | None = None, _: Principal = Depends(require("rollout.read"))) -> Response:
    """Newest first."""
    return answer(await given.rollouts.list(team))


@router.get("/rollouts/{id}")
async def show(id: str, given: Given, _: Principal = Depends(require("rollout.read"))) -> Response:
    return answer(await given.rollouts.show(id))


@router.post("/rollouts/{id}/{command}")
async def steer(
    id: str, command: Command, given: Given, who: Principal = Depends(require("rollout.command"))
) -> Response:
    """Pause and abort take effect between two steps."""
    return answer(await given.rollouts.command(id, command, who=who.name))


@router.get("/rollouts/{id}/events")
async def events(
    id: str,
    given: Given,
    after: int = 0,
    last_event_id: Annotated[int | None, Header()] = None,
    _: Principal = Depends(require("rollout.read")),
) -> StreamingResponse:
    """Server-sent events, each with its number as id; ends when the rollout ends, fails or pauses."""
    await given.rollouts.show(id)
    found: AsyncGenerator[bytes] = stream(given.rollouts.events(id, after=last_event_id or after))
    return StreamingResponse(found, media_type="text/event-stream", headers={"Cache-Control": "no-store"})
