"""What becomes of a drift, and when putting it back is a fight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.desired import DriftMode
from gatewright.model.drift import Changer, Drift, DriftKind
from gatewright.model.plan import FieldDifference, ObjectVerdict, Verdict
from gatewright.planning import episodes
from gatewright.planning.drift import Deviation
from gatewright.planning.episodes import Limits
from gatewright.planning.request import Record, crd_ref
from gatewright.text import message

CRD = crd_ref("gateways.gateway.networking.k8s.io")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LIMITS = Limits()


def found(
    manager: str = "intruder", *, kind: DriftKind = "changed", verdict: Verdict = "update", **changes: Any
) -> Deviation:
    made = Deviation(
        Record(CRD, "created", "u1", 1, "w"),
        kind,
        ObjectVerdict(CRD, verdict, message("drift.lost-crd"), wanted="w"),
        (FieldDifference("spec.x", 1, 2),) if kind == "changed" else (),
        (Changer("other", manager),) if manager else (),
        "u1",
        True,
    )
    return msgspec.structs.replace(made, **changes)


def seen(before: Drift | None, what: Deviation, after: float = 0, mode: DriftMode | None = "heal") -> Drift:
    return episodes.seen(before, what, "shanghai", mode, NOW + timedelta(seconds=after), LIMITS)


def healed(before: Drift, after: float) -> Drift:
    at = NOW + timedelta(seconds=after)
    return episodes.healed(episodes.healing(before, at, "r-1"), at)


def test_a_first_change_is_open_and_says_who() -> None:
    drift = seen(None, found())
    assert (drift.state, drift.manager, drift.mode) == ("open", "intruder", "heal")
    assert drift.message is not None
    assert "intruder" in drift.message.render("zh")


def test_stacks_that_disagree_only_report_and_say_so() -> None:
    drift = seen(None, found(), mode=None)
    assert drift.mode == "report"
    assert drift.why == message("drift.why-disagree", cluster="shanghai")


def test_the_same_hand_undoing_two_heals_at_once_is_a_fight() -> None:
    one = healed(seen(None, found()), 1)
    two = seen(one, found(), 5)
    assert (two.state, two.returned) == ("open", 1)
    three = seen(healed(two, 6), found(), 10)
    assert three.state == "fought"
    assert three.why is not None
    assert "intruder" in three.why.render("en")


def test_a_slow_fight_is_told_by_its_number() -> None:
    drift = seen(None, found())
    for minute in (1, 3, 5):
        assert drift.state == "open"
        drift = seen(healed(drift, minute * 60), found(), minute * 60 + 60)
    assert drift.state == "fought"
    assert drift.returned == 0


def test_what_is_long_ago_does_not_count() -> None:
    drift = seen(None, found())
    for hour in range(1, 8):
        drift = seen(healed(drift, hour * 3600), found(), hour * 3600 + 1800)
    assert drift.state == "open"
    assert drift.attempts == ()


def test_another_hand_is_not_the_same_fight() -> None:
    drift = seen(healed(seen(None, found("a")), 1), found("b"), 5)
    assert drift.returned == 0


def test_reporting_never_fights() -> None:
    before = msgspec.structs.replace(healed(seen(None, found()), 1), attempts=("2026-11-22T12:00:01.000000Z",) * 9)
    assert seen(before, found(), 5, mode="report").state == "open"


def test_a_fight_lasts_until_the_other_owns_nothing_of_it() -> None:
    fought = msgspec.structs.replace(seen(None, found()), state="fought")
    assert seen(fought, found(), 3600).state == "fought"
    assert seen(fought, found("", kind="deleted"), 3600).state == "fought"
    free = seen(fought, found("another"), 3600)
    assert (free.state, free.attempts) == ("open", ())


def test_an_open_drift_keeps_its_beginning_and_its_reason_until_it_is_due() -> None:
    first = seen(None, found())
    blocked = episodes.not_healed(first, message("drift.why-nothing", cluster="shanghai"), NOW, LIMITS)
    assert seen(blocked, found(), 30).why == blocked.why
    assert seen(blocked, found(), 30).found_at == first.found_at
    assert seen(blocked, found(), 61).why is None
    assert seen(blocked, found("another"), 30).why is None


def test_only_a_rollout_that_others_disturbed_counts_as_an_attempt() -> None:
    first = seen(None, found())
    why = message("drift.why-nothing", cluster="shanghai")
    assert episodes.not_healed(first, why, NOW, LIMITS).attempts == ()
    assert len(episodes.not_healed(first, why, NOW, LIMITS, interfered=True).attempts) == 1


def test_an_equal_object_in_the_place_of_ours_needs_nothing_but_is_told_once() -> None:
    drift = seen(None, found(kind="replaced", verdict="unchanged", uid="u2"))
    assert drift.state == "gone"
    assert drift.message is not None
    assert drift.message.key == "drift.replaced-lost"
    assert not episodes.known_already(None, drift)
    assert episodes.known_already(drift, seen(drift, found(kind="replaced", verdict="unchanged", uid="u2"), 5))
    assert not episodes.known_already(drift, seen(drift, found(kind="replaced", verdict="unchanged", uid="u3"), 5))


def test_a_stopped_verdict_brings_its_own_remedy() -> None:
    remedy = message("drift.lost-namespace")
    verdict = ObjectVerdict(CRD, "conflict", message("drift.lost-crd"), remedy)
    assert seen(None, msgspec.structs.replace(found(), verdict=verdict)).remedy == remedy


@pytest.mark.parametrize("kind", ["changed", "deleting", "deleted", "replaced"])
@pytest.mark.parametrize("manager", ["", "intruder"])
@pytest.mark.parametrize("mode", ["report", "heal", None])
def test_every_drift_can_be_told_in_both_languages(kind: DriftKind, manager: str, mode: DriftMode | None) -> None:
    drift = seen(None, found(manager, kind=kind), mode=mode)
    for part in (drift.message, drift.remedy):
        assert part is not None
        assert part.render("en")
        assert part.render("zh")


@given(st.lists(st.tuples(st.sampled_from(["a", "b", ""]), st.floats(0.1, 900)), max_size=60))
def test_nobody_is_put_back_endlessly(changes: list[tuple[str, float]]) -> None:
    """However others change it, within any ten minutes it is put back at most ``attempts`` times."""
    at, drift, heals = 0.0, None, list[float]()
    for manager, pause in changes:
        at += pause
        drift = seen(drift, found(manager), at)
        if drift.state == "open":
            drift = healed(drift, at)
            heals.append(at)
        else:
            # The other let go and took it again, which begins a new count: not what this is about.
            break
    for moment in heals:
        assert sum(1 for h in heals if moment <= h < moment + 600) <= LIMITS.attempts
