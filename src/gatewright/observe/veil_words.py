"""Which parameters of sentences and errors hold names that not everybody may read.

``kind_of(key, param)`` is the one place that says so. A test lists every sentence with such a parameter: a new one is
not forgotten. Whatever is not named here is read for references to objects in namespaces of others, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "team", "teams", "stack", "other-stack", "holder", "bindings", "clusters", "names", "namespaces", "places", "count",
    "address", "said", "asked", "plain",
]  # fmt: skip
"""``team``: the name of a team; ``teams``: several, with commas; ``stack``: of the team in ``team``; ``other-stack``:
of the one in ``other_team``; ``holder``: a writer with its name, which is a team's where the writer is Gatewright;
``bindings``: ``TEAM.CLUSTER``, with commas; ``clusters``, ``namespaces``, ``names`` (of anything): with commas;
``places``: whose namespaces something is in; ``count``: how many there are of everybody's; ``address``: where and how a
cluster is reached; ``said``: what a cluster says in words of its own; ``asked``: what whoever is told has given
themselves; ``plain``: at most references."""

TELLING: Final[Mapping[str, Kind]] = {
    "team": "team",
    "other_team": "team",
    "teams": "teams",
    "serves": "teams",
    "pair": "teams",
    "stack": "stack",
    "other_stack": "other-stack",
    "owner": "holder",
    "other": "plain",
    "others": "plain",
    "nearest": "names",
    "namespace": "namespaces",
    "namespaces": "namespaces",
    "allowed": "namespaces",
    "message": "said",
    "bindings": "bindings",
    "server": "address",
}
"""What parameters of these names hold, unless ``_BY_KEY`` says otherwise."""

_OTHERS: Final[Mapping[str, Kind]] = {"other": "team", "others": "teams"}
_UNREACHED: Final[Mapping[str, Kind]] = {"reason": "address"}
_BY_KEY: Final[Mapping[str, Mapping[str, Kind]]] = {
    **dict.fromkeys(
        (
            "consistency.advice-merge",
            "consistency.advice-move",
            "consistency.domain-share",
            "consistency.tie-backend",
            "consistency.tie-parent",
            "consistency.tie-hostname",
            "consistency.tie-domain",
            "consistency.tie-grant",
        ),
        _OTHERS,
    ),
    **dict.fromkeys(
        (
            "kube.unreachable",
            "kube.proxy-failed",
            "kube.interrupted",
            "kube.tls-untrusted",
            "kube.tls-hostname",
            "kube.tls-failed",
            "kube.not-kubernetes",
            "kube.unauthorized",
            "kube.plugin-failed",
            "kube.token-file",
            "kube.client-certificate",
        ),
        _UNREACHED,
    ),
    "kube.forbidden": {"user": "address"},
    "kube.kubeconfig-file": {"path": "address", "reason": "address"},
    "manifest.kind": {"nearest": "plain"},
    "manifest.unknown-field": {"nearest": "plain"},
    "planning.crd-has-objects": {"where": "places", "count": "count"},
    "preflight.gateways-lose-controller": {"where": "places"},
    "planning.step-namespaces": {"names": "namespaces"},
    "planning.step-remove-namespaces": {"names": "namespaces"},
    "rollout.cluster-held": {"owner": "plain"},
    "rollout.not-empty": {"what": "places", "count": "count"},
    "store.cluster-locked": {"owner": "plain"},
    "store.namespace-taken": {"owner": "team"},
    "store.unknown-cluster": {"nearest": "clusters"},
    "store.unknown-binding": {"team": "asked"},
    "store.unknown-stack": {"nearest": "plain", "stack": "asked", "team": "asked"},
    "store.unknown-team-notification": {"nearest": "plain", "team": "asked"},
    "store.unknown-team": {"nearest": "teams", "team": "asked"},
}
_BY_PREFIX: Final[Mapping[str, Mapping[str, Kind]]] = {
    "planning.namespace-": {"other": "team"},
    "kube.": {"reason": "said"},
}

_ECHOES: Final = (
    "bundle.",
    "gatewayapi.",
    "manifest.",
    "model.",
    "observe.unknown-",
    "people.",
    "server.",
    "store.unknown-",
)
"""Errors about what was given: to say it otherwise for a name of others would tell that there is one."""


def kind_of(key: str, param: str) -> Kind:
    """What a parameter of a sentence holds. A remedy is as its error."""
    base = key.removesuffix(".remedy")
    if found := _BY_KEY.get(base, {}).get(param):
        return found
    for prefix, kinds in _BY_PREFIX.items():
        if base.startswith(prefix) and param in kinds:
            return kinds[param]
    return TELLING.get(param) or ("asked" if base.startswith(_ECHOES) else "plain")
