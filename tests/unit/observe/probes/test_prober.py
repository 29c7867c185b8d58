"""The prober against real servers, at a pace of milliseconds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable

import pytest
from probing import LOOPBACK, Serve, saying, target

from gatewright.model.probe import ProbeResult, ProbeTarget
from gatewright.observe.probes.addresses import AddressPolicy, exclusions
from gatewright.observe.probes.names import Names
from gatewright.observe.probes.probe import Contexts
from gatewright.observe.probes.prober import Prober, ProberOptions
from gatewright.observe.probes.schedule import Pace

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
FAST = Pace(interval=0.05, rate=2000, address_rate=1000, cluster_targets=20)


@contextlib.asynccontextmanager
async def running(
    targets: Callable[[], Iterable[ProbeTarget]],
    contexts: Contexts,
    names: Names,
    pace: Pace = FAST,
    concurrency: int = 50,
    policy: AddressPolicy = LOOPBACK,
    confirm: float = 5.0,
) -> AsyncIterator[tuple[Prober, list[ProbeResult]]]:
    results: list[ProbeResult] = []
    options = ProberOptions(policy, pace, concurrency=concurrency, refresh=0.02, confirm=confirm)
    prober = Prober(lambda: by_cluster(targets()), results.append, options, names=names, contexts=contexts)
    task = asyncio.create_task(prober.run())
    try:
        yield prober, results
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def by_cluster(targets: Iterable[ProbeTarget]) -> Iterable[tuple[str, list[ProbeTarget]]]:
    found: dict[str, list[ProbeTarget]] = {}
    for one in targets:
        found.setdefault(one.cluster, []).append(one)
    return found.items()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


async def test_every_target_is_asked_again_and_again(serve: Serve, contexts: Contexts, names: Names) -> None:
    async with serve(saying(OK)) as port:
        wanted = [target(port, hostname=f"h{n}.example", address=f"127.0.0.{n + 1}") for n in range(3)]
        wanted[1:] = [target(port, hostname=f"h{n}.example") for n in (1, 2)]
        async with running(lambda: wanted, contexts, names) as (prober, results):
            await until(lambda: all(sum(r.target == one for r in results) > 3 for one in wanted))
            assert {r.outcome for r in results} == {"ok"}
            report = prober.report()
    assert (report.targets, dict(report.cut)) == (3, {})
    assert report.probes["ok"] >= 12


async def test_targets_come_and_go(serve: Serve, contexts: Contexts, names: Names) -> None:
    async with serve(saying(OK)) as port:
        one, other = target(port, hostname="a.example"), target(port, hostname="b.example")
        wanted = [one]
        async with running(lambda: wanted, contexts, names) as (prober, results):
            await until(lambda: results)
            wanted[:] = [other]
            await until(lambda: any(r.target == other for r in results))
            results.clear()
            await until(lambda: len(results) > 5)
            assert {r.target for r in results} == {other}
            wanted.clear()
            await until(lambda: prober.report().targets == 0)
            wanted[:] = [target(port, cluster="big", hostname=f"h{n}.example") for n in range(30)]
            await until(lambda: prober.report().cut)
            assert dict(prober.report().cut) == {"big": 10}


async def test_which_cluster_the_hostname_points_to(serve: Serve, contexts: Contexts) -> None:
    table = {"shop.example": ("127.0.0.1",), "away.example": ("203.0.113.7",), "lb.example": ("203.0.113.7",)}
    names = Names(lambda name: table.get(name, ()))
    # the third is never connected to: it is a name for an address that is excluded
    policy = AddressPolicy(loopback=True, exclusions=exclusions("203.0.113.0/24"))
    async with serve(saying(OK)) as port:
        wanted = [
            target(port, cluster="shanghai", hostname="shop.example"),
            target(port, cluster="beijing", hostname="away.example"),
            target(port, cluster="paris", hostname="none.example", address="lb.example"),
        ]
        async with running(lambda: wanted, contexts, names, policy=policy) as (_, results):
            await until(lambda: any(r.answered_by == ("paris",) for r in results))
            results.clear()
            await until(lambda: {r.target for r in results} == set(wanted))
    found = {r.target.hostname: (r.resolved, r.answered_by) for r in results}
    assert found == {
        "shop.example": (("127.0.0.1",), ("beijing", "shanghai")),
        "away.example": (("203.0.113.7",), ("paris",)),
        "none.example": ((), ()),
    }


async def test_one_address_under_many_names_is_asked_one_at_a_time(serve: Serve, contexts: Contexts) -> None:
    under_way = most = 0

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.01)
        under_way -= 1
        writer.write(OK)
        await writer.drain()

    async with serve(handler) as port:
        wanted = [target(port, address=f"lb{n}.example") for n in range(20)]
        names = Names(lambda _: ("127.0.0.1",))
        async with running(lambda: wanted, contexts, names) as (_, results):
            await until(lambda: len(results) > 20)
    assert most == 1


async def test_a_silent_server_holds_up_nobody_else(serve: Serve, contexts: Contexts, names: Names) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with serve(silent) as bad, serve(saying(OK)) as good:
        wanted = [target(bad, address="127.0.0.1"), target(good, address="here.example", cluster="other")]
        wanted[1] = target(good, address="::ffff:127.0.0.1", cluster="other")
        wanted[0] = target(bad, address="127.0.0.2")
        async with running(lambda: wanted, contexts, names) as (_, results):
            await until(lambda: sum(r.outcome == "ok" for r in results) > 10)


async def test_with_no_room_a_probe_waits(serve: Serve, contexts: Contexts, names: Names) -> None:
    async with serve(saying(OK)) as port:
        wanted = [target(port, hostname=f"h{n}.example") for n in range(5)]
        async with running(lambda: wanted, contexts, names, concurrency=1) as (_, results):
            await until(lambda: {r.target for r in results} == set(wanted))


async def test_a_sink_that_fails_ends_the_run(serve: Serve, contexts: Contexts, names: Names) -> None:
    def sink(_: ProbeResult) -> None:
        raise RuntimeError("full")

    async with serve(saying(OK)) as port:
        options = ProberOptions(LOOPBACK, FAST, refresh=0.02)
        prober = Prober(lambda: by_cluster([target(port)]), sink, options, names=names, contexts=contexts)
        with pytest.raises(ExceptionGroup) as raised:
            async with asyncio.timeout(60):
                await prober.run()
    assert raised.group_contains(RuntimeError, match="full")


SLOW = Pace(interval=3600, rate=2000, address_rate=1000)


async def test_what_somebody_asks_for_is_asked_now(serve: Serve, contexts: Contexts, names: Names) -> None:
    async with serve(saying(OK)) as port:
        wanted = [target(port, hostname=f"h{n}.example") for n in range(40)]
        async with running(lambda: wanted, contexts, names, SLOW) as (prober, results):
            stranger = target(port, hostname="stranger.example")
            one, both = await asyncio.gather(
                prober.now([wanted[7], stranger], 60), prober.now([wanted[7], wanted[8], wanted[8]], 60)
            )
            assert [r.target for r in one] == [wanted[7]]
            assert [r.target for r in both] == wanted[7:9]
            assert all(r in results for r in (*one, *both))
            again = await prober.now(wanted[7:8], 60)
            assert [r.target for r in again] == wanted[7:8]
            assert again[0] is not one[0]


async def test_nobody_waits_longer_than_they_said(serve: Serve, contexts: Contexts, names: Names) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serve(silent) as port:
        wanted = [target(port, hostname="a.example")]
        async with running(lambda: wanted, contexts, names, SLOW) as (prober, _):
            assert await prober.now(wanted, 0.05) == []
            assert await prober.now([], 60) == []


async def test_an_outcome_that_is_new_is_confirmed_before_its_interval_ends(
    serve: Serve, contexts: Contexts, names: Names
) -> None:
    answers = [OK, OK.replace(b"200 OK", b"503 Away"), OK]

    async def changing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answers.pop(0) if answers else OK)
        await writer.drain()
        writer.close()

    async with serve(changing) as port:
        wanted = [target(port, hostname="a.example")]
        async with running(lambda: wanted, contexts, names, SLOW, confirm=0.05) as (prober, results):
            await prober.now(wanted, 60)
            await prober.now(wanted, 60)
            await until(lambda: len(results) >= 3)
            assert [r.outcome for r in results[:3]] == ["ok", "http", "ok"]
