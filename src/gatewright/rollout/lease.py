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

from gatewright.background import alongside
from gatewright.kube.client import KubeClient
from gatewright.kube.errors import AlreadyExistsError, ObjectConflictError, ObjectNotFoundError
from gatewright.kube.resources import LEASES
from gatewright.model.errors import ClusterError, ConflictError
from gatewright.model.objects import Manifest, part

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
        """Raises ``ClusterHeldError`` naming the other holder and when it renewed last, and ``ClusterError``."""
        live: Manifest | None = None
        for attempt in range(1, _TRIES + 1):
            live = await self._kube.find(LEASES, NAME, NAMESPACE)
            if live is not None:
                self._require_free(live)
            try:
                await (self._create() if live is None else self._renew(live))
                return
            except (AlreadyExistsError, ObjectConflictError, ObjectNotFoundError):
                continue  # another was quicker to take it or to let go
            except ClusterError as error:
                if attempt == _TRIES or not error.retryable:
                    raise  # else an answer was lost on the way: reading again tells whether the Lease is ours
        raise _held_by(live)

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
        """Removes the Lease if it is still ours: nothing of a rollout stays behind. Errors are left to the expiry."""
        with contextlib.suppress(ClusterError, ConflictError):
            live = await self._kube.find(LEASES, NAME, NAMESPACE)
            if live is not None and _holder(live) == self.holder:
                meta = live["metadata"]
                await self._kube.delete(
                    LEASES, NAME, NAMESPACE, uid=meta["uid"], resource_version=meta["resourceVersion"]
                )

    def _require_free(self, live: Manifest) -> None:
        holder = _holder(live)
        if not holder or holder.partition("/")[0] == self._installation:
            return
        renewed = str(part(live, "spec").get("renewTime") or "")
        if renewed and _age(renewed) < EXPIRY:
            raise _held_by(live)

    async def _create(self) -> None:
        asked = asyncio.get_running_loop().time()
        manifest = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": NAME, "namespace": NAMESPACE},
            "spec": self._spec(),
        }
        await self._kube.create(LEASES, manifest, NAMESPACE)
        self._renewed = asked

    async def _renew(self, live: Manifest) -> None:
        asked = asyncio.get_running_loop().time()
        version = live["metadata"]["resourceVersion"]
        patch = {"metadata": {"resourceVersion": version}, "spec": self._spec()}
        await self._kube.patch(LEASES, NAME, patch, namespace=NAMESPACE)
        self._renewed = asked

    def _spec(self) -> Manifest:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {"holderIdentity": self.holder, "leaseDurationSeconds": DURATION, "renewTime": now}


@contextlib.asynccontextmanager
async def held(kube: KubeClient, installation: str, rollout: str) -> AsyncGenerator[Lease]:
    """Acquires, keeps renewing, and releases on leaving."""
    lease = Lease(kube, installation, rollout)
    await lease.acquire()
    try:
        async with alongside(lease.keep(), name=f"lease {rollout}"):
            yield lease
    finally:
        await lease.release()


def _held_by(live: Manifest | None) -> ClusterHeldError:
    spec = {} if live is None else part(live, "spec")
    return ClusterHeldError(
        owner=str(spec.get("holderIdentity") or "-"), renewed=str(spec.get("renewTime") or "-"), seconds=EXPIRY
    )


def _holder(live: Manifest) -> str:
    return str(part(live, "spec").get("holderIdentity") or "")


def _age(renewed: str) -> float:
    """Seconds since an RFC 3339 time; a time that cannot be read counts as long ago."""
    try:
        return (datetime.now(UTC) - datetime.fromisoformat(renewed.replace("Z", "+00:00"))).total_seconds()
    except ValueError:
        return float("inf")
