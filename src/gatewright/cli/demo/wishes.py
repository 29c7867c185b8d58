"""The files of the story: what the teams want from Gatewright, and what application teams put into their clusters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from gatewright.cli.demo.stage import GATEWAY_PORT
from gatewright.cli.demo.world import RELEASE, TRAEFIK
from gatewright.lab.backend import backend_objects
from gatewright.model.desired import API_VERSION

_GROUP: Final = "gateway.networking.k8s.io/v1"
Object = dict[str, Any]


def team_file(team: str, namespaces: Mapping[str, str], ports: Sequence[int] = (GATEWAY_PORT,)) -> str:
    """A team, its stack ``edge``, and a binding per cluster with its namespace there."""
    controller = {"name": "traefik", "version": TRAEFIK, "ports": list(ports)}
    stack = {"team": team, "bundle": {"version": RELEASE.version, "channel": RELEASE.channel}, "controller": controller}
    documents = [
        _manifest("Team", team, {}),
        _manifest("Stack", "edge", stack),
        *(
            _manifest("Binding", None, {"team": team, "cluster": cluster, "namespace": namespace, "stack": "edge"})
            for cluster, namespace in namespaces.items()
        ),
    ]
    return yaml.safe_dump_all(documents, sort_keys=False)


def _manifest(kind: str, name: str | None, spec: Object) -> Object:
    metadata = {"metadata": {"name": name}} if name else {}
    return {"apiVersion": API_VERSION, "kind": kind, **metadata, "spec": spec}


def listed(objects: Sequence[Any]) -> str:
    """The text of a file with all of them, for kubectl."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})


def unrelated(namespace: str) -> list[Object]:
    """What somebody else keeps in the namespace that the controller needs."""
    metadata = {"name": "billing-rates", "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"eur": "0.19"}},
    ]


def application(namespace: str, host: str, address: str, port: int) -> list[Object]:
    """A Gateway, an HTTPRoute for ``host``, and the backend at ``address``."""
    listener = {
        "name": "web",
        "protocol": "HTTP",
        "port": GATEWAY_PORT,
        "allowedRoutes": {"namespaces": {"from": "Same"}},
    }
    return [
        *backend_objects(namespace, "shop", address, port),
        {
            "apiVersion": _GROUP,
            "kind": "Gateway",
            "metadata": {"name": "web", "namespace": namespace},
            "spec": {"gatewayClassName": "traefik", "listeners": [listener]},
        },
        {
            "apiVersion": _GROUP,
            "kind": "HTTPRoute",
            "metadata": {"name": "shop", "namespace": namespace},
            "spec": {
                "parentRefs": [{"name": "web"}],
                "hostnames": [host],
                "rules": [{"backendRefs": [{"name": "shop", "port": port}]}],
            },
        },
    ]
