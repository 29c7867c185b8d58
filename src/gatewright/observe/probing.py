"""Probing what is watched: targets from the snapshots of this worker's clusters, results back into them.

A result is part of what is known of a cluster: health is judged with it, it is stored, and it is forgotten with its
target.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Iterator, Sequence

from gatewright.background import alongside
from gatewright.gatewayapi.health.probes import is_fresh, told
from gatewright.gatewayapi.kinds import GATEWAY, Key
from gatewright.gatewayapi.probing import targets_of
from gatewright.model.probe import ProbeResult, ProbeTarget
from gatewright.observe.observatory import Observatory
from gatewright.observe.probes.addresses import AddressPolicy
from gatewright.observe.probes.prober import Prober, ProberOptions, ProberReport
from gatewright.observe.pulse import utc_now


class Probing:
    """The probes of one observatory."""

    def __init__(self, observatory: Observatory, policy: AddressPolicy) -> None:
        self._observatory = observatory
        self._known: dict[str, tuple[str, int, tuple[ProbeTarget, ...]]] = {}
        self._prober = Prober(self._targets, self._came, ProberOptions(policy))

    def report(self) -> ProberReport:
        """How probing itself fares."""
        return self._prober.report()

    async def now(self, targets: Sequence[ProbeTarget], seconds: float) -> list[ProbeResult]:
        """Probes these before their time: ``Prober.now``."""
        return await self._prober.now(targets, seconds)

    @contextlib.asynccontextmanager
    async def probing(self) -> AsyncGenerator[None]:
        """While open, this process probes the clusters that it watches, unless the user says not to."""
        async with alongside(self._prober.run(), name="prober"):
            yield

    def _targets(self) -> Iterator[tuple[str, Sequence[ProbeTarget]]]:
        """By cluster. Targets are made again only where the cluster was judged again."""
        probed = self._observatory.probed()
        self._known = {uid: self._known[uid] for uid, _ in probed if uid in self._known}
        for uid, name in probed:
            state = self._observatory.board.state(uid)
            if state is None or not state.synced:
                continue
            known = self._known.get(uid)
            if known is None or known[:2] != (name, state.revision):
                wanted = tuple(targets_of(name, state.snapshot))
                if known is not None and known[2] == wanted:
                    wanted = known[2]
                self._known[uid] = known = (name, state.revision, wanted)
                self._forget(uid, state.snapshot.probes, wanted)
            yield name, known[2]

    def _forget(self, uid: str, results: dict[ProbeTarget, ProbeResult], wanted: Sequence[ProbeTarget]) -> None:
        kept = frozenset(wanted)
        gone = [target for target in results if target not in kept]
        for target in gone:
            del results[target]
        for gateway in {target.gateway for target in gone}:
            self._observatory.board.probed(uid, (GATEWAY, (gateway.namespace or "", gateway.name)))

    def _came(self, result: ProbeResult) -> None:
        uid = self._observatory.uid_of(result.target.cluster)
        state = None if uid is None else self._observatory.board.state(uid)
        if uid is None or state is None:
            return
        before = state.snapshot.probes.get(result.target)
        state.snapshot.probes[result.target] = result
        if before is None or told(before) != told(result) or not is_fresh(before, utc_now()):
            ref = result.target.gateway
            key: Key = (ref.namespace or "", ref.name)
            if key in state.snapshot.gateways():
                self._observatory.board.probed(uid, (GATEWAY, key))
