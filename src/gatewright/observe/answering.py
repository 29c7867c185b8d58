"""Whether a cluster answers, and whether it is still the registered one: what its watcher asks again and again.

Feeds and the reading of CRDs report here what works and what fails, and ask here who answers before they believe it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Final

import msgspec

from gatewright.gatewayapi.live import Snapshot
from gatewright.kube.client import KubeClient
from gatewright.kube.errors import ForbiddenError, UnauthorizedError
from gatewright.model.errors import GatewrightError
from gatewright.observe.feeds import BASE, FeedSpec
from gatewright.observe.listener import Listener
from gatewright.observe.pulse import ClusterReplacedError, Pulse, SlowError
from gatewright.observe.survey import identity

_VERSION_EVERY: Final = 30


class AnsweringOptions(msgspec.Struct, frozen=True):
    """``heartbeat``: seconds between two small questions; ``patience``: seconds that an answer may take; ``identity``:
    seconds until a cluster that is another one is asked again."""

    heartbeat: float = 10.0
    patience: float = 6.0
    identity: float = 30.0


class Answering:
    """The questions to one cluster, and what its answers say of its ``pulse``."""

    def __init__(
        self,
        uid: str,
        snapshot: Snapshot,
        kube: KubeClient,
        pulse: Pulse,
        listener: Listener,
        options: AnsweringOptions,
    ) -> None:
        self._uid = uid
        self._snapshot = snapshot
        self._kube = kube
        self._pulse = pulse
        self._listener = listener
        self._options = options
        self._failing: dict[FeedSpec, int] = {}
        self._troubles: dict[FeedSpec, GatewrightError] = {}
        self._sure = asyncio.Event()
        self._doubts = 0
        self._vouching = asyncio.Lock()
        self._vouched = -1
        """The newest connection of which it is known who answers there (``Transport.opened``)."""
        self._wake = asyncio.Event()

    # Who answers

    async def identified(self) -> None:
        """Returns once the cluster is known to be the registered one."""
        failures = 0
        while True:
            began = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(self._options.patience):
                    await self._identify()
                self.beat(asyncio.get_running_loop().time() - began)
                self._sure.set()
                return
            except TimeoutError:
                self.fail(SlowError(seconds=round(self._options.patience)))
            except GatewrightError as error:
                self.fail(error)
            failures += 1
            pause = min(self._options.identity, 2.0 ** min(failures, 6))
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))

    async def vouch(self) -> None:
        """As ``feed.Sink.vouch``."""
        while self._vouched != self._kube.transport.opened:
            async with self._vouching:
                if self._vouched != self._kube.transport.opened:
                    await self._identify()

    async def again(self) -> None:
        """As ``feed.Sink.again``."""
        self._doubts += 1
        self._sure.clear()
        self._wake.set()
        await self._sure.wait()

    async def _identify(self) -> None:
        """Raises ``ClusterReplacedError``, and what keeps the cluster from saying which one it is."""
        newest = self._kube.transport.opened
        found = await identity(self._kube, multiplexed=True)
        if found != self._uid:
            raise ClusterReplacedError(uid=found, registered=self._uid)
        opened = self._kube.transport.opened
        # One more is the connection that the question needed.
        self._vouched = opened if opened - newest <= 1 else newest

    # Whether it answers

    async def run(self) -> None:
        """Asks until cancelled. Raises ``ClusterReplacedError``."""
        beats = 0
        while True:
            began, doubts = asyncio.get_running_loop().time(), self._doubts
            try:
                async with asyncio.timeout(self._options.patience):
                    await self._ask(beats)
                self.beat(asyncio.get_running_loop().time() - began)
                beats += 1
                if doubts == self._doubts:
                    self._sure.set()
            except TimeoutError:
                self._kube.transport.doubt()
                self.fail(SlowError(seconds=round(self._options.patience)))
            except ClusterReplacedError:
                raise
            except GatewrightError as error:
                self.fail(error)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._options.heartbeat * random.uniform(0.9, 1.1)):
                    await self._wake.wait()
                    # A feed failed: ask soon, but not for each feed that fails.
                    await asyncio.sleep(min(1.0, self._options.heartbeat))
            self._wake.clear()

    async def _ask(self, beats: int) -> None:
        """The smallest question; now and then also for the version, which changes once in months."""
        if beats % _VERSION_EVERY == 0 and self._sure.is_set():
            self._snapshot.kubernetes = await self._kube.version(multiplexed=True)
            return
        await self._identify()

    def beat(self, seconds: float | None = None, *, partly: bool = False) -> None:
        """The cluster answered, after ``seconds`` where that was measured; ``partly``: but not everything."""
        before, trouble = self._pulse.seen_at, next(iter(self._troubles.values()), None)
        if trouble is None:
            changed = self._pulse.heard(seconds)
        else:
            if not partly:
                self._pulse.heard()
            changed = (partly or seconds is not None) and self._pulse.failed(trouble, partly=True)
        if changed or self._pulse.seen_at != before:
            self._listener.pulsed(self._uid)

    def fail(self, error: GatewrightError) -> None:
        """The cluster did not answer, or is another one."""
        error.within(self._snapshot.cluster)
        self._pulse.failed(error)
        self._listener.pulsed(self._uid)

    # What feeds meet

    def failed(self, spec: FeedSpec, error: GatewrightError) -> None:
        """A feed failed."""
        times = self._failing[spec] = self._failing.get(spec, 0) + 1
        forbidden = isinstance(error, ForbiddenError)
        if (spec in BASE if forbidden else times > 1) or isinstance(error, UnauthorizedError):
            # Once may be an accident; what fails again is told, even while smaller questions are answered.
            self._troubles[spec] = error
            self.beat(partly=True)

    def recovered(self, spec: FeedSpec) -> None:
        """A feed works, or is no more."""
        self._failing.pop(spec, None)
        if self._troubles.pop(spec, None) is not None and not self._troubles:
            self._wake.set()

    def forget(self) -> None:
        """No feed runs any more."""
        self._troubles.clear()
        self._failing.clear()
