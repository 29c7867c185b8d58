"""What was last seen of each cluster, with its time. What a failed attempt could not see stays visible, with its
age."""

from __future__ import annotations

from typing import cast

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.model.errors import ErrorReport
from gatewright.model.observation import Observation
from gatewright.model.status import Reachability
from gatewright.store.clock import Clock, stamp
from gatewright.store.sql import pack, row, rows, unpack_maybe, upsert
from gatewright.store.tables import ObservationRow


class Seen(msgspec.Struct, frozen=True, omit_defaults=True):
    """``since``: when ``reachability`` became what it is. ``observation`` is the last that succeeded (its ``seen_at``),
    ``error`` why the last attempt (``checked_at``) failed."""

    cluster_uid: str
    reachability: Reachability
    since: str
    checked_at: str
    observation: Observation | None = None
    error: ErrorReport | None = None


class Observations:
    """The observations of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def saw(self, observation: Observation, reachability: Reachability = "reachable") -> None:
        """An attempt succeeded. Specs of CRDs (a megabyte) are not kept."""
        crds = tuple(msgspec.structs.replace(crd, spec=None) for crd in observation.crds)
        body = pack(msgspec.structs.replace(observation, crds=crds))
        await self._put(observation.uid, reachability, seen_at=observation.seen_at, body=body, error=None)

    async def failed(self, cluster_uid: str, reachability: Reachability, error: ErrorReport) -> None:
        """An attempt failed; what was seen before stays."""
        await self._put(cluster_uid, reachability, error=pack(error))

    async def get(self, cluster_uid: str) -> Seen | None:
        """None for a cluster that nobody tried to look at yet."""
        found = await self._row(cluster_uid)
        return None if found is None else _seen(found)

    async def all(self) -> dict[str, Seen]:
        """What is known of every cluster, by its UID."""
        return {found.cluster_id: _seen(found) for found in await rows(self._session, select(ObservationRow))}

    async def _row(self, cluster_uid: str) -> ObservationRow | None:
        return await row(self._session, select(ObservationRow).where(ObservationRow.cluster_id == cluster_uid))

    async def _put(self, cluster_uid: str, reachability: Reachability, **values: str | None) -> None:
        before = await self._row(cluster_uid)
        now = stamp(self._clock())
        since = before.since if before and before.reachability == reachability else now
        attempt = {"cluster_id": cluster_uid, "reachability": reachability, "since": since, "checked_at": now}
        await upsert(self._session, ObservationRow, ["cluster_id"], {**attempt, **values})


def _seen(row: ObservationRow) -> Seen:
    return Seen(
        row.cluster_id,
        cast(Reachability, row.reachability),
        row.since,
        row.checked_at,
        unpack_maybe(row.body, Observation),
        unpack_maybe(row.error, ErrorReport),
    )
