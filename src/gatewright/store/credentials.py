"""Sealed credentials by cluster. Plaintext never comes here: ``store.secrets`` seals and opens."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.store.clock import Clock, stamp
from gatewright.store.secrets import KeyRing, Sealed
from gatewright.store.sql import affected, row, rows, upsert
from gatewright.store.tables import CredentialRow


class Credentials:
    """The credentials of one transaction."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self._session = session
        self._clock = clock

    async def any(self) -> bool:
        """Whether any credential is stored: then a missing key is an error and not a new installation."""
        return await row(self._session, select(CredentialRow.cluster_id)) is not None

    async def put(self, cluster_uid: str, sealed: Sealed) -> None:
        """Keeps the credential of a registered cluster in place of its earlier one."""
        values = {
            "cluster_id": cluster_uid,
            "key_id": sealed.key_id,
            "wrapped_key": sealed.wrapped_key,
            "ciphertext": sealed.ciphertext,
            "updated_at": stamp(self._clock()),
        }
        await upsert(self._session, CredentialRow, ["cluster_id"], values)

    async def get(self, cluster_uid: str) -> Sealed | None:
        """The cluster's credential, sealed; None where it has none."""
        found = await row(self._session, select(CredentialRow).where(CredentialRow.cluster_id == cluster_uid))
        return None if found is None else _sealed(found)

    async def updated(self) -> dict[str, str]:
        """When each cluster's credential was last replaced."""
        found = await self._session.execute(select(CredentialRow.cluster_id, CredentialRow.updated_at))
        return {row.cluster_id: row.updated_at for row in found}

    async def forget(self, cluster_uid: str) -> None:
        await affected(self._session, delete(CredentialRow).where(CredentialRow.cluster_id == cluster_uid))

    async def rewrap(self, ring: KeyRing) -> int:
        """Wraps every data key with the ring's current key; gives how many were not. Raises ``KeyWrongError``."""
        query = select(CredentialRow).where(CredentialRow.key_id != ring.current)
        outdated = await rows(self._session, query)
        for found in outdated:
            await self.put(found.cluster_id, ring.rewrap(found.cluster_id, _sealed(found)))
        return len(outdated)


def _sealed(row: CredentialRow) -> Sealed:
    return Sealed(row.key_id, row.wrapped_key, row.ciphertext)
