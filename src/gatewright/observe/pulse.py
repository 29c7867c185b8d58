"""Whether a cluster answers: ``reachable``, ``slow``, ``unreachable`` or ``forbidden``, and since when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar, Final

from gatewright.kube.errors import (
    ConnectionFailedError,
    CredentialError,
    ForbiddenError,
    TimedOutError,
    TooLargeError,
    UnauthorizedError,
)
from gatewright.model.errors import ClusterError, ErrorReport, GatewrightError
from gatewright.model.moments import rfc3339
from gatewright.model.status import Reachability

SLOW_SECONDS: Final = 2.0
"""An answer to the smallest question that takes longer makes a cluster slow."""


class SlowError(ClusterError):
    """The cluster answers, but not within the time that is given it."""

    code: ClassVar[str] = "observe.slow"


class ClusterReplacedError(ClusterError):
    """Another cluster answers at the address: the UID of its ``kube-system`` namespace is not the registered one."""

    code: ClassVar[str] = "observe.replaced"


def utc_now() -> datetime:
    return datetime.now(UTC)


def reachability_of(error: GatewrightError) -> Reachability:
    """What a failure says about the cluster as a whole."""
    if isinstance(error, UnauthorizedError | ForbiddenError | CredentialError):
        return "forbidden"
    if isinstance(error, TooLargeError):
        return "slow"
    if isinstance(error, TimedOutError):
        return "slow" if error.sent else "unreachable"
    return "unreachable" if isinstance(error, ConnectionFailedError | ClusterReplacedError) else "slow"


class Pulse:
    """The state of one cluster's reachability. ``seen_at`` is the last moment at which it was heard."""

    def __init__(
        self,
        *,
        state: Reachability = "unreachable",
        since: str = "",
        seen_at: str = "",
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._clock = clock
        self.state: Reachability = state
        self.since = since or rfc3339(clock())
        self.seen_at = seen_at
        self.checked_at = ""
        self.error: ErrorReport | None = None

    def heard(self, seconds: float | None = None) -> bool:
        """The cluster answered, after ``seconds`` where that was measured. Tells whether the state changed."""
        now = rfc3339(self._clock())
        self.seen_at = self.checked_at = now
        if seconds is None:
            return False
        if seconds > SLOW_SECONDS:
            return self._become("slow", SlowError(seconds=round(seconds)).report)
        return self._become("reachable", None)

    def failed(self, error: GatewrightError, *, partly: bool = False) -> bool:
        """It did not; ``partly``: it answers, but not everything. Tells whether the state changed."""
        self.checked_at = rfc3339(self._clock())
        state = reachability_of(error)
        return self._become("slow" if partly and state == "unreachable" else state, error.report)

    def _become(self, state: Reachability, error: ErrorReport | None) -> bool:
        changed = state != self.state
        self.error = error
        if changed:
            self.state, self.since = state, rfc3339(self._clock())
        return changed
