"""Invariant 1: every unique key names its scope. A new unique key must be listed here, with its reason."""

from __future__ import annotations

from sqlalchemy import Table, UniqueConstraint

from gatewright.store.tables import Base

IN_CLUSTER = "lives in one cluster: its key starts with the cluster, so that equal names on two clusters never clash"
ROLLOUT = "a part of one rollout"
INSTALLATION = "its name is unique in the installation, by the design's table of words"
SCOPES: dict[tuple[str, tuple[str, ...]], str] = {
    ("meta", ("key",)): "a fact about the installation",
    ("clusters", ("id",)): "the UID of the kube-system namespace: one cluster cannot be registered twice",
    ("clusters", ("name",)): INSTALLATION,
    ("credentials", ("cluster_id",)): "one credential per cluster",
    ("teams", ("name",)): INSTALLATION,
    ("stacks", ("team", "name")): "a stack's name is unique in its team",
    ("bindings", ("team", "cluster_id")): "a team is bound to a cluster once",
    ("bindings", ("cluster_id", "namespace")): IN_CLUSTER,
    ("records", ("cluster_id", "api_group", "kind", "namespace", "name")): IN_CLUSTER,
    ("plans", ("hash",)): "content-addressed",
    ("decisions", ("id",)): "a serial number, nobody's name",
    ("rollouts", ("id",)): "a random id, nobody's name",
    ("targets", ("rollout_id", "position")): ROLLOUT,
    ("targets", ("rollout_id", "cluster_id")): ROLLOUT,
    ("steps", ("rollout_id", "position", "index")): ROLLOUT,
    ("rollout_events", ("rollout_id", "seq")): ROLLOUT,
    ("cluster_locks", ("cluster_id",)): "one writer per cluster (invariant 4)",
    ("workers", ("id",)): "a random id, nobody's name",
    ("events", ("id",)): "a serial number, nobody's name",
    ("audit", ("id",)): "a random id, nobody's name",
    ("notifications", ("id",)): "a random id, nobody's name",
    ("notifications", ("team", "name")): "a notification's name is unique in its team, or among the installation's",
    ("notification_secrets", ("notification",)): "one address per notification",
    ("deliveries", ("id",)): "a random id, nobody's name",
    ("deliveries", ("notification", "event_id")): "a notification tells an event once",
    ("told", ("notification", "subject")): "what one notification told last of a subject, which names its cluster",
    ("cluster_states", ("cluster_id",)): "one state per cluster",
    ("watches", ("cluster_id",)): "one watcher per cluster",
    ("skews", ("team", "key")): "one way in which the clusters of one team differ",
    ("drifts", ("cluster_id", "api_group", "kind", "namespace", "name")): IN_CLUSTER,
    ("users", ("id",)): "a random id, nobody's name",
    ("users", ("name",)): INSTALLATION,
    ("users", ("issuer", "subject")): "a person of one OpenID provider is one person here",
    ("roles", ("name",)): INSTALLATION,
    ("grants", ("user_id", "team")): "a person has one role in a team, and one in the installation",
    ("sessions", ("hash",)): "one session per cookie, which is random",
    ("sessions", ("id",)): "a random id, nobody's name",
    ("api_tokens", ("id",)): "a random id, nobody's name",
    ("api_tokens", ("hash",)): "one entry per token, which is random",
    ("api_tokens", ("user_id", "name")): "a token's name is unique among those of its person",
    ("registrations", ("id",)): "a random id, nobody's name",
    ("registrations", ("hash",)): "the digest of 256 random bits",
    ("attempts", ("subject",)): "one count per name and per address",
    ("setup_codes", ("hash",)): "one entry per code, which is random",
}


def unique_keys(table: Table) -> set[tuple[str, ...]]:
    keys = {tuple(c.name for c in table.primary_key.columns)}
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            keys.add(tuple(c.name for c in constraint.columns))
    for index in table.indexes:
        if index.unique:
            keys.add(tuple(c.name for c in index.columns))
    for column in table.columns:
        if column.unique:
            keys.add((column.name,))
    return keys


def test_every_unique_key_is_one_whose_scope_is_known() -> None:
    found = {(name, key) for name, table in Base.metadata.tables.items() for key in unique_keys(table)}
    assert found == set(SCOPES)


def test_what_lives_in_a_cluster_is_keyed_by_the_cluster_first() -> None:
    for (table, key), reason in SCOPES.items():
        if reason == IN_CLUSTER:
            assert key[0] == "cluster_id", table


def test_no_namespace_is_unique_without_its_cluster() -> None:
    for table, key in SCOPES:
        assert "namespace" not in key or "cluster_id" in key, table
