"""Scene 14: payments leaves A, then orders does. Only what Gatewright created goes, and never what is in use."""

from __future__ import annotations

from gatewright.cli.demo import look
from gatewright.cli.demo.install import PAYMENTS, STOPPED, A, B, C
from gatewright.cli.demo.stage import Stage
from gatewright.cli.demo.traffic import ORDERS, flows


async def leave(stage: Stage) -> None:
    others = await stage.everywhere(lambda c: look.ours(stage, c), (B, C))
    foreign = await look.foreign(stage, A)
    await _payments(stage)
    await _orders(stage)
    gone, left = await look.crds(stage, A), await look.ours(stage, A)
    stage.check("a-clean", not gone and not left, ", ".join([*gone, *left]), cluster=A)
    now = await look.foreign(stage, A)
    stage.check("shared-untouched", foreign == now, look.changed(foreign, now), cluster=A, name=look.SHARED)
    after = await stage.everywhere(lambda c: look.ours(stage, c), (B, C))
    changed = ", ".join(filter(None, map(look.changed, others, after)))
    stage.check("others-untouched", not changed, changed, clusters=f"{B}, {C}")
    await flows(stage, (B, C))


async def _payments(stage: Stage) -> None:
    """While orders is there, only the namespace of payments goes."""
    marks = await look.ours(stage, A)
    namespace = PAYMENTS[A]
    await _take_down(stage, namespace)
    await stage.gatewright("plan", "payments", "--cluster", A, "--leave")
    await stage.gatewright("unbind", f"payments/{A}", "--yes")
    changed = look.changed(marks, await look.ours(stage, A))
    stage.check("only-namespace-gone", changed == f"Namespace {namespace}", changed, cluster=A, name=namespace)


async def _orders(stage: Stage) -> None:
    """The last team: the installation would go, but its CRDs have objects; then they have none, and it goes."""
    marks = await look.ours(stage, A)
    refused = await stage.gatewright("unbind", f"orders/{A}", "--yes", code=STOPPED)
    named = refused.sentence("orders (orders)")
    stage.check("crd-in-use", named and marks == await look.ours(stage, A), named, cluster=A)
    await _take_down(stage, ORDERS[A])
    await stage.gatewright("unbind", f"orders/{A}", "--yes")


async def _take_down(stage: Stage, namespace: str) -> None:
    """The application team removes its own: Gatewright never does."""
    await stage.kubectl(A, "delete", "httproute/shop", "gateway/web", "service/shop", "--namespace", namespace)
    await stage.kubectl(A, "delete", "endpointslice/shop", "--namespace", namespace, "--ignore-not-found")
