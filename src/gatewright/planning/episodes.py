"""What becomes of a drift: found, looked at again, put back, undone, fought about, gone. Values in, values out."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from gatewright.model.desired import DriftMode
from gatewright.model.drift import Drift
from gatewright.model.plan import STOPS
from gatewright.planning.drift import Deviation, losses
from gatewright.planning.request import CRD_KIND
from gatewright.text import Message, Param, message

INTERFERED = frozenset({"rollout.object-moved", "rollout.plan-stale"})
"""Codes of a rollout that failed because somebody changed the object meanwhile: they count as attempts, too."""


class Limits(msgspec.Struct, frozen=True):
    """When putting back becomes a fight: ``attempts`` within ``window``, or the same hand undoing it within ``undone``
    of its being put back, ``in_a_row`` times. ``again``: how long a drift that stays open is left alone."""

    attempts: int = 3
    window: timedelta = timedelta(minutes=10)
    undone: timedelta = timedelta(seconds=30)
    in_a_row: int = 2
    again: timedelta = timedelta(seconds=60)


def seen(
    before: Drift | None,
    found: Deviation,
    cluster: str,
    mode: DriftMode | None,
    now: datetime,
    limits: Limits,
) -> Drift:
    """The drift after a look that found the object other than we wrote it. ``mode`` None: the stacks disagree."""
    drift = Drift(
        cluster,
        found.record.ref,
        found.kind,
        "open",
        _text(now) if before is None or not before.active else before.found_at,
        _text(now),
        mode or "report",
        found.record.team,
        found.changers,
        found.differences,
        found.uid,
        attempts=_recent(before, now, limits),
        returned=before.returned if before is not None else 0,
        rollout=before.rollout if before is not None else "",
        due_at=_text(now + limits.again),
        why=message("drift.why-disagree", cluster=cluster) if mode is None else None,
    )
    if before is not None and not before.active:
        undone = bool(drift.attempts) and now - _moment(drift.attempts[-1]) <= limits.undone
        drift = _with(drift, returned=before.returned + 1 if undone and before.manager == drift.manager else 0)
    if before is not None and before.active and _same(before, drift):
        drift = _with(drift, changed_at=before.changed_at)
        if before.why is not None and drift.why is None and _text(now) < before.due_at:
            drift = _with(drift, why=before.why, due_at=before.due_at)
    if drift.kind == "replaced" and found.verdict.verdict == "unchanged" and not drift.differences:
        return _described(_with(drift, state="gone", due_at=""), found)
    return _described(_fought(before, drift, limits), found)


def _fought(before: Drift | None, drift: Drift, limits: Limits) -> Drift:
    if drift.mode == "report":
        return drift
    if before is not None and before.state == "fought":
        released = drift.kind == "changed" and bool(before.manager) and before.manager not in _managers(drift)
        if released:
            return _with(drift, attempts=(), returned=0)
    elif len(drift.attempts) < limits.attempts and drift.returned < limits.in_a_row:
        return drift
    told = {"cluster": drift.cluster, "object": str(drift.ref), "times": len(drift.attempts), "who": _who(drift)}
    return _with(drift, state="fought", due_at="", why=message("drift.fought", **told))


def known_already(before: Drift | None, after: Drift) -> bool:
    """Whether the drift was told of before: the same hand, still."""
    if before is None:
        return False
    if after.kind == "replaced" and after.state == "gone":
        return before.kind == "replaced" and before.uid == after.uid
    return before.active and before.manager == after.manager and before.kind == after.kind


def gone(before: Drift, now: datetime) -> Drift:
    """The object is again what we wrote, or no longer ours."""
    why = message("drift.gone", cluster=before.cluster, object=str(before.ref))
    return _with(before, state="gone", changed_at=_text(now), due_at="", why=why)


def healing(before: Drift, now: datetime, rollout: str = "") -> Drift:
    """A rollout is about to put it back, or (``rollout``) was started. Due at once: a crash must not leave it so."""
    return _with(before, state="healing", rollout=rollout, why=None, due_at=_text(now))


def healed(before: Drift, now: datetime) -> Drift:
    """The rollout put it back."""
    why = message("drift.healed", cluster=before.cluster, object=str(before.ref), rollout=before.rollout)
    attempts = (*before.attempts, _text(now))
    return _with(before, state="healed", changed_at=_text(now), attempts=attempts, due_at="", why=why)


def not_healed(before: Drift, why: Message, now: datetime, limits: Limits, *, interfered: bool = False) -> Drift:
    """It could not be put back; it is tried again after ``limits.again``. ``interfered``: others were quicker."""
    attempts = (*before.attempts, _text(now)) if interfered else before.attempts
    return _with(before, state="open", attempts=attempts, why=why, due_at=_text(now + limits.again))


def _described(drift: Drift, found: Deviation) -> Drift:
    params: dict[str, Param] = {
        "cluster": drift.cluster,
        "object": str(drift.ref),
        "count": len(drift.differences),
        "who": _who(drift),
    }
    key = f"drift.{drift.kind}"
    if losses(found.record, drift.kind):
        what = "drift.lost-crd" if drift.ref.kind == CRD_KIND else "drift.lost-namespace"
        key, params = f"{key}-lost", {**params, "lost": message(what)}
    elif drift.kind == "changed" and not drift.changers:
        key = "drift.changed-unknown"
    return _with(drift, message=Message(key, params), remedy=_remedy(drift, found, params))


def _remedy(drift: Drift, found: Deviation, params: dict[str, Param]) -> Message | None:
    if drift.state == "gone":
        return Message("drift.remedy-replaced", params)
    if drift.state == "fought":
        return Message("drift.remedy-fought", {**params, "times": len(drift.attempts)})
    if found.verdict.verdict in STOPS and found.verdict.remedy is not None:
        return found.verdict.remedy
    if not found.restorable:
        return Message("drift.remedy-plan", params)
    return Message(f"drift.remedy-{drift.mode}", params)


def _recent(before: Drift | None, now: datetime, limits: Limits) -> tuple[str, ...]:
    attempts = before.attempts if before is not None else ()
    return tuple(a for a in attempts if now - _moment(a) <= limits.window)


def _same(one: Drift, other: Drift) -> bool:
    return (one.kind, one.uid, one.manager, one.differences) == (
        other.kind,
        other.uid,
        other.manager,
        other.differences,
    )


def _who(drift: Drift) -> str:
    return ", ".join(map(str, drift.changers)) or "-"


def _managers(drift: Drift) -> set[str]:
    return {changer.manager for changer in drift.changers}


def _with(drift: Drift, **changes: object) -> Drift:
    return msgspec.structs.replace(drift, **changes)


def _text(moment: datetime) -> str:
    # The store's form: fixed width, so that texts compare as moments do.
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
