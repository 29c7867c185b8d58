"""One cluster's installation: what was seen there beside what its teams want, and whose each part is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from gatewright.gatewayapi.consistency.versions import POLICY
from gatewright.gatewayapi.controllers import by_controller_name
from gatewright.gatewayapi.health.view import standing
from gatewright.gatewayapi.kinds import CRD, DEPLOYMENT, GATEWAY_CLASS, GroupKind
from gatewright.gatewayapi.live import ref_of
from gatewright.gatewayapi.metadata import WrittenMeta
from gatewright.gatewayapi.surroundings import Crd, Workload
from gatewright.gatewayapi.writers import owner_of
from gatewright.model.desired import Claim, RegisteredCluster
from gatewright.model.installation import (
    ClusterInstallation,
    CredentialFacts,
    CustodyWord,
    FieldManager,
    InstalledClass,
    InstalledController,
    InstalledCrd,
    Ownership,
    TeamClaim,
    Wanted,
    WantedPart,
)
from gatewright.model.observation import MissingPermission
from gatewright.model.versions import ClusterVersions, ControllerVersions, CrdVersions
from gatewright.observe.audience import Member, View, member_of
from gatewright.observe.board import ClusterState, health_of
from gatewright.observe.credentials import facts_of
from gatewright.observe.observatory import Observatory
from gatewright.observe.sight import names
from gatewright.observe.status import metadata_of, status_of
from gatewright.observe.views import visible
from gatewright.planning.request import Record
from gatewright.planning.solver import solve
from gatewright.store.journal import Decision

LOOK_SECONDS: Final = 15.0
_FORBIDDEN: Final = "kube.forbidden"


class _Known(msgspec.Struct, frozen=True):
    """What is remembered of a cluster. ``records`` and when each was written by the identity of the object."""

    cluster: RegisteredCluster
    claims: Sequence[Claim]
    records: Mapping[tuple[str, str, str, str], tuple[Record, str]]
    word: Decision | None
    stored_at: str


class Installations:
    """The installations over one observatory."""

    def __init__(self, observatory: Observatory, clock: Callable[[], datetime] | None = None) -> None:
        self._observatory = observatory
        self._clusters = observatory.clusters
        self._clock = clock or _now

    async def of(self, name: str, view: View = None, *, credential: bool = False) -> ClusterInstallation:
        """One cluster's, as far as may be seen; ``credential``: with what may be told of how it is reached. Raises
        ``UnknownClusterError``."""
        directory = await self._observatory.directories.read()
        member = member_of(directory, view, name)
        await self._observatory.look([member.uid], LOOK_SECONDS)
        known = await self._known(member.uid, name)
        state = self._observatory.board.state(member.uid)
        found = _seen(member, known, state)
        found = msgspec.structs.replace(found, claims=_claims(known.claims, view), wanted=_wanted(known.claims, view))
        if not credential:
            return found
        return msgspec.structs.replace(
            found,
            uid=member.uid,
            server=known.cluster.server,
            credential=await self._credential(name, known.stored_at),
        )

    async def _known(self, uid: str, name: str) -> _Known:
        async with self._clusters.database.reading() as unit:
            decisions = [d for d in await unit.journal.decisions(uid) if d.kind == "custody"]
            written = await unit.records.written(uid)
            return _Known(
                await unit.fleet.cluster(name),
                await unit.fleet.claims(uid),
                {record.ref.identity: (record, at) for record, at in written},
                decisions[-1] if decisions else None,
                (await unit.credentials.updated()).get(uid, ""),
            )

    async def _credential(self, name: str, stored_at: str) -> CredentialFacts:
        return facts_of(await self._clusters.connection(name), stored_at, self._clock())


def _seen(member: Member, known: _Known, state: ClusterState | None) -> ClusterInstallation:
    cluster = known.cluster
    status = status_of(cluster, state, [record.ref for record, _ in known.records.values()])
    word = known.word
    custody = CustodyWord(
        status.custody,
        cluster.spec.custody,
        word.who if word and word.value == (cluster.spec.custody or "") else "",
        word.at if word and word.value == (cluster.spec.custody or "") else "",
        word.evidence if word and word.value == (cluster.spec.custody or "") else None,
        status.owners,
    )
    found = ClusterInstallation(
        cluster=cluster.name,
        state="unknown",
        reachability=status.reachability,
        since=status.since,
        custody=custody,
        wanted=Wanted(),
        checked_at=status.checked_at,
        seen_at=status.seen_at,
        error=status.error,
        added_at=cluster.added_at,
        insecure=status.insecure,
        kubernetes=status.kubernetes,
        read_secrets=cluster.spec.read_secrets,
        probes=cluster.spec.probes,
    )
    if state is None:
        return found
    whole = state.health if member.namespaces is None else None
    health = whole or health_of(state, visible(state, member))
    found = msgspec.structs.replace(
        found,
        state=health.state,
        classes=tuple(_classes(state, known)),
        missing=tuple(sorted(_missing(state.snapshot.unread))),
        unread={_kind(kind): code for kind, code in sorted(state.snapshot.unread.items())},
    )
    return found if state.versions is None else _with_versions(found, state, state.versions, known)


def _with_versions(
    found: ClusterInstallation, state: ClusterState, versions: ClusterVersions, known: _Known
) -> ClusterInstallation:
    return msgspec.structs.replace(
        found,
        tested=versions.tested,
        bundle_state=versions.state,
        bundle=versions.bundle,
        bundle_claims=versions.claims,
        fits=versions.fits,
        lacking=versions.lacking,
        admission=_admission(versions, known),
        crds=tuple(_crd(state, crd, known) for crd in versions.crds),
        controllers=tuple(_controller(state, controller, known) for controller in versions.controllers),
    )


def _admission(versions: ClusterVersions, known: _Known) -> Literal["present", "written", "absent", "unknown"]:
    """Policies are not watched: where none is seen, our record of having written one is what is known."""
    ours = any((group, kind) == POLICY for group, kind, _, _ in known.records)
    return "written" if ours and versions.admission == "unknown" else versions.admission


def _crd(state: ClusterState, versions: CrdVersions, known: _Known) -> InstalledCrd:
    live: Crd | None = state.snapshot.of(CRD).get(("", versions.name))
    kind = (live.spec.group, live.spec.names.kind) if live else ("", "")
    counted = len(state.snapshot.of(kind)) if kind in state.snapshot.objects else None
    return InstalledCrd(versions, _ownership(CRD, live.metadata if live else None, known), counted)


def _controller(state: ClusterState, versions: ControllerVersions, known: _Known) -> InstalledController:
    live: Workload | None = state.snapshot.of(DEPLOYMENT).get((versions.namespace, versions.deployment))
    classes = sorted(
        name
        for (_, name), found in state.snapshot.classes().items()
        if (row := by_controller_name(found.spec.controller_name)) is not None and row.name == versions.controller
    )
    ownership = _ownership(
        DEPLOYMENT, live.metadata if live else None, known, (versions.namespace, versions.deployment)
    )
    return InstalledController(versions, ownership, tuple(classes))


def _classes(state: ClusterState, known: _Known) -> Iterable[InstalledClass]:
    asked = Counter(gateway.spec.gateway_class_name for gateway in state.snapshot.gateways().values())
    for (_, name), found in sorted(state.snapshot.classes().items()):
        row = by_controller_name(found.spec.controller_name)
        yield InstalledClass(
            name,
            found.spec.controller_name,
            standing(found.status.conditions if found.status else None, "Accepted", found.metadata.generation),
            _ownership(GATEWAY_CLASS, found.metadata, known),
            row.name if row else "",
            asked[name],
        )


def _ownership(
    kind: GroupKind, live: WrittenMeta | None, known: _Known, key: tuple[str, str] | None = None
) -> Ownership:
    """Whose an object is: ours where a record names this very object. ``key``: where its metadata is not watched."""
    if live is None and key is None:
        return Ownership("foreign")
    ref = ref_of(kind, live.key if live is not None else key or ("", ""))
    record, at = known.records.get(ref.identity, (None, ""))
    ours = record is not None and (live is None or record.uid == live.uid)
    origin = record.origin if record is not None and ours else "foreign"
    if live is None:
        return Ownership(origin, written_at=at if ours else "")
    managers = tuple(
        FieldManager(w.manager, w.operation, w.time or "") for w in live.managed_fields or () if not w.subresource
    )
    newest = tuple(sorted(managers, key=lambda m: m.at, reverse=True))
    return Ownership(origin, owner_of(metadata_of(live)), newest, at if ours else "")


def _missing(unread: Mapping[GroupKind, str]) -> Iterable[MissingPermission]:
    for (group, kind), code in unread.items():
        if code == _FORBIDDEN:
            yield MissingPermission("list", group, kind)


def _kind(kind: GroupKind) -> str:
    return f"{kind[1]}.{kind[0]}" if kind[0] else kind[1]


def _claims(claims: Iterable[Claim], view: View) -> tuple[TeamClaim, ...]:
    return tuple(
        TeamClaim(claim.team, claim.namespace, claim.stack, claim.bundle, claim.controller, claim.drift)
        for claim in claims
        if names(view, claim.team)
    )


def _wanted(claims: Sequence[Claim], view: View) -> Wanted:
    solution = solve(claims)
    told = tuple(c.finding for c in solution.clashes if names(view, c.first.team) and names(view, c.second.team))
    hidden = len(told) < len(solution.clashes)
    if solution.installation is None:
        return Wanted(clashes=told, others_clash=hidden)
    wanted = solution.installation
    return Wanted(
        wanted.bundle,
        tuple(team for team in wanted.bundle_teams if names(view, team)),
        tuple(WantedPart(c.spec, tuple(t for t in c.teams if names(view, t))) for c in wanted.controllers),
    )


def _now() -> datetime:
    return datetime.now(UTC)
