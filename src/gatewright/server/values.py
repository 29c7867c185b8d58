"""Answers of the API that are made for it; the others are values of the model, of observing and of the store."""

from __future__ import annotations

import msgspec

from gatewright.model.desired import Binding, Change, Stack, Team, Verb
from gatewright.model.manifest import manifest_of
from gatewright.model.objects import Manifest
from gatewright.model.plan import Outcome, Plan


class PlanAnswer(msgspec.Struct, frozen=True):
    """A plan with its address and what it comes to."""

    hash: str
    outcome: Outcome
    plan: Plan


class ChangeView(msgspec.Struct, frozen=True):
    """What applying one manifest did or would do; ``before`` and ``after`` are manifests."""

    verb: Verb
    kind: str
    name: str
    after: Manifest
    before: Manifest | None = None


def change_view(change: Change) -> ChangeView:
    """The change as the API tells it."""
    before = None if change.before is None else manifest_of(change.before)
    return ChangeView(change.verb, change.kind, change.name, manifest_of(change.after), before)


class BundleRow(msgspec.Struct, frozen=True):
    """A release in the list. ``kubernetes``: the oldest minor on which it works."""

    version: str
    channel: str
    released: str
    kubernetes: str
    crds: int
    digest: str


class Pulled(msgspec.Struct, frozen=True):
    """What was fetched; ``crds`` were checked against the catalogue."""

    version: str
    channel: str
    crds: int
    digest: str


class TeamView(msgspec.Struct, frozen=True):
    """A team with everything that is its own."""

    team: Team
    bindings: list[Binding]
    stacks: list[Stack]
