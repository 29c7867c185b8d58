"""Since when teams are what they are: a team that is deleted and made anew under its old name is another team."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Tenures(msgspec.Struct, frozen=True):
    """Teams as they are now: of each, since when (``store.clock``). What is stored under a team's name is that team's
    from that moment on; what is older was of a team that had the name before."""

    since: Mapping[str, str] = {}

    def still(self, now: Tenures) -> bool:
        """Whether all of these are the same teams ``now``."""
        return all(now.since.get(team) == since for team, since in self.since.items())
