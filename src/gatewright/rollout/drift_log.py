"""Writes what became of a drift, and the event that people are told of, in one transaction."""

from __future__ import annotations

from gatewright.model.drift import Drift
from gatewright.model.events import Severity
from gatewright.model.objects import JSON
from gatewright.planning.episodes import known_already
from gatewright.store.unit import Unit
from gatewright.text import Message

_WHO = "gatewright"


async def write(unit: Unit, cluster_uid: str, before: Drift | None, after: Drift) -> None:
    """Keeps ``after``; notes ``drift.found``, ``drift.fought``, ``drift.healed`` or ``drift.gone`` where that is
    new."""
    await unit.drifts.put(cluster_uid, after)
    for what, severity, message in _news(before, after):
        await unit.journal.note(
            _WHO,
            what,
            str(after.ref),
            _state(before),
            _state(after),
            cluster=after.cluster,
            team=after.team,
            severity=severity,
            message=message,
        )


def _news(before: Drift | None, after: Drift) -> list[tuple[str, Severity, Message | None]]:
    if after.state == "healed":
        return [("drift.healed", "info", after.why)]
    if after.state == "gone" and before is not None and before.active:
        return [("drift.gone", "info", after.why)]
    if after.state == "fought":
        return [] if before is not None and before.state == "fought" else [("drift.fought", "error", after.why)]
    if after.state == "healing" or known_already(before, after):
        return []
    lost = after.message is not None and after.message.key.endswith("-lost")
    return [("drift.found", "error" if lost else "warning", after.message)]


def _state(drift: Drift | None) -> JSON:
    if drift is None:
        return None
    differences = [{"path": d.path, "live": d.live, "wanted": d.wanted} for d in drift.differences]
    return {
        "state": drift.state,
        "kind": drift.kind,
        "changers": [str(changer) for changer in drift.changers],
        "differences": differences,
        "rollout": drift.rollout,
    }
