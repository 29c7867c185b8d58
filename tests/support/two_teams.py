"""Two teams that share a cluster: what is one's has plain names, what is the other's has names that nothing else has.

``furnish`` fills an installation with everything in which a name of the other could turn up; ``more`` lets the other
team do more of all of it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import health_worlds as w
import msgspec

from gatewright.gatewayapi.kinds import CRD, ENDPOINT_SLICE, GATEWAY, NAMESPACE, REFERENCE_GRANT, SERVICE
from gatewright.gatewayapi.live import ref_of
from gatewright.model.desired import Binding, BundleName, Cluster, ControllerSpec, Notification, Stack, Team
from gatewright.model.drift import Drift
from gatewright.model.errors import ErrorReport
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import ClusterPlan, FieldDifference, Finding, ObjectVerdict, Owner, Plan, Step
from gatewright.model.probe import ProbeResult, ProbeTarget
from gatewright.observe.notifications.target import Target, seal
from gatewright.observe.pulse import Pulse
from gatewright.server.principal import Principal
from gatewright.server.roles import BUILTIN
from gatewright.server.services import Services
from gatewright.store.apply import Registration
from gatewright.store.rollouts import DRIVEN
from gatewright.store.secrets import KeyRing
from gatewright.text import Message, message

TEAM, NAMESPACE_OF_TEAM, STACK, SHARED, OWN = "bakery", "shop", "edge", "dock", "cape"
AT = "2026-11-22T12:00:00.000000Z"
CRD_REF = ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", "gateways.gateway.networking.k8s.io")
BUNDLE = BundleName("v1.6.1")


def _name(letter: str) -> str:
    """A name whose letters no name of the first team has, so that neither is ever near the other."""
    return letter + "".join(secrets.choice("qrtuvwxyz") for _ in range(11))


@dataclass
class Others:
    """The names of the other team, and the ids of what is theirs."""

    team: str = field(default_factory=lambda: _name("z"))
    namespace: str = field(default_factory=lambda: _name("y"))
    stack: str = field(default_factory=lambda: _name("x"))
    cluster: str = field(default_factory=lambda: _name("w"))
    notification: str = field(default_factory=lambda: _name("v"))
    gateway: str = field(default_factory=lambda: _name("u"))
    route: str = field(default_factory=lambda: _name("t"))
    host: str = field(default_factory=lambda: _name("r"))
    person: str = field(default_factory=lambda: _name("q"))
    plan: str = ""
    rollout: str = ""
    delivery: str = ""

    def names(self) -> dict[str, str]:
        """Everything that nobody of the first team may read."""
        names = {key: getattr(self, key) for key in self.__dataclass_fields__}
        return {**names, "address": f"{self.cluster}.example", "shared-address": "10.99.0.1"}


@dataclass
class Mine:
    """The ids of what is the first team's."""

    plan: str = ""
    rollout: str = ""
    delivery: str = ""


def member(role: str = "owner", team: str = TEAM) -> Principal:
    """Somebody with a built-in role in one team."""
    return Principal("ann", frozenset({"api.describe"}), teams={team: frozenset(BUILTIN[role].permissions)})


async def furnish(services: Services) -> tuple[Mine, Others]:
    """Fills the installation."""
    other = Others()
    ring = KeyRing.load(services.settings.home, create=False)
    async with services.clusters.database.transaction() as unit:
        told = (("", "bell"), (TEAM, "bell"), (other.team, "bell"), (other.team, other.notification))
        addresses = {
            (team, name): seal(ring, await unit.notifications.id_for(team, name), Target("http://127.0.0.1:1/x"))
            for team, name in told
        }
        await unit.fleet.apply_desired(
            _wanted(other),
            "ada",
            registrations={
                SHARED: Registration("uid-shared", "https://10.99.0.1:6443", "v1.36.0"),
                OWN: Registration("uid-own", "https://10.99.0.1:6444", "v1.36.0"),
                other.cluster: Registration("uid-other", f"https://{other.cluster}.example", "v1.36.0"),
            },
            addresses=addresses,
        )
    _watch(services, other)
    mine = Mine()
    await _plans(services, mine, other)
    await _drifts(services, other)
    await _events(services, other)
    await _deliveries(services, mine, other)
    return mine, other


async def more(services: Services, other: Others) -> None:
    """The other team does more, on the shared cluster and on its own."""
    board = services.observatory.board
    state = board.state("uid-shared")
    assert state is not None
    for number in range(3):
        name = f"{other.route}{number}"
        live = w.route(name, other.namespace, parents=[{"name": "gone"}], hostnames=[f"{name}.example"])
        key = w.put(state.snapshot, w.HTTP_ROUTE, live)
        board.changed("uid-shared", w.HTTP_ROUTE, key, None, state.snapshot.of(w.HTTP_ROUTE)[key])
    board.settle()
    plan = Plan(
        other.team,
        "install",
        (_cluster(ObjectVerdict(CRD_REF, "update", message("planning.object-unchanged", object="x", cluster=SHARED))),),
    )
    async with services.clusters.database.transaction() as unit:
        await unit.plans.save(plan, other.person)
        await unit.rollouts.create(plan, other.person)
        await unit.drifts.put("uid-shared", _drift(ObjectRef("v1", "Namespace", f"{other.namespace}2"), other.team))
        await unit.fleet.apply_desired(
            [Stack(other.team, f"{other.stack}2", BUNDLE), Team(f"{other.team}2")], other.person
        )
        await unit.journal.note("gatewright", "health.cluster", SHARED, "healthy", "degraded", cluster=SHARED)


def _wanted(other: Others) -> list[Any]:
    return [
        *map(Cluster, (SHARED, OWN, other.cluster)),
        Team(TEAM, NAMESPACE_OF_TEAM),
        Team(other.team, other.namespace),
        Stack(TEAM, STACK, BUNDLE, ControllerSpec("traefik", "3.7.15")),
        Stack(other.team, other.stack, BundleName("v1.5.0"), ControllerSpec("traefik", "3.7.15")),
        Binding(TEAM, SHARED, NAMESPACE_OF_TEAM, STACK),
        Binding(TEAM, OWN, NAMESPACE_OF_TEAM),
        Binding(other.team, SHARED, other.namespace, other.stack),
        Binding(other.team, other.cluster, other.namespace),
        Notification("bell", "webhook"),
        Notification("bell", "webhook", TEAM, ("rollout.", "drift.", "health.")),
        Notification("bell", "slack", other.team, ("drift.",)),
        Notification(other.notification, "webhook", other.team, ("rollout.",)),
    ]


def _watch(services: Services, other: Others) -> None:
    """Both teams' objects on the shared cluster, each with trouble, and a Gateway of nobody's that both use."""
    services.observatory.watches_now = True
    board = services.observatory.board
    for uid, name in (("uid-shared", SHARED), ("uid-own", OWN), ("uid-other", other.cluster)):
        state = board.begin(uid, name, Pulse(state="reachable"))
        full = w.healthy()
        state.snapshot.objects, state.snapshot.controllers = full.objects, full.controllers
        w.put(state.snapshot, CRD, {"metadata": w.meta("gateways.gateway.networking.k8s.io")})
        if name == SHARED:
            _shared(state.snapshot, other)
        board.synced(uid)
    board.settle()


def _shared(snapshot: Any, other: Others) -> None:
    common = {"name": "common", "namespace": "infra"}
    listeners = [
        w.listener("http"),
        {
            **w.https(other.gateway, f"*.{other.host}.example", "cert"),
            "tls": {"certificateRefs": [{"name": other.gateway, "namespace": other.namespace}]},
        },
    ]
    w.put(snapshot, NAMESPACE, {"metadata": w.meta(other.namespace)})
    gateway = w.gateway("common", "infra", *listeners)
    gateway["status"]["conditions"][0]["message"] = f"secret {other.namespace}/{other.gateway} is missing"
    w.put(snapshot, GATEWAY, gateway)
    w.put(snapshot, GATEWAY, w.gateway(other.gateway, other.namespace, w.https(hostname=f"{other.host}.example")))
    w.put(snapshot, w.HTTP_ROUTE, w.route("tart", "shop", parents=[common], hostnames=["tart.example"]))
    own = w.route(other.route, other.namespace, parents=[common], hostnames=[f"{other.host}.example"])
    w.put(snapshot, w.HTTP_ROUTE, own)
    # The first team's route leads to what is the other's, and hangs on a Gateway of theirs.
    parent = {"name": other.gateway, "namespace": other.namespace}
    crossing = w.route("pie", "shop", parents=[parent], hostnames=["pie.example"])
    crossing["spec"]["rules"] = [{"backendRefs": [{"name": other.route, "namespace": other.namespace, "port": 80}]}]
    crossing["status"]["parents"][0]["conditions"][0]["message"] = f"{other.namespace}/{other.gateway} took it"
    w.put(snapshot, w.HTTP_ROUTE, crossing)
    # The other's leads to the first team's, which lets it.
    leading = w.route(f"{other.route}b", other.namespace, parents=[common], hostnames=["pie.example"])
    leading["spec"]["rules"] = [{"backendRefs": [{"name": "cart", "namespace": "shop", "port": 80}]}]
    w.put(snapshot, w.HTTP_ROUTE, leading)
    w.put(snapshot, REFERENCE_GRANT, w.grant("shop", w.HTTP_ROUTE, f"{other.namespace}", "Service", "nothing"))
    w.put(snapshot, SERVICE, w.service(other.route, other.namespace))
    w.put(snapshot, ENDPOINT_SLICE, w.endpoints(other.route, other.namespace, False))
    for hostname, answered in ((f"{other.host}.example", (SHARED,)), ("tart.example", (SHARED, other.cluster))):
        target = ProbeTarget(SHARED, ref_of(GATEWAY, ("infra", "common")), "http", "HTTP", "10.0.0.1", 80, hostname)
        told = message("probe.refused", where="10.0.0.1:80")
        result = ProbeResult(target, w.at(seconds=5), "refused", told, answered_by=answered)
        snapshot.probes[target] = result


def _cluster(*verdicts: ObjectVerdict, **more: Any) -> ClusterPlan:
    step = Step("crds", message("planning.step-namespaces", names="x"))
    return ClusterPlan(SHARED, "uid-shared", BUNDLE, verdicts, steps=(step,), **more)


def _said(key: str, **params: Any) -> tuple[Message, Message]:
    return message(key, **params), message(f"{key}.remedy", **params)


async def _plans(services: Services, mine: Mine, other: Others) -> None:
    """A plan of the first team that the other is in the way of, a rollout of it that failed for that, and the other's
    own."""
    clash = {
        "cluster": SHARED, "team": TEAM, "stack": STACK, "wanted": "v1.6.1 standard", "other_team": other.team,
        "other_stack": other.stack, "other_wanted": "v1.5.0 standard",
    }  # fmt: skip
    held = {
        "cluster": SHARED,
        "name": "shop",
        "team": TEAM,
        "controller": "-",
        "owner": f"gatewright {other.team}",
        "other": other.team,
    }
    objects = {
        "name": "gateways",
        "cluster": SHARED,
        "count": 918273645,
        "where": f"{other.namespace} ({other.team}): 918273645",
        "team": TEAM,
    }
    verdicts = (
        ObjectVerdict(CRD_REF, "conflict", *_said("planning.clash-bundle", **clash)),
        ObjectVerdict(
            ObjectRef("v1", "Namespace", "shop"),
            "conflict",
            *_said("planning.namespace-team", **held),
            owner=Owner("gatewright", other.team, "annotation"),
            differences=(FieldDifference("metadata.annotations[gatewright.io/team]", other.team, TEAM),),
        ),
        ObjectVerdict(CRD_REF, "blocked", *_said("planning.crd-has-objects", **objects)),
    )
    losing = {"classes": "traefik", "cluster": SHARED, "team": TEAM, "where": f"{other.namespace} (1)"}
    code = "preflight.gateways-lose-controller"
    finding = Finding(code, "block", *_said(code, **losing))
    plan = Plan(TEAM, "install", (_cluster(*verdicts, findings=(finding,)),))
    theirs = Plan(other.team, "install", (_cluster(),))
    taken = ErrorReport(
        "store.namespace-taken", {"namespace": "shop", "team": TEAM}, SHARED, f"Namespace {other.namespace}", other.team
    )
    gone = ErrorReport("kube.unreachable", {"server": "https://10.99.0.1:6443", "reason": "10.99.0.1 refused"}, SHARED)
    async with services.clusters.database.transaction() as unit:
        for made in (plan, theirs):
            await unit.plans.save(made, other.person if made is theirs else "ann")
        own = await unit.rollouts.create(plan, "ann")
        foreign = await unit.rollouts.create(theirs, other.person)
        mine.plan, mine.rollout, other.plan, other.rollout = plan.hash, own.id, theirs.hash, foreign.id
        for rollout, report in ((own.id, taken), (foreign.id, gone)):
            assert (await unit.rollouts.show(rollout)).state in DRIVEN
            await unit.rollouts.set_target(rollout, 1, SHARED, "failed", report)
            await unit.rollouts.append(
                rollout, "step", message("rollout.event.wrote", verdict="create", object=f"Namespace {other.namespace}")
            )
            await unit.rollouts.set_state(rollout, 1, "failed")


def _drift(ref: ObjectRef, team: str = "", **changes: Any) -> Drift:
    made = Drift(SHARED, ref, "changed", "fought", AT, AT, team=team, message=message("drift.lost-crd"), due_at=AT)
    return msgspec.structs.replace(made, **changes)


async def _drifts(services: Services, other: Others) -> None:
    why = message("drift.why-more", cluster=SHARED, object=f"Namespace {other.namespace}")
    async with services.clusters.database.transaction() as unit:
        await unit.drifts.put("uid-shared", _drift(CRD_REF, why=why))
        await unit.drifts.put("uid-shared", _drift(ObjectRef("v1", "Namespace", "shop"), TEAM))
        await unit.drifts.put("uid-shared", _drift(ObjectRef("v1", "Namespace", other.namespace), other.team))


async def _events(services: Services, other: Others) -> None:
    async with services.clusters.database.transaction() as unit:
        told = message(
            "observe.event.object-because",
            object="Gateway infra/common",
            cluster=SHARED,
            state=message("observe.state.degraded"),
            why=message("health.parent-missing", object=f"HTTPRoute {other.namespace}/{other.route}", parent="x"),
        )
        await unit.journal.note(
            "gatewright", "health.object", f"{SHARED}/Gateway infra/common", cluster=SHARED, message=told
        )
        await unit.journal.note("gatewright", "health.cluster", SHARED, "healthy", "degraded", cluster=SHARED)
        await unit.journal.note("gatewright", "health.team", TEAM, "healthy", "degraded", team=TEAM)
        await unit.fleet.set_custody(SHARED, "own", "ada")


async def _deliveries(services: Services, mine: Mine, other: Others) -> None:
    async with services.clusters.database.transaction() as unit:
        for team in (TEAM, other.team):
            await unit.journal.note("w", "rollout.failed", "x", team=team, severity="error")
    async with services.clusters.database.transaction() as unit:
        for team, name in (("", "bell"), (TEAM, "bell"), (other.team, other.notification)):
            await unit.deliveries.enqueue(await unit.notifications.id_for(team, name), settle=0)
    async with services.clusters.database.reading() as unit:
        mine.delivery = (await unit.deliveries.all(teams=TEAM))[0].id
        other.delivery = (await unit.deliveries.all(teams=other.team))[0].id
