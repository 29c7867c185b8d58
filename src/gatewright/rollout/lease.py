"""The Lease in a cluster that keeps two installations of Gatewright from writing to it at once (invariant 4).

Object: ``Lease kube-system/gatewright`` (coordination.k8s.io/v1). Holder: ``INSTALLATION/ROLLOUT.GENERATION``, since a
process that was asleep must not give up what its successor holds. A holder of the same installation is replaced at
once: the lock in our own database already excludes a second rollout. Another installation's is respected until it was
not renewed for ``EXPIRY`` seconds. Clocks of two installations may differ, so ``EXPIRY`` is twice the time after which
a holder stops writing by itself (``DURATION``).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import ClassVar, Final

from gatewright.kube.client import KubeClient
from gatewright.kube.errors import AlreadyExistsError, ObjectConflictError
from gatewright.kube.resources import LEASES
from gatewright.model.errors import ClusterError, ConflictError
from gatewright.model.objects import Manifest

NAMESPACE: Final = "kube-system"
NAME: Final = "gatewright"
DURATION: Final = 30
EXPIRY: Final = 2 * DURATION
_TRIES: Final = 3


class ClusterHeldError(ConflictError):
    """Another installation of Gatewright is writing to this cluster now."""

    code: ClassVar[str] = "rollout.cluster-held"


class LeaseLostError(ConflictError):
    """The Lease could not be renewed in time, so nothing more may be written."""

    code: ClassVar[str] = "rollout.lease-lost"


class Lease:
    """A held Lease; ``check`` before every write."""

    def __init__(self, kube: KubeClient, installation: str, rollout: str) -> None:
        self._kube = kube
        self._installation = installation
        self.holder = f"{installation}/{rollout}"
        self._renewed = 0.0

    async def acquire(self) -> None:
        """Raises ``ClusterHeldError`` naming the other holder and when it renewed last."""
        live = await self._kube.find(LEASES, NAME, NAMESPACE)
        if live is None:
            await self._create()
        else:
            self._require_free(live)
            await self._take(live)

    def check(self) -> None:
        """Raises ``LeaseLostError`` when the last renewal is older than the duration that others rely on."""
        if asyncio.get_running_loop().time() - self._renewed > DURATION:
            raise LeaseLostError(owner=self.holder)

    async def keep(self) -> None:
        """Renews three times per duration until cancelled; a cluster that does not answer is asked again."""
        while True:
            await asyncio.sleep(DURATION / 3)
            with contextlib.suppress(ClusterError):
                live = await self._kube.get(LEASES, NAME, NAMESPACE)
                if _holder(live) != self.holder:
                    return
                await self._renew(live)

    async def release(self) -> None:
        """Gives the Lease up if it is still ours. Errors are left to the expiry."""
        with contextlib.suppress(ClusterError, ConflictError):
            live = await self._kube.find(LEASES, NAME, NAMESPACE)
            if live is not None and _holder(live) == self.holder:
                await self._patch(live, "")

    def _require_free(self, live: Manifest) -> None:
        holder = _holder(live)
        if not holder or holder.partition("/")[0] == self._installation:
            return
        renewed = str(live.get("spec", {}).get("renewTime", ""))
        if renewed and _age(renewed) < EXPIRY:
            raise ClusterHeldError(owner=holder, renewed=renewed, seconds=EXPIRY)

    async def _create(self) -> None:
        manifest = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": NAME, "namespace": NAMESPACE},
            "spec": self._spec(self.holder),
        }
        try:
            await self._kube.create(LEASES, manifest, NAMESPACE)
        except AlreadyExistsError:
            live = await self._kube.get(LEASES, NAME, NAMESPACE)
            self._require_free(live)
            await self._take(live)
            return
        self._renewed = asyncio.get_running_loop().time()

    async def _take(self, live: Manifest) -> None:
        for _ in range(_TRIES):
            try:
                await self._renew(live)
                return
            except ObjectConflictError:  # another was quicker, or an answer to us was lost
                live = await self._kube.get(LEASES, NAME, NAMESPACE)
                self._require_free(live)
        raise ClusterHeldError(owner=_holder(live), renewed=str(live["spec"].get("renewTime", "")), seconds=EXPIRY)

    async def _renew(self, live: Manifest) -> None:
        asked = asyncio.get_running_loop().time()
        await self._patch(live, self.holder)
        self._renewed = asked

    async def _patch(self, live: Manifest, holder: str) -> None:
        version = live["metadata"]["resourceVersion"]
        patch = {"metadata": {"resourceVersion": version}, "spec": self._spec(holder)}
        await self._kube.patch(LEASES, NAME, patch, namespace=NAMESPACE)

    def _spec(self, holder: str) -> Manifest:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {"holderIdentity": holder, "leaseDurationSeconds": DURATION, "renewTime": now}


@contextlib.asynccontextmanager
async def held(kube: KubeClient, installation: str, rollout: str) -> AsyncGenerator[Lease]:
    """Acquires, keeps renewing, and releases on leaving."""
    lease = Lease(kube, installation, rollout)
    await lease.acquire()
    keeper = asyncio.create_task(lease.keep(), name=f"lease {rollout}")
    try:
        yield lease
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
        await lease.release()


def _holder(live: Manifest) -> str:
    return str(live.get("spec", {}).get("holderIdentity") or "")


def _age(renewed: str) -> float:
    """Seconds since an RFC 3339 time; a time that cannot be read counts as long ago."""
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(renewed.replace("Z", "+00:00"))).total_seconds()
    except ValueError:
        return float("inf")
