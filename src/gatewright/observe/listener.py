"""Who is told what is learnt of a cluster by watching it."""

from __future__ import annotations

from typing import Any, Protocol

from gatewright.gatewayapi.kinds import GroupKind, Key
from gatewright.gatewayapi.live import Touched


class Listener(Protocol):
    """Never waits. ``uid``: the cluster's."""

    def changed(self, uid: str, kind: GroupKind, key: Key, before: Any, after: Any) -> None:
        """One object of the snapshot; None: not there."""
        ...

    def replaced(self, uid: str) -> None:
        """So much of the snapshot that all of it must be judged anew."""
        ...

    def pulsed(self, uid: str) -> None:
        """Reachability, or only when it was last confirmed."""
        ...

    def touched(self, event: Touched) -> None: ...
