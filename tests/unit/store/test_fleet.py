"""Desired state: scopes of names, conflicts explained by their owner, all or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatewright.model.desired import (
    Binding,
    BundleName,
    Change,
    Claim,
    Cluster,
    ControllerSpec,
    Desired,
    SkewPolicy,
    Stack,
    Team,
)
from gatewright.model.durations import InvalidDurationError
from gatewright.model.manifest import dump, parse
from gatewright.model.names import InvalidNameError, ReservedNamespaceError
from gatewright.model.objects import ObjectRef
from gatewright.planning.request import Record
from gatewright.store.apply import Registration
from gatewright.store.database import Database
from gatewright.store.errors import (
    ClusterExistsError,
    ClusterHasInstallationError,
    ClusterLockedError,
    ClusterNotRegisteredError,
    ConcurrentChangeError,
    NamespaceInUseError,
    NamespaceTakenError,
    NameTakenError,
    StillBoundError,
    UnknownBindingError,
    UnknownClusterError,
    UnknownStackError,
    UnknownTeamError,
)
from gatewright.store.fleet import Fleet
from gatewright.store.secrets import KeyRing

NAMESPACE = Record(ObjectRef("v1", "Namespace", "payments"), "created", "u1", 0, "d", "payments")


async def apply(db: Database, *desired: Desired, dry_run: bool = False, **registrations: Registration) -> list[Change]:
    async with db.transaction() as unit:
        return await unit.fleet.apply_desired(desired, "ann", registrations=registrations, dry_run=dry_run)


async def change(db: Database, what: Callable[[Fleet], Awaitable[object]]) -> None:
    async with db.transaction() as unit:
        await what(unit.fleet)


async def exported(db: Database) -> list[Desired]:
    async with db.reading() as unit:
        return await unit.fleet.export()


async def test_the_founding_case_one_team_has_one_namespace_on_every_cluster(fleet: Database) -> None:
    async with fleet.reading() as unit:
        bindings = await unit.fleet.bindings(team="payments")
    assert [(b.cluster, b.namespace) for b in bindings] == [("a", "payments"), ("b", "payments"), ("c", "payments")]


async def test_two_teams_may_use_one_name_on_different_clusters(fleet: Database) -> None:
    async with fleet.transaction() as unit:
        await unit.fleet.delete_binding("payments", "b", "ann")
    await apply(fleet, Binding("orders", "b", "payments"))
    async with fleet.reading() as unit:
        assert await unit.fleet.binding("orders", "b") == Binding("orders", "b", "payments")


async def test_the_second_team_on_one_cluster_is_told_who_has_the_namespace(fleet: Database) -> None:
    with pytest.raises(NamespaceTakenError) as caught:
        await apply(fleet, Binding("orders", "b", "payments"))
    report = caught.value.report
    assert (report.cluster, report.owner, report.params["namespace"]) == ("b", "payments", "payments")
    assert "Namespace payments on cluster b belongs to team payments" in str(caught.value)
    assert "集群 b 上的命名空间 payments 属于团队 payments" in report.message("zh")


async def test_of_two_teams_that_claim_one_namespace_at_once_exactly_one_wins(url: str, fleet: Database) -> None:
    await apply(fleet, *(Team(f"t{n}") for n in range(6)))

    async def claim(n: int) -> str:
        async with Database.open(url) as own:
            try:
                await apply(own, Binding(f"t{n}", "a", "shared"))
            except (NamespaceTakenError, ConcurrentChangeError) as error:
                return type(error).__name__
            return "won"

    outcomes = await asyncio.gather(*(claim(n) for n in range(6)))
    assert sorted(outcomes) == ["NamespaceTakenError"] * 5 + ["won"]
    async with fleet.reading() as unit:
        assert [b.team for b in await unit.fleet.bindings(cluster="a") if b.namespace == "shared"] == [
            f"t{outcomes.index('won')}"
        ]


async def test_one_bad_manifest_leaves_nothing_of_the_others(fleet: Database) -> None:
    before = await exported(fleet)
    with pytest.raises(NamespaceTakenError):
        await apply(fleet, Team("new"), Binding("new", "a"), Binding("orders", "a", "payments"))
    assert await exported(fleet) == before
    async with fleet.reading() as unit:
        assert "team.create new" not in [f"{e.what} {e.where}" for e in await unit.journal.events()]


async def test_manifests_may_come_in_any_order_and_applying_again_changes_nothing(
    db: Database, registrations: dict[str, Registration]
) -> None:
    wanted: list[Desired] = [
        Binding("t", "a", stack="s"), Stack("t", "s", BundleName("v1.6.1")), Team("t"), Cluster("a"),
    ]  # fmt: skip
    first = await apply(db, *wanted, a=registrations["a"])
    assert [(c.verb, c.kind, c.name) for c in first] == [
        ("create", "Binding", "t.a"), ("create", "Stack", "t.s"), ("create", "Team", "t"), ("create", "Cluster", "a"),
    ]  # fmt: skip
    assert [c.verb for c in await apply(db, *wanted)] == ["unchanged"] * 4
    async with db.reading() as unit:
        assert len(await unit.journal.events()) == 4


async def test_what_is_exported_applies_as_unchanged(fleet: Database) -> None:
    wanted = [s.desired for s in parse(dump(await exported(fleet)))]
    assert {c.verb for c in await apply(fleet, *wanted)} == {"unchanged"}


async def test_a_dry_run_says_what_would_change_and_keeps_nothing(fleet: Database) -> None:
    before = await exported(fleet)
    changes = await apply(fleet, Team("orders", "other"), Team("new"), Binding("new", "a"), dry_run=True)
    assert [(c.verb, c.before, c.after) for c in changes] == [
        ("update", Team("orders", "shop"), Team("orders", "other")),
        ("create", None, Team("new")),
        ("create", None, Binding("new", "a", "new")),
    ]
    assert await exported(fleet) == before
    with pytest.raises(NamespaceTakenError):
        await apply(fleet, Binding("orders", "a", "payments"), dry_run=True)


async def test_a_default_that_changes_does_not_move_a_binding(fleet: Database) -> None:
    await apply(fleet, Team("payments", "elsewhere"))
    changes = await apply(fleet, Binding("payments", "a", stack="web"))
    assert [(c.verb, c.after) for c in changes] == [("unchanged", Binding("payments", "a", "payments", "web"))]


async def test_a_binding_moves_only_while_nothing_of_it_is_in_its_namespace(fleet: Database) -> None:
    await apply(fleet, Binding("payments", "a", "pay", "web"))
    async with fleet.transaction() as unit:
        await unit.records.put("uid-a", NAMESPACE)
    with pytest.raises(NamespaceInUseError):
        await apply(fleet, Binding("payments", "a", "payments", "web"))


async def test_names_that_kubernetes_would_refuse_do_not_pass_here_either(fleet: Database) -> None:
    with pytest.raises(InvalidNameError):
        await apply(fleet, Team("Bad Name"))
    with pytest.raises(ReservedNamespaceError):
        await apply(fleet, Binding("orders", "a", "kube-system"))
    with pytest.raises(ReservedNamespaceError):
        await apply(fleet, Team("default"), Binding("default", "a"))


# Clusters


async def test_one_cluster_is_not_registered_twice_under_any_name_or_address(fleet: Database) -> None:
    again = Registration("uid-a", "https://other.example")
    for name in ("a", "z"):
        with pytest.raises(ClusterExistsError) as caught:
            await change(fleet, lambda f, name=name: f.register(Cluster(name), again, "ann"))
        assert caught.value.report.cluster == "a"
    with pytest.raises(ClusterExistsError):
        await apply(fleet, Cluster("z"), z=again)
    with pytest.raises(NameTakenError):
        await apply(fleet, Cluster("a"), a=Registration("uid-z", "https://z"))


async def test_of_two_that_register_one_cluster_at_once_one_wins(url: str, fleet: Database) -> None:
    async def register(name: str) -> str:
        async with Database.open(url) as own:
            try:
                await change(own, lambda f: f.register(Cluster(name), Registration("uid-z", "https://z"), "ann"))
            except (ClusterExistsError, ConcurrentChangeError) as error:
                return error.code
            return "won"

    outcomes = await asyncio.gather(*(register(f"z{n}") for n in range(4)))
    assert sorted(outcomes) == ["store.cluster-exists"] * 3 + ["won"]


async def test_a_manifest_of_a_registered_cluster_may_bring_a_new_address_and_credential(fleet: Database) -> None:
    sealed = KeyRing((b"k" * 32,)).seal("uid-a", b"token")
    [moved] = await apply(fleet, Cluster("a"), a=Registration("uid-a", "https://new", "v1.36.0", sealed))
    assert moved.verb == "update"
    async with fleet.reading() as unit:
        cluster = await unit.fleet.cluster("a")
        assert (cluster.server, cluster.kubernetes) == ("https://new", "v1.36.0")
        assert await unit.credentials.get("uid-a") == sealed


async def test_a_cluster_that_cannot_be_reached_from_its_manifest_is_refused(db: Database) -> None:
    with pytest.raises(ClusterNotRegisteredError):
        await apply(db, Cluster("a"))


async def test_custody_is_a_recorded_decision(fleet: Database) -> None:
    async with fleet.transaction() as unit:
        await unit.fleet.set_custody("c", "own", "ann", {"writer": "kubectl"})
        await unit.fleet.set_kubernetes("uid-c", "v1.36.1")
    async with fleet.reading() as unit:
        cluster = await unit.fleet.cluster("c")
        assert (cluster.spec.custody, cluster.kubernetes) == ("own", "v1.36.1")
        [decision] = await unit.journal.decisions("uid-c")
        assert (decision.kind, decision.value, decision.who) == ("custody", "own", "ann")
        assert decision.evidence == {"writer": "kubectl"}
        last = (await unit.journal.events())[-1]
        assert (last.what, last.where, last.who) == ("cluster.update", "c", "ann")
        assert (last.before, last.after) == ({"name": "c"}, {"name": "c", "custody": "own"})


# Unknown names


@pytest.mark.parametrize(
    ("wanted", "error", "nearest"),
    [
        (Binding("paymnts", "a"), UnknownTeamError, "payments"),
        (Stack("paymnts", "x", BundleName("v1.6.1")), UnknownTeamError, "payments"),
        (Binding("orders", "zzz"), UnknownClusterError, "a, b, c"),
        (Binding("payments", "a", stack="wep"), UnknownStackError, "web"),
        (Binding("orders", "a", stack="web"), UnknownStackError, "-"),
    ],
)
async def test_unknown_names_are_refused_with_the_nearest(
    fleet: Database, wanted: Desired, error: type[UnknownTeamError], nearest: str
) -> None:
    with pytest.raises(error) as caught:
        await apply(fleet, wanted)
    assert caught.value.report.params["nearest"] == nearest


async def test_asking_for_what_is_not_there_says_so(fleet: Database) -> None:
    async with fleet.reading() as unit:
        with pytest.raises(UnknownClusterError):
            await unit.fleet.cluster("x")
        with pytest.raises(UnknownTeamError):
            await unit.fleet.team("x")
        with pytest.raises(UnknownStackError):
            await unit.fleet.stack("payments", "x")
        with pytest.raises(UnknownBindingError):
            await unit.fleet.binding("orders", "a")
        assert await unit.fleet.cluster_by_uid("x") is None


# Claims


async def test_claims_join_bindings_with_their_stacks(fleet: Database) -> None:
    await apply(fleet, Binding("orders", "b"))
    async with fleet.reading() as unit:
        assert await unit.fleet.claims("uid-b") == [
            Claim("orders", "b", "shop", "", None),
            Claim(
                "payments", "b", "payments", "web", BundleName("v1.6.1"),
                ControllerSpec("traefik", "3.7.0", "gateway-system"),
            ),
        ]  # fmt: skip


# Deleting


async def test_what_is_bound_is_not_deleted(fleet: Database) -> None:
    for delete in (
        lambda f: f.delete_cluster("a", "ann"),
        lambda f: f.delete_team("payments", "ann"),
        lambda f: f.delete_stack("payments", "web", "ann"),
    ):
        with pytest.raises(StillBoundError, match=r"payments\.a"):
            await change(fleet, delete)


async def test_a_binding_is_not_dropped_while_we_remember_objects_for_it(fleet: Database) -> None:
    async with fleet.transaction() as unit:
        await unit.records.put("uid-a", NAMESPACE)
    with pytest.raises(ClusterHasInstallationError):
        await change(fleet, lambda f: f.delete_binding("payments", "a", "ann"))
    async with fleet.transaction() as unit:
        assert await unit.records.forget_team("uid-a", "payments") == 1
        await unit.fleet.delete_binding("payments", "a", "ann")


async def test_a_cluster_is_not_dropped_while_it_has_an_installation_or_a_writer(fleet: Database, rollout: str) -> None:
    crd = Record(ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", "x.y"), "created", "u", 1, "d")
    async with fleet.transaction() as unit:
        await unit.fleet.delete_binding("payments", "a", "ann")
        await unit.records.put("uid-a", crd)
    with pytest.raises(ClusterHasInstallationError):
        await change(fleet, lambda f: f.delete_cluster("a", "ann"))
    async with fleet.transaction() as unit:
        await unit.records.forget_cluster("uid-a")
        await unit.rollouts.lock_cluster("uid-a", rollout, 1)
    with pytest.raises(ClusterLockedError, match=rollout):
        await change(fleet, lambda f: f.delete_cluster("a", "ann"))


async def test_deleting_in_order_leaves_nothing_but_the_log(fleet: Database) -> None:
    async with fleet.transaction() as unit:
        await unit.credentials.put("uid-a", KeyRing((b"k" * 32,)).seal("uid-a", b"x"))
        for name in "abc":
            await unit.fleet.delete_binding("payments", name, "ann")
            await unit.fleet.delete_cluster(name, "ann")
        await unit.fleet.delete_team("payments", "ann")
        await unit.fleet.delete_team("orders", "ann")
    assert await exported(fleet) == []
    async with fleet.reading() as unit:
        assert not await unit.credentials.any()
        assert [e.what for e in await unit.journal.events(after=9)][-3:] == [
            "stack.delete", "team.delete", "team.delete",
        ]  # fmt: skip


wishes = st.lists(
    st.builds(
        Binding,
        st.sampled_from(["payments", "orders", "t"]),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["", "payments", "shop", "x"]),
    ),
    max_size=6,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequence=wishes)
def test_whatever_is_asked_a_namespace_of_a_cluster_has_one_team(sqlite_url: str, sequence: list[Binding]) -> None:
    async def run() -> None:
        async with Database.open(sqlite_url) as db:
            reg = {name: Registration(f"uid-{name}", "https://x") for name in "abc"}
            await apply(db, *(Cluster(n) for n in "abc"), Team("payments"), Team("orders", "shop"), Team("t"), **reg)
            for wish in sequence:
                try:
                    await apply(db, wish)
                except NamespaceTakenError as error:
                    assert error.report.owner != wish.team  # noqa: PT017
            async with db.reading() as unit:
                held = [(b.cluster, b.namespace) for b in await unit.fleet.bindings()]
            assert len(held) == len(set(held))

    asyncio.run(run())


async def test_how_much_a_teams_versions_may_differ_is_kept_exported_and_changed(db: Database) -> None:
    team = Team("payments", "", SkewPolicy("patch", "72h"))
    assert [c.verb for c in await apply(db, team)] == ["create"]
    assert await exported(db) == [team]
    assert [s.desired for s in parse(dump(await exported(db)))] == [team]
    assert [c.verb for c in await apply(db, team)] == ["unchanged"]
    assert [c.verb for c in await apply(db, Team("payments"))] == ["update"]
    async with db.reading() as unit:
        assert (await unit.fleet.team("payments")).skew_policy == SkewPolicy("none", "168h")
    with pytest.raises(InvalidDurationError):
        await apply(db, Team("payments", "", SkewPolicy("patch", "for ever")))
