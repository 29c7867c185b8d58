"""What a team leaves behind under its name and nobody may find who is in a team that is made anew under it.

History stays as it is and is read by tenure (``store.tenures``). This is what is still in force: rollouts that could go
on, tokens that are narrowed to the name, and what is known of objects in its namespaces.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.store.clock import Clock
from gatewright.store.drift import Drifts
from gatewright.store.journal import Journal
from gatewright.store.rollouts import Rollouts
from gatewright.store.tokens import Tokens


async def clear(session: AsyncSession, clock: Clock, team: str, who: str) -> None:
    """Ends all of it for a team that goes. Raises ``TeamAtWorkError``."""
    await Rollouts(session, clock).conclude(team, who)
    await _forget(session, clock, team, who)


async def clear_left(session: AsyncSession, clock: Clock, team: str, who: str) -> None:
    """Ends what is left under a name that a new team gets: of one that was deleted before there was ``clear``."""
    await Rollouts(session, clock).abandon(team)
    await _forget(session, clock, team, who)


async def _forget(session: AsyncSession, clock: Clock, team: str, who: str) -> None:
    for token in await Tokens(session, clock).leave(team):
        before = {"name": token.name, "prefix": token.prefix, "teams": token.teams}
        await Journal(session, clock).note(who, "token.delete", f"{token.user}.{token.name}", before=before)
    await Drifts(session, clock).forget_team(team)
