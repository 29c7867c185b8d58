"""The moments of a rollout that people want to be told of, as events."""

from __future__ import annotations

from typing import Final, TypedDict

from gatewright.model.events import Severity
from gatewright.model.objects import JSON
from gatewright.model.rollout import RolloutState
from gatewright.store.tables import RolloutRow
from gatewright.text import Message, message

_NAMES: Final[dict[RolloutState, tuple[str, Severity]]] = {
    "pending": ("started", "info"),
    "succeeded": ("succeeded", "info"),
    "failed": ("failed", "error"),
    "paused": ("paused", "warning"),
    "aborted": ("aborted", "warning"),
}


class Milestone(TypedDict):
    """The parameters of ``Journal.note``."""

    what: str
    where: str
    after: dict[str, JSON]
    team: str
    cluster: str
    severity: Severity
    message: Message


def milestone(rollout: RolloutRow, state: RolloutState, clusters: int, failed: str = "") -> Milestone:
    """A rollout of ``clusters`` came to ``state``, which is not ``running``; ``failed``: the cluster where it did."""
    name, severity = _NAMES[state]
    where = failed if state == "failed" else ""
    told = message(
        f"rollout.milestone.{name}", rollout=rollout.id, team=rollout.team, clusters=clusters, cluster=where or "-"
    )
    return {
        "what": f"rollout.{name}",
        "where": rollout.id,
        "after": {"state": state, "generation": rollout.generation, "plan": rollout.plan_hash},
        "team": rollout.team,
        "cluster": where,
        "severity": severity,
        "message": told,
    }
