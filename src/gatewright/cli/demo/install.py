"""Scenes 1 to 8: one team gets Gateway API and Traefik on three clusters that are not empty, one after another."""

from __future__ import annotations

from typing import Final

from gatewright.cli.demo import look
from gatewright.cli.demo.stage import Stage
from gatewright.cli.demo.wishes import listed, team_file, unrelated
from gatewright.cli.demo.world import CLUSTERS, LAB, OLD_RELEASE, RELEASE, TRAEFIK
from gatewright.gatewayapi.marks import ORIGIN
from gatewright.model.desired import RegisteredCluster
from gatewright.model.errors import ConflictError
from gatewright.server.values import TeamView

A, B, C = CLUSTERS
PAYMENTS: Final = {A: "payments", B: "payments", C: "payments-south"}
NOTHING_TO_DO: Final = 3
STOPPED: Final = 7
ALREADY_THERE: Final = "already exists"


async def before(stage: Stage) -> None:
    """A and B hold an unrelated namespace of the name that Traefik needs; on C plain kubectl put an older release."""
    for cluster in (A, B):
        await stage.kubectl(cluster, "apply", "-f", stage.file("unrelated.json", listed(unrelated(look.SHARED))))
        namespace = await look.namespace(stage, cluster, look.SHARED)
        found = await look.foreign(stage, cluster)
        stage.check("foreign-namespace", len(found) == 2, look.writers(namespace), cluster=cluster, name=look.SHARED)
    old = stage.file(f"gateway-api-{OLD_RELEASE.version}.json", listed(stage.world.bundles.old))
    await stage.kubectl(C, "apply", "--server-side", "-f", old)
    found = await look.crds(stage, C)
    releases = {look.release(crd) for crd in found.values()}
    by = sorted({look.writers(crd) for crd in found.values()})
    held = releases == {str(OLD_RELEASE)} and all("kubectl" in writers for writers in by)
    stage.check("foreign-crds", held, f"{len(found)} CRDs: {'; '.join(by)}", cluster=C, bundle=str(OLD_RELEASE))


async def register(stage: Stage) -> None:
    """Three clusters; the same one again, under another name, is refused."""
    for cluster in CLUSTERS:
        await stage.gatewright("cluster", "add", cluster, "--context", f"{LAB}-{cluster}")
    async with stage.api() as api:
        known = {row.name: row.uid for row in await api.get("/clusters", list[RegisteredCluster])}
    found = [(await look.namespace(stage, cluster, "kube-system"))["metadata"]["uid"] for cluster in CLUSTERS]
    same = known == dict(zip(CLUSTERS, found, strict=True))
    stage.check("identity", same, ", ".join(f"{n} {uid[:8]}" for n, uid in sorted(known.items())))
    again = await stage.gatewright("cluster", "add", "capital", "--context", f"{LAB}-{A}", code=ConflictError.exit_code)
    stage.check("same-cluster", A in again.err and "capital" not in known, again.error, cluster=A, name="capital")


async def wish(stage: Stage) -> None:
    """What the team wants is a file; writing it down changes no cluster."""
    await stage.gatewright("apply", "-f", stage.file("payments.yaml", team_file("payments", PAYMENTS)))
    async with stage.api() as api:
        bindings = (await api.get("/teams/payments", TeamView)).bindings
    bound = {binding.cluster: binding.namespace or "payments" for binding in bindings}
    seen = ", ".join(f"{cluster}: {namespace}" for cluster, namespace in sorted(bound.items()))
    stage.check("bindings", bound == PAYMENTS, seen, name="payments")
    written = [o for objects in await stage.everywhere(lambda c: look.ours(stage, c)) for o in objects]
    stage.check("nothing-written-yet", not written, ", ".join(written))


async def install_first(stage: Stage) -> None:
    """The plan first, then exactly that."""
    await stage.gatewright("plan", "payments", "--cluster", A)
    await _install(stage, A)


async def install_second(stage: Stage) -> None:
    """Where the platforms of today stop."""
    first = await look.ours(stage, A)
    await _install(stage, B)
    stage.check("others-untouched", first == (now := await look.ours(stage, A)), look.changed(first, now), clusters=A)


async def _install(stage: Stage, cluster: str) -> None:
    foreign = await look.foreign(stage, cluster)
    ran = await stage.gatewright("rollout", "start", "--team", "payments", "--cluster", cluster, "--yes")
    stage.check("no-name-clash", ALREADY_THERE not in ran.said.lower(), "", cluster=cluster)
    await look.installed(stage, cluster, PAYMENTS[cluster])
    now = await look.foreign(stage, cluster)
    stage.check("shared-untouched", foreign == now, look.changed(foreign, now), cluster=cluster, name=look.SHARED)


async def install_all(stage: Stage) -> None:
    """C has CRDs that somebody else wrote: the plan says who, and waits for the user's word."""
    crds = {name: crd["metadata"]["resourceVersion"] for name, crd in (await look.crds(stage, C)).items()}
    finished = await stage.everywhere(lambda c: look.ours(stage, c), (A, B))
    planned = await stage.gatewright("plan", "payments", code=STOPPED)
    named = planned.sentence("kubectl")
    stage.check("writer-named", named and C in named, named, cluster=C)
    now = {name: crd["metadata"]["resourceVersion"] for name, crd in (await look.crds(stage, C)).items()}
    stage.check("crds-untouched", crds == now, f"{len(now)} CRDs", cluster=C)
    await stage.gatewright("adopt", C, "--yes")
    await stage.gatewright("rollout", "start", "--team", "payments", "--yes")
    await look.installed(stage, C, PAYMENTS[C])
    live = (await look.crds(stage, C)).values()
    adopted = [crd for crd in live if crd["metadata"].get("annotations", {}).get(ORIGIN) == "adopted"]
    stage.check("adopted", len(adopted) == len(crds), f"{len(adopted)}/{len(crds)}", cluster=C, count=len(crds))
    after = await stage.everywhere(lambda c: look.ours(stage, c), (A, B))
    changed = ", ".join(filter(None, map(look.changed, finished, after)))
    stage.check("others-untouched", not changed, changed, clusters=f"{A}, {B}")


async def again(stage: Stage) -> None:
    """Twice more: nothing to do, and nothing is written."""
    marks = await stage.everywhere(lambda c: look.ours(stage, c))
    for _ in range(2):
        await stage.gatewright("plan", "payments", code=NOTHING_TO_DO)
        await stage.gatewright("rollout", "start", "--team", "payments", "--yes", code=NOTHING_TO_DO)
    now = await stage.everywhere(lambda c: look.ours(stage, c))
    changed = ", ".join(filter(None, map(look.changed, marks, now)))
    count = sum(len(objects) for objects in now)
    stage.check("nothing-written", not changed, changed or f"{count} resourceVersions", count=count)


async def same(stage: Stage) -> None:
    """One version everywhere."""
    await stage.gatewright("status", "--team", "payments")
    contents = await stage.everywhere(lambda c: look.content(stage, c))
    seen = ", ".join(f"{cluster} {digest}" for cluster, digest in zip(CLUSTERS, contents, strict=True))
    stage.check("identical", len(set(contents)) == 1, seen, bundle=str(RELEASE), version=TRAEFIK)
    for cluster in CLUSTERS:
        accepted = await look.gateway_class(stage, cluster)
        stage.check("accepted", accepted == "True", f"Accepted={accepted or '-'}", cluster=cluster)
