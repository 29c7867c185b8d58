"""Scenes 10 and 11: what goes wrong is seen as it happens: a backend that is away, and a CRD that somebody edits."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from gatewright.cli.demo import look
from gatewright.cli.demo.install import PAYMENTS, A, B
from gatewright.cli.demo.stage import Ran, Stage
from gatewright.cli.demo.traffic import HOST, flows
from gatewright.cli.exits import UNHEALTHY
from gatewright.model.drift import Drift
from gatewright.model.health import ClusterHealth, Found

MANAGER: Final = "night-shift"
CRD: Final = "httproutes.gateway.networking.k8s.io"
_PROBES: Final = ("probes", "run", "--team", "payments", "--cluster", B, "--hostname", HOST)
_MISSING: Final = "health.backend-missing"


async def health(stage: Stage) -> None:
    """The Service behind the route of B is deleted, and comes back."""
    stage.check("healthy", await stage.eventually(lambda: _healthy(stage)), await _state(stage), cluster=B)
    service = f"Service {PAYMENTS[B]}/shop"
    await stage.kubectl(B, "delete", "service/shop", "--namespace", PAYMENTS[B])
    seconds = await _within(stage, lambda: _missing(stage))
    found = await _missing(stage)
    named = [f for f in found if f.finding.cause is not None and str(f.finding.cause) == service]
    seen = f"{_MISSING}, {seconds:.1f} s" if found else "-"
    stage.check("cause-named", len(named) == 1, seen, cluster=B, cause=service)
    broken = await stage.eventually(lambda: _unserved(stage))
    stage.check("unserved", broken, f"{(await stage.http(B, HOST))[0]}", cluster=B)
    probed = await stage.gatewright(*_PROBES, code=UNHEALTHY)
    stage.check("probe-fails", HOST in probed.out and probed.code == UNHEALTHY, _line(probed, HOST), name=HOST)
    told = await stage.gatewright("health", "--team", "payments", code=UNHEALTHY)
    stage.check("health-told", service in told.out and B in told.out, _line(told, service), cause=service)
    await stage.gatewright("explain", "httproute/shop", "--team", "payments", "--cluster", B)
    await stage.kubectl(B, "apply", "-f", f"{PAYMENTS[B]}-{B}.json")
    await flows(stage, [B])
    probed = await stage.gatewright(*_PROBES)
    stage.check("probe-answers", HOST in probed.out and probed.code == 0, _line(probed, HOST), name=HOST)
    await _within(stage, lambda: _healthy(stage))
    left = await _missing(stage)
    stage.check("healthy-again", not left and await _healthy(stage), await _state(stage), cluster=B)


async def drift(stage: Stage) -> None:
    """Somebody edits a CRD of ours with kubectl; it is found, named, and put back."""
    before = await _column(stage)
    path = "/spec/versions/0/additionalPrinterColumns/0/name"
    patch = json.dumps([{"op": "replace", "path": path, "value": "Edited"}])
    edit = ("patch", f"crd/{CRD}", "--type=json", "-p", patch, f"--field-manager={MANAGER}")
    await stage.kubectl(A, *edit)
    stage.check("edited", await _column(stage) == "Edited", f"{before} -> {await _column(stage)}", cluster=A, name=CRD)
    seconds = await _within(stage, lambda: _drifts(stage))
    found = await _drifts(stage)
    managers = sorted({drift.manager for drift in found})
    seen = f"{', '.join(str(d.ref) for d in found)}: {', '.join(managers)}, {seconds:.1f} s"
    stage.check("drift-named", managers == [MANAGER] and len(found) == 1, seen, cluster=A, manager=MANAGER)
    told = await stage.gatewright("drift", "list", "--team", "payments")
    stage.check("drift-told", MANAGER in told.out, _line(told, MANAGER), manager=MANAGER)
    await stage.gatewright("drift", "heal", A, "--team", "payments", "--yes")
    back = await stage.eventually(lambda: _settled(stage))
    stage.check("put-back", back and await _column(stage) == before, await _column(stage), cluster=A, name=CRD)


def _line(ran: Ran, word: str) -> str:
    """The first line of its output with ``word``."""
    return next((" ".join(line.split()) for line in ran.out.splitlines() if word in line), "")


async def _within(stage: Stage, holds: Callable[[], Awaitable[object]]) -> float:
    """Seconds until it comes true, or until patience ends."""
    began = time.monotonic()
    await stage.eventually(holds)
    return time.monotonic() - began


async def _state(stage: Stage) -> str:
    async with stage.api() as api:
        return (await api.get(f"/clusters/{B}/health", ClusterHealth, team="payments")).state


async def _healthy(stage: Stage) -> bool:
    return await _state(stage) == "healthy"


async def _missing(stage: Stage) -> list[Found]:
    async with stage.api() as api:
        return await api.get("/findings", list[Found], team="payments", cluster=[B], code=_MISSING)


async def _unserved(stage: Stage) -> bool:
    return (await stage.http(B, HOST))[0] != 200


async def _drifts(stage: Stage) -> list[Drift]:
    async with stage.api() as api:
        return await api.get("/drifts", list[Drift], team="payments", cluster=A)


async def _settled(stage: Stage) -> bool:
    return not await _drifts(stage)


async def _column(stage: Stage) -> str:
    """What A's own API server has as the first printer column of HTTPRoute."""
    crd: dict[str, Any] = (await look.crds(stage, A))[CRD]
    return str(crd["spec"]["versions"][0]["additionalPrinterColumns"][0]["name"])
