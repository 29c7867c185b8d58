"""An installation with something in it, for tests and pictures of its pages: teams that share clusters, a rollout that
was carried out, traffic, one route that leads nowhere, a plan that nobody has approved yet.

``populate(installation, clusters)`` takes an installation with its administrator made and clusters by the name that
they get. The second and later clusters have, as in the founding story, namespaces that were there before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import manifests
from handles import ClusterHandle, eventually
from installation import Installation

TEAM, OTHER, STACK, HOST = "payments", "orders", "edge", "shop.test"
WANTED: dict[str, Any] = {
    "bundle": {"version": "v1.6.1", "channel": "standard"},
    "controller": {"name": "traefik", "version": "3.7.15", "ports": [manifests.PORT]},
}


@dataclass(frozen=True)
class Populated:
    """What is there to look at."""

    cluster: str
    rollout: str
    plan: str
    """Not approved yet."""

    def path(self, pattern: str) -> str:
        """A path of ``web/src/pages.ts`` with what is there in place of its parameters."""
        values = {"team": TEAM, "cluster": self.cluster, "stack": STACK, "hash": self.plan, "id": self.rollout}
        for name, value in values.items():
            pattern = pattern.replace(f":{name}", value)
        return pattern


def populate(installation: Installation, clusters: Mapping[str, ClusterHandle]) -> Populated:
    first, *others = clusters
    for name in others:
        for namespace in (TEAM, OTHER):
            clusters[name].kubectl("create", "namespace", namespace)
    for name, cluster in clusters.items():
        installation.api("POST", "/clusters", {"name": name, "kubeconfig": cluster.kubeconfig.read_text()})
    bind(installation, TEAM, clusters)
    rollout = carry_out(installation, TEAM)
    for name, cluster in clusters.items():
        serve(cluster, broken=name == (others or [first])[-1])
    installation.api("POST", "/probes/run", {"team": TEAM, "clusters": list(clusters)})
    bind(installation, OTHER, clusters)
    installation.person("vera", **{TEAM: "viewer"})
    installation.person("otto", **{OTHER: "owner"})
    installation.until("/health", lambda found: found["causes"], 180)
    return Populated(first, rollout, installation.api("POST", "/plans", {"team": OTHER})["hash"])


def bind(installation: Installation, team: str, clusters: Mapping[str, ClusterHandle]) -> None:
    installation.api("PUT", f"/teams/{team}", {})
    installation.api("PUT", f"/teams/{team}/stacks/{STACK}", WANTED)
    for name in clusters:
        installation.api("PUT", f"/teams/{team}/bindings/{name}", {"stack": STACK})


def carry_out(installation: Installation, team: str) -> str:
    """Plans and approves; the rollout's id, once it has succeeded."""
    plan = installation.api("POST", "/plans", {"team": team})["hash"]
    rollout = installation.api("POST", "/rollouts", {"plan": plan})["id"]
    installation.until(f"/rollouts/{rollout}", lambda found: found["state"] == "succeeded", 240)
    return rollout


def serve(cluster: ClusterHandle, *, broken: bool) -> None:
    """An application behind a Gateway, and on one cluster a second route whose backend does not exist."""
    address, port = cluster.backend
    _, *objects = manifests.route(TEAM, address, port, host=HOST)
    if broken:
        astray = {**objects[-1], "metadata": {"name": "basket", "namespace": TEAM}}
        rules = [{"backendRefs": [{"name": "basket", "port": 80}]}]
        objects.append({**astray, "spec": {**astray["spec"], "hostnames": [f"basket.{HOST}"], "rules": rules}})
    cluster.apply(objects)
    eventually(lambda: cluster.get(host=HOST)[0] == 200, seconds=120, what="an answer")
