"""What people want: teams, bindings and stacks, one by one or as manifests."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from gatewright.model.desired import Binding, BundleName, ControllerSpec, Stack, Team
from gatewright.server.desired import Document
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.values import change_view
from gatewright.server.wire import Body, answer, body, nothing

router = APIRouter(tags=["desired"])


class TeamBody(Body, frozen=True, rename="camel"):
    default_namespace: str = ""


class BindingBody(Body, frozen=True):
    namespace: str = ""
    stack: str = ""


class StackBody(Body, frozen=True):
    bundle: BundleName
    controller: ControllerSpec | None = None


class DocumentsBody(Body, frozen=True):
    """Files of manifests, each perhaps with many documents. ``file`` is only for messages."""

    documents: list[Document]


@router.get("/teams")
async def teams(given: Given, _: Principal = Depends(require("team.read"))) -> Response:
    return answer(await given.desired.teams())


@router.get("/teams/{team}")
async def team(team: str, given: Given, _: Principal = Depends(require("team.read"))) -> Response:
    """The team with its bindings and stacks."""
    return answer(await given.desired.team(team))


@router.put("/teams/{team}")
async def put_team(
    team: str, request: Request, given: Given, who: Principal = Depends(require("team.write"))
) -> Response:
    asked = await body(request, TeamBody)
    return answer(change_view(await given.desired.put(Team(team, asked.default_namespace), who.name)))


@router.delete("/teams/{team}")
async def delete_team(team: str, given: Given, who: Principal = Depends(require("team.write"))) -> Response:
    """Refused while the team is bound to a cluster."""
    await given.desired.delete_team(team, who.name)
    return nothing()


@router.get("/bindings")
async def bindings(given: Given, team: str | None = None, _: Principal = Depends(require("team.read"))) -> Response:
    return answer(await given.desired.bindings(team))


@router.put("/teams/{team}/bindings/{cluster}")
async def put_binding(
    team: str, cluster: str, request: Request, given: Given, who: Principal = Depends(require("team.write"))
) -> Response:
    asked = await body(request, BindingBody)
    return answer(change_view(await given.desired.put(Binding(team, cluster, asked.namespace, asked.stack), who.name)))


@router.delete("/teams/{team}/bindings/{cluster}")
async def delete_binding(
    team: str, cluster: str, given: Given, who: Principal = Depends(require("team.write"))
) -> Response:
    """Forgets a binding that has nothing in the cluster; where it has, a leave plan comes first."""
    await given.desired.delete_binding(team, cluster, who.name)
    return nothing()


@router.get("/stacks")
async def stacks(given: Given, team: str | None = None, _: Principal = Depends(require("team.read"))) -> Response:
    return answer(await given.desired.stacks(team))


@router.get("/teams/{team}/stacks/{name}")
async def stack(team: str, name: str, given: Given, _: Principal = Depends(require("team.read"))) -> Response:
    return answer(await given.desired.stack(team, name))


@router.put("/teams/{team}/stacks/{name}")
async def put_stack(
    team: str, name: str, request: Request, given: Given, who: Principal = Depends(require("team.write"))
) -> Response:
    asked = await body(request, StackBody)
    return answer(change_view(await given.desired.put(Stack(team, name, asked.bundle, asked.controller), who.name)))


@router.delete("/teams/{team}/stacks/{name}")
async def delete_stack(team: str, name: str, given: Given, who: Principal = Depends(require("team.write"))) -> Response:
    await given.desired.delete_stack(team, name, who.name)
    return nothing()


@router.post("/apply")
async def apply(request: Request, given: Given, who: Principal = Depends(require("manifest.apply"))) -> Response:
    """Applies every document or none."""
    asked = await body(request, DocumentsBody)
    return answer([change_view(change) for change in await given.desired.apply(asked.documents, who)])


@router.post("/diff")
async def diff(request: Request, given: Given, who: Principal = Depends(require("manifest.diff"))) -> Response:
    """What applying the same documents would change; changes nothing."""
    asked = await body(request, DocumentsBody)
    return answer([change_view(change) for change in await given.desired.diff(asked.documents, who)])


@router.get("/export")
async def export(given: Given, team: str | None = None, _: Principal = Depends(require("manifest.export"))) -> Response:
    """Everything that people want, or a team's part of it, as manifests in YAML; without credentials."""
    return Response(await given.desired.export(team), media_type="application/yaml")
