"""The pace of probing, on a clock that the test turns."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from probing import GATEWAY, target

from gatewright.model.objects import ObjectRef
from gatewright.model.probe import ProbeTarget
from gatewright.observe.probes.schedule import Pace, Schedule

Asked = list[tuple[float, ProbeTarget]]


def run(
    schedule: Schedule,
    *,
    until: float,
    start: float = 0.0,
    lasting: float = 0.05,
    room: int = 50,
    on: Callable[[float], None] = lambda _: None,
) -> Asked:
    """Asks what the schedule gives, each for ``lasting`` seconds; when each was begun."""
    now, asked, under_way = start, [], []
    while now < until:
        on(now)
        for end, done in [entry for entry in under_way if entry[0] <= now]:
            under_way.remove((end, done))
            schedule.done(done, now)
        found = schedule.take(now) if len(under_way) < room else None
        if found is not None:
            assert found.address not in {busy.address for _, busy in under_way}
            asked.append((now, found))
            under_way.append((now + lasting, found))
            continue
        waits = [end - now for end, _ in under_way]
        if len(under_way) < room:
            waits.append(schedule.pause(now))
        now += max(min(waits), 0.001)
    for _, done in under_way:
        schedule.done(done, now)
    return asked


def replace(schedule: Schedule, targets: Iterable[ProbeTarget], now: float) -> None:
    """These, and no others of any cluster that this module makes up."""
    found = list(targets)
    for cluster in dict.fromkeys([*(one.cluster for one in found), *"abc", "big"]):
        schedule.put(cluster, [one for one in found if one.cluster == cluster], now)


def times(asked: Iterable[tuple[float, ProbeTarget]], wanted: ProbeTarget) -> list[float]:
    return [at for at, one in asked if one == wanted]


def spread(cluster: str, count: int, addresses: int = 10**6) -> list[ProbeTarget]:
    """Targets of a cluster over so many addresses of its own."""
    return [
        target(cluster=cluster, hostname=f"h{n}.{cluster}.example", address=f"{cluster}-{n % addresses}.lb.example")
        for n in range(count)
    ]


def test_each_target_is_asked_about_each_interval() -> None:
    schedule = Schedule(Pace(interval=30))
    targets = spread("a", 40)
    replace(schedule, targets, 0)
    asked = run(schedule, until=300)
    for one in targets:
        moments = times(asked, one)
        assert moments[0] <= 31
        assert all(26 <= later - earlier <= 35 for earlier, later in itertools.pairwise(moments))
        assert len(moments) >= 8
    assert len({round(at) for at, _ in asked if at < 30}) > 15, "the first round is not spread"


def test_one_address_is_asked_twice_a_second_by_one_probe_at_a_time() -> None:
    schedule = Schedule(Pace(interval=1, rate=100, address_rate=2))
    replace(schedule, spread("a", 50, addresses=1), 0)
    moments = [at for at, _ in run(schedule, until=60)]
    assert all(later - earlier >= 0.499 for earlier, later in itertools.pairwise(moments))
    assert len(moments) > 100
    slow = Schedule(Pace(interval=1, rate=100, address_rate=2))
    replace(slow, spread("a", 50, addresses=1), 0)
    assert len(run(slow, until=60, lasting=5)) <= 12


def test_every_target_of_a_crowded_address_has_its_turn() -> None:
    schedule = Schedule(Pace(interval=5, rate=100, address_rate=2))
    replace(schedule, spread("a", 100, addresses=1), 0)
    counts = Counter(one for _, one in run(schedule, until=300))
    assert len(counts) == 100
    assert max(counts.values()) - min(counts.values()) <= 2


def test_the_rate_of_all_is_kept() -> None:
    schedule = Schedule(Pace(interval=10, rate=20))
    replace(schedule, [one for n in range(20) for one in spread(f"c{n}", 100)], 0)
    moments = [at for at, _ in run(schedule, until=100)]
    for begin in range(100):
        assert sum(begin <= at < begin + 1 for at in moments) <= 22
    assert len(moments) > 1800, "the rate is not used"
    assert schedule.overdue(100) > 10


def test_a_cluster_with_ten_thousand_hostnames_does_not_starve_others() -> None:
    schedule = Schedule(Pace(interval=30, rate=20, cluster_targets=1000))
    small = [one for n in range(10) for one in spread(f"s{n}", 5)]
    replace(schedule, [*spread("big", 10_000), *small], 0)
    assert schedule.cut == {"big": 9000}
    assert len(schedule) == 1050
    asked = run(schedule, until=200)
    for one in small:
        assert len(times(asked, one)) >= 5


def test_what_is_cut_spares_every_listener_and_stays_the_same() -> None:
    other = ObjectRef(GATEWAY.api_version, "Gateway", "zz", "zz")
    crowd = spread("a", 500, addresses=1)
    few = [target(cluster="a", gateway=other, hostname=f"z{n}.example") for n in range(3)]
    schedule = Schedule(Pace(cluster_targets=10))
    replace(schedule, [*crowd, *few], 0)
    assert all(one in schedule for one in few)
    before = {one for one in crowd if one in schedule}
    assert len(before) == 7
    replace(schedule, [*few, *reversed(crowd)], 1)
    assert before == {one for one in crowd if one in schedule}
    replace(schedule, few, 2)
    assert schedule.cut == {}


def test_a_target_that_is_gone_is_forgotten() -> None:
    schedule = Schedule(Pace(interval=10))
    stays, goes = spread("a", 2, addresses=1)
    replace(schedule, [stays, goes], 0)
    run(schedule, until=30)
    replace(schedule, [stays], 30)
    assert {one for _, one in run(schedule, start=30, until=90)} == {stays}
    replace(schedule, [], 90)
    assert run(schedule, start=90, until=150) == []
    assert schedule.overdue(150) == 0


def test_a_target_that_went_and_came_back_while_it_was_asked_is_asked_once_an_interval() -> None:
    schedule = Schedule(Pace(interval=10), seed=1)
    (one,) = spread("a", 1)
    replace(schedule, [one], 0)
    assert schedule.take(11) == one
    replace(schedule, [], 11)
    replace(schedule, [one], 11)
    assert schedule.take(60) is None
    schedule.done(one, 60)
    assert len(run(schedule, start=60, until=101)) in (3, 4, 5)


def test_what_could_not_be_asked_is_due_again_when_it_says() -> None:
    schedule = Schedule(Pace(interval=1000), seed=1)
    (one,) = spread("a", 1)
    replace(schedule, [one], 0)
    assert schedule.take(1000) == one
    schedule.done(one, 1000, again=5)
    assert schedule.take(1004) is None
    assert schedule.take(1005.1) == one


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.floats(0, 60), st.sets(st.tuples(st.sampled_from("abc"), st.integers(0, 6)), max_size=12)),
        min_size=1,
        max_size=6,
    ),
    st.integers(0, 2**16),
)
def test_no_target_is_lost_whatever_comes_and_goes(
    changes: list[tuple[float, set[tuple[str, int]]]], seed: int
) -> None:
    """After any changes, what is a target at the end is asked within two intervals, and nothing else is."""
    schedule = Schedule(Pace(interval=10, cluster_targets=5), seed)
    pending = sorted(changes, key=lambda change: change[0])
    wanted: list[ProbeTarget] = []

    def change(now: float) -> None:
        while pending and pending[0][0] <= now:
            _, chosen = pending.pop(0)
            wanted[:] = [target(cluster=c, hostname=f"{n}.example", address=f"{n % 3}.lb") for c, n in sorted(chosen)]
            replace(schedule, wanted, now)

    run(schedule, until=61, on=change)
    asked = run(schedule, start=61, until=90)
    kept = {one for one in wanted if one in schedule}
    assert {one for _, one in asked} == kept
    assert len(kept) == len(schedule)


def test_what_is_hurried_comes_next_at_the_same_rates_and_then_once_an_interval() -> None:
    schedule = Schedule(Pace(interval=100, rate=20, address_rate=2), seed=1)
    targets = [target(443, hostname=f"h{n}.example") for n in range(20)]
    schedule.put("shanghai", targets, 0)
    run(schedule, until=60)
    schedule.hurry([*targets[:3], target(443, hostname="stranger.example")], 61)
    asked = run(schedule, start=61, until=65)
    assert Counter(one for _, one in asked if one in targets[:3]) == dict.fromkeys(targets[:3], 1)
    assert all(after - before >= 0.5 for (before, _), (after, _) in itertools.pairwise(asked))
    later = Counter(one for _, one in run(schedule, start=65, until=465))
    assert set(later) == set(targets)
    assert max(later.values()) <= 5
