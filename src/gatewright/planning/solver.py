"""Merges the claims of a cluster into the one installation that it should have, or names the claims that clash.

The answer does not depend on the order of the claims. A clash always names two claims (or one that contradicts itself),
because a person can only act on "yours and theirs, here is the difference".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, cast

import msgspec

from gatewright.gatewayapi.catalogue import catalogue
from gatewright.gatewayapi.controllers import requirements
from gatewright.gatewayapi.manifests import defaults, render
from gatewright.model.desired import BundleName, Claim, ControllerSpec
from gatewright.model.objects import Manifest, digest
from gatewright.model.plan import Finding
from gatewright.text import Message, Param


class WantedController(msgspec.Struct, frozen=True):
    """A controller with its defaults filled in, the union of the ports that its teams want, and those teams."""

    spec: ControllerSpec
    teams: tuple[str, ...]


class Installation(msgspec.Struct, frozen=True):
    """What a cluster should have. ``bundle_teams``: who wants the bundle. Controllers sorted by name."""

    bundle: BundleName | None = None
    bundle_teams: tuple[str, ...] = ()
    controllers: tuple[WantedController, ...] = ()


class Clash(msgspec.Struct, frozen=True):
    """Two claims that cannot both hold (``second`` is ``first`` where a claim contradicts itself), and why."""

    code: str
    first: Claim
    second: Claim
    reason: Message

    @property
    def finding(self) -> Finding:
        """The clash as a plan shows it: it blocks."""
        return Finding(self.code, "block", self.reason, Message(f"{self.code}.remedy", self.reason.params))


class Solution(msgspec.Struct, frozen=True):
    """``installation`` is None exactly if there are clashes."""

    installation: Installation | None
    clashes: tuple[Clash, ...] = ()


class _Wish(msgspec.Struct, frozen=True):
    claim: Claim
    controller: ControllerSpec


_SAME: Final = ("version", "namespace", "gateway_class")


def solve(claims: Iterable[Claim]) -> Solution:
    """Merge the claims of one cluster. Raises ``UnknownBundleError`` and the errors of ``gatewayapi.controllers``
    for names that the catalogue does not have."""
    ordered = sorted(claims, key=lambda c: (c.team, c.stack, c.namespace, digest(msgspec.to_builtins(c))))
    wishes = [_Wish(c, defaults(c.controller)) for c in ordered if c.controller is not None]
    clashes = (*_bundles(ordered), *_controllers(wishes), *_classes(wishes), *_needs(ordered, wishes))
    if clashes:
        return Solution(None, clashes)
    with_bundle = [c for c in ordered if c.bundle is not None]
    return Solution(
        Installation(
            with_bundle[0].bundle if with_bundle else None,
            tuple(c.team for c in with_bundle),
            tuple(_merged(name, wishes) for name in sorted({w.controller.name for w in wishes})),
        )
    )


def container_args(manifests: Sequence[Manifest]) -> tuple[str, ...]:
    """The arguments of the first container of the Deployment among a controller's manifests."""
    for manifest in manifests:
        if manifest["kind"] == "Deployment":
            container = manifest["spec"]["template"]["spec"]["containers"][0]
            return tuple(cast(list[str], container.get("args") or []))
    return ()


def _merged(name: str, wishes: Sequence[_Wish]) -> WantedController:
    same = [w for w in wishes if w.controller.name == name]
    ports = tuple(sorted({port for w in same for port in w.controller.ports}))
    return WantedController(msgspec.structs.replace(same[0].controller, ports=ports), tuple(w.claim.team for w in same))


def _bundles(claims: Sequence[Claim]) -> Iterator[Clash]:
    first: dict[BundleName, Claim] = {}
    for claim in claims:
        if claim.bundle is not None:
            first.setdefault(claim.bundle, claim)
    names = sorted(first, key=lambda name: (first[name].team, name))
    for name in names[1:]:
        one, other = first[names[0]], first[name]
        what = {"wanted": str(names[0]), "other_wanted": str(name)}
        yield _clash("planning.clash-bundle", one, other, **what)


def _controllers(wishes: Sequence[_Wish]) -> Iterator[Clash]:
    first: dict[str, _Wish] = {}
    for wish in wishes:
        one = first.setdefault(wish.controller.name, wish)
        for field in _SAME:
            ours, theirs = getattr(one.controller, field), getattr(wish.controller, field)
            if ours != theirs:
                what = {"controller": wish.controller.name, "wanted": ours, "other_wanted": theirs}
                yield _clash(f"planning.clash-controller-{field.replace('_', '-')}", one.claim, wish.claim, **what)
                break


def _classes(wishes: Sequence[_Wish]) -> Iterator[Clash]:
    first: dict[str, _Wish] = {}
    for wish in wishes:
        one = first.setdefault(wish.controller.gateway_class, wish)
        if one.controller.name != wish.controller.name:
            what = {"class": one.controller.gateway_class, "wanted": one.controller.name}
            yield _clash("planning.clash-class", one.claim, wish.claim, **what, other_wanted=wish.controller.name)


def _needs(claims: Sequence[Claim], wishes: Sequence[_Wish]) -> Iterator[Clash]:
    """A controller against every bundle that is wanted: with a stack of its own or with another team's."""
    seen: set[tuple[BundleName, str, str]] = set()
    for claim in claims:
        if claim.bundle is None:
            continue
        served = catalogue().bundle(claim.bundle).served
        for wish in wishes:
            key = (claim.bundle, wish.controller.name, wish.controller.version)
            lacking = sorted(_required(wish.controller) - served)
            if not lacking or key in seen:
                continue
            seen.add(key)
            yield _clash(
                "planning.clash-needs", wish.claim, claim,
                controller=f"{wish.controller.name} {wish.controller.version}",
                bundle=str(claim.bundle),
                lacking=", ".join(f"{crd} {version}" for crd, version in lacking),
            )  # fmt: skip


def _required(spec: ControllerSpec) -> frozenset[tuple[str, str]]:
    return requirements(spec.name, spec.version, container_args(render(spec))) or frozenset()


def _clash(code: str, one: Claim, other: Claim, **what: str) -> Clash:
    where = {"cluster": one.cluster, "team": one.team, "stack": one.stack or "-"}
    there = {"other_team": other.team, "other_stack": other.stack or "-"}
    params: dict[str, Param] = {**where, **there, **what}
    return Clash(code, one, other, Message(code, params))
