"""All repositories over one transaction: what is done through a ``Unit`` happens as a whole or not at all."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from gatewright.store.attempts import Attempts, SetupCodes
from gatewright.store.audit import Audit
from gatewright.store.clock import Clock
from gatewright.store.credentials import Credentials
from gatewright.store.deliveries import Deliveries
from gatewright.store.drift import Drifts
from gatewright.store.fleet import Fleet
from gatewright.store.journal import Journal
from gatewright.store.notifications import Notifications
from gatewright.store.people import People
from gatewright.store.plans import Plans
from gatewright.store.records import Records
from gatewright.store.registrations import Registrations
from gatewright.store.rollouts import Rollouts
from gatewright.store.sessions import Sessions
from gatewright.store.skews import Skews
from gatewright.store.states import States
from gatewright.store.tokens import Tokens
from gatewright.store.watches import Watches
from gatewright.store.workers import Workers


class Unit:
    """The repositories of one transaction (``Database.transaction`` or ``Database.reading``)."""

    def __init__(self, session: AsyncSession, clock: Clock) -> None:
        self.session = session
        self.journal = Journal(session, clock)
        self.audit = Audit(session, clock)
        self.fleet = Fleet(session, clock)
        self.credentials = Credentials(session, clock)
        self.records = Records(session, clock)
        self.plans = Plans(session, clock)
        self.rollouts = Rollouts(session, clock)
        self.workers = Workers(session, clock)
        self.states = States(session, clock)
        self.watches = Watches(session, clock)
        self.notifications = Notifications(session, clock)
        self.deliveries = Deliveries(session, clock)
        self.drifts = Drifts(session, clock)
        self.skews = Skews(session, clock)
        self.people = People(session, clock)
        self.sessions = Sessions(session, clock)
        self.tokens = Tokens(session, clock)
        self.attempts = Attempts(session, clock)
        self.setup_codes = SetupCodes(session, clock)
        self.registrations = Registrations(session, clock)
