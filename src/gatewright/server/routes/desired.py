"""What people want: teams, bindings and stacks, one by one or as manifests."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from gatewright.model.desired import (
    Binding,
    BundleName,
    Channel,
    ControllerSpec,
    DriftMode,
    SkewLevel,
    SkewPolicy,
    Stack,
    Team,
)
from gatewright.server.desired import Document
from gatewright.server.etags import Unmoved
from gatewright.server.limits import manifests, require_places
from gatewright.server.operations import YAML, answers, answers_nothing, answers_pages, reads
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import (
    ClusterName,
    ControllerName,
    ControllerPorts,
    ControllerVersion,
    Duration,
    LabelOrNone,
    NamespaceOrDefault,
    OfTeam,
    Release,
    StackName,
    TeamName,
)
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import require_seen, teams_of
from gatewright.server.values import ChangeView, TeamView, change_view
from gatewright.server.wire import Body

router = APIRouter(tags=["desired"])


class SkewBody(Body, frozen=True, rename={"for_": "for"}):
    """How far the versions of the team's clusters may differ without limit, and for how long further than that."""

    skew: SkewLevel = "none"
    for_: Duration = "168h"


class TeamBody(Body, frozen=True, rename="camel"):
    """``versions`` absent: the default, which warns of any skew at once."""

    default_namespace: NamespaceOrDefault = ""
    versions: SkewBody | None = None

    def team(self, name: str) -> Team:
        versions = None if self.versions is None else SkewPolicy(self.versions.skew, self.versions.for_)
        return Team(name, self.default_namespace, versions)


class BindingBody(Body, frozen=True):
    """``namespace`` empty: the default of the team; ``stack`` empty: only the namespace."""

    namespace: NamespaceOrDefault = ""
    stack: LabelOrNone = ""


class BundleBody(Body, frozen=True):
    """A release of the Gateway API."""

    version: Release
    channel: Channel = "standard"


class ControllerBody(Body, frozen=True, rename="camel"):
    """A gateway controller; ``namespace`` and ``gateway_class`` empty: its own defaults."""

    name: ControllerName
    version: ControllerVersion
    namespace: NamespaceOrDefault = ""
    gateway_class: LabelOrNone = ""
    ports: ControllerPorts = (8000,)

    def spec(self) -> ControllerSpec:
        return ControllerSpec(self.name, self.version, self.namespace, self.gateway_class, self.ports)


class StackBody(Body, frozen=True):
    bundle: BundleBody
    controller: ControllerBody | None = None
    drift: DriftMode = "report"


class DocumentsBody(Body, frozen=True):
    """Files of manifests, each perhaps with many documents. ``file`` is only for messages."""

    documents: list[Document]


@router.get("/teams")
@answers_pages(TeamView)
async def teams(
    given: Given, page: Paging, who: Principal = Depends(require("team.read", anywhere=True))
) -> Page[TeamView]:
    """Every team (of whoever asks) with its bindings and stacks, by name."""
    found = await given.desired.teams(who.teams_with("team.read"))
    return page.of(found, lambda view: (view.team.name,))


@router.get("/teams/{team}")
@answers(TeamView, refuses=(404,))
async def team(team: TeamName, given: Given, _: Principal = Depends(require("team.read"))) -> TeamView:
    """The team with its bindings and stacks."""
    return await given.desired.team(team)


@router.put("/teams/{team}")
@answers(ChangeView, refuses=(404, 409))
async def put_team(
    team: TeamName,
    given: Given,
    unmoved: Unmoved,
    who: Principal = Depends(require("team.write")),
    asked: TeamBody = Depends(reads(TeamBody)),
) -> ChangeView:
    """Makes or changes a team. A new one takes the permission in the whole installation."""
    return change_view(await given.desired.put(asked.team(team), who, unmoved))


@router.delete("/teams/{team}")
@answers_nothing(refuses=(404, 409))
async def delete_team(
    team: TeamName, given: Given, unmoved: Unmoved, who: Principal = Depends(require("team.write"))
) -> None:
    """Refused while the team is bound to a cluster."""
    await given.desired.delete_team(team, who.name, unmoved)


@router.get("/bindings")
@answers_pages(Binding, refuses=(404,))
async def bindings(
    given: Given, page: Paging, team: OfTeam = None, who: Principal = Depends(require("team.read", anywhere=True))
) -> Page[Binding]:
    """Every binding of a team (of the teams of whoever asks) to a cluster."""
    found = await given.desired.bindings(teams_of(who, "team.read", team))
    return page.of(found, lambda binding: (binding.team, binding.cluster))


@router.get("/teams/{team}/bindings/{cluster}")
@answers(Binding, refuses=(404,))
async def binding(
    team: TeamName, cluster: ClusterName, given: Given, who: Principal = Depends(require("team.read"))
) -> Binding:
    """One binding of a team."""
    require_seen(who, "team.read", await given.observatory.directories.read(), [cluster])
    return await given.desired.binding(team, cluster)


@router.put("/teams/{team}/bindings/{cluster}")
@answers(ChangeView, refuses=(404, 409))
async def put_binding(
    team: TeamName,
    cluster: ClusterName,
    given: Given,
    unmoved: Unmoved,
    who: Principal = Depends(require("binding.write")),
    asked: BindingBody = Depends(reads(BindingBody)),
) -> ChangeView:
    """Binds a team to a cluster, or changes the binding. Whoever has the permission in the team alone may give a
    binding another stack; a cluster or namespace that the team does not have yet takes it in the whole installation."""
    wanted = Binding(team, cluster, asked.namespace, asked.stack)
    require_places(who, "binding.write", await given.observatory.directories.read(), [wanted])
    return change_view(await given.desired.put(wanted, who, unmoved))


@router.delete("/teams/{team}/bindings/{cluster}")
@answers_nothing(refuses=(404, 409))
async def delete_binding(
    team: TeamName,
    cluster: ClusterName,
    given: Given,
    unmoved: Unmoved,
    who: Principal = Depends(require("binding.write")),
) -> None:
    """Forgets a binding that has nothing in the cluster; where it has, a leave plan comes first."""
    require_seen(who, "binding.write", await given.observatory.directories.read(), [cluster])
    await given.desired.delete_binding(team, cluster, who.name, unmoved)


@router.get("/stacks")
@answers_pages(Stack, refuses=(404,))
async def stacks(
    given: Given, page: Paging, team: OfTeam = None, who: Principal = Depends(require("team.read", anywhere=True))
) -> Page[Stack]:
    """What teams (those of whoever asks) want on their clusters."""
    found = await given.desired.stacks(teams_of(who, "team.read", team))
    return page.of(found, lambda stack: (stack.team, stack.name))


@router.get("/teams/{team}/stacks/{name}")
@answers(Stack, refuses=(404,))
async def stack(team: TeamName, name: StackName, given: Given, _: Principal = Depends(require("team.read"))) -> Stack:
    """One stack of a team."""
    return await given.desired.stack(team, name)


@router.put("/teams/{team}/stacks/{name}")
@answers(ChangeView, refuses=(404, 409))
async def put_stack(
    team: TeamName,
    name: StackName,
    given: Given,
    unmoved: Unmoved,
    who: Principal = Depends(require("stack.write")),
    asked: StackBody = Depends(reads(StackBody)),
) -> ChangeView:
    """Makes or changes a stack. Nothing happens in clusters before a plan is run."""
    bundle = BundleName(asked.bundle.version, asked.bundle.channel)
    controller = None if asked.controller is None else asked.controller.spec()
    wanted = Stack(team, name, bundle, controller, asked.drift)
    return change_view(await given.desired.put(wanted, who, unmoved))


@router.delete("/teams/{team}/stacks/{name}")
@answers_nothing(refuses=(404, 409))
async def delete_stack(
    team: TeamName, name: StackName, given: Given, unmoved: Unmoved, who: Principal = Depends(require("stack.write"))
) -> None:
    """Refused while a binding uses the stack."""
    await given.desired.delete_stack(team, name, who.name, unmoved)


@router.post("/apply")
@answers(list[ChangeView], refuses=(404, 409, 502))
async def apply(
    given: Given,
    who: Principal = Depends(require("manifest.apply", anywhere=True)),
    asked: DocumentsBody = Depends(reads(DocumentsBody)),
) -> list[ChangeView]:
    """Applies every document or none. Every team that the documents name must be one in which one may; clusters, new
    teams, and bindings to places that a team does not have yet take the permission in the whole installation. What
    changes takes the permission for changing it too, such as ``team.write``."""
    permit = manifests(given, who, "manifest.apply")
    return [change_view(change) for change in await given.desired.apply(asked.documents, who, permit)]


@router.post("/diff")
@answers(list[ChangeView], refuses=(404, 409, 502))
async def diff(
    given: Given,
    who: Principal = Depends(require("manifest.diff", anywhere=True)),
    asked: DocumentsBody = Depends(reads(DocumentsBody)),
) -> list[ChangeView]:
    """What applying the same documents would change; changes nothing."""
    permit = manifests(given, who, "manifest.diff")
    return [change_view(change) for change in await given.desired.diff(asked.documents, who, permit)]


@router.get("/export")
@answers(str, media=YAML, refuses=(404,))
async def export(
    given: Given, team: OfTeam = None, who: Principal = Depends(require("manifest.export", anywhere=True))
) -> str:
    """Everything that people want, or a team's part of it, as manifests in YAML; without credentials. To members of
    teams without the clusters."""
    teams = teams_of(who, "manifest.export", team)
    return await given.desired.export(teams, clusters=who.may("manifest.export"))
