"""Rows of desired state as the values of the model: rows never leave the store."""

from __future__ import annotations

from typing import cast

from gatewright.model.desired import (
    BundleName,
    Channel,
    Claim,
    Cluster,
    ControllerSpec,
    Custody,
    DriftMode,
    RegisteredCluster,
    SkewPolicy,
    Stack,
    Team,
)
from gatewright.store.sql import unpack_maybe
from gatewright.store.tables import BindingRow, ClusterRow, StackRow, TeamRow


def cluster_of(row: ClusterRow) -> Cluster:
    return Cluster(
        row.name,
        cast("Custody | None", row.custody),
        row.kubeconfig,
        row.context,
        row.insecure,
        row.read_secrets,
        row.probes,
    )


def registered_of(row: ClusterRow) -> RegisteredCluster:
    return RegisteredCluster(row.id, cluster_of(row), row.server, row.kubernetes, row.added_at)


def team_of(row: TeamRow) -> Team:
    return Team(row.name, row.default_namespace, unpack_maybe(row.versions, SkewPolicy))


def stack_of(row: StackRow) -> Stack:
    bundle = BundleName(row.version, cast(Channel, row.channel))
    controller = unpack_maybe(row.controller, ControllerSpec)
    return Stack(row.team, row.name, bundle, controller, cast(DriftMode, row.drift))


def claim_of(binding: BindingRow, cluster: str, stack: StackRow | None) -> Claim:
    """The claim of a binding on the cluster of that name; without a stack it claims its namespace only."""
    if stack is None:
        return Claim(binding.team, cluster, binding.namespace, "", None)
    wanted = stack_of(stack)
    parts = wanted.name, wanted.bundle, wanted.controller, wanted.drift
    return Claim(binding.team, cluster, binding.namespace, *parts)
