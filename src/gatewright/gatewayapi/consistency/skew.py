"""How far the clusters of one team differ, whether the team allows that, and what would level them.

Levels, from least to most: ``patch`` (one minor), ``minor`` (another minor or major), ``any`` (what has no order:
another channel, a mixed cluster, a monthly or unannotated build, a cluster that has nothing of what its stack wants).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from gatewright.gatewayapi.versions import VersionKey, version_key
from gatewright.model.desired import API_VERSION, BundleName, SkewLevel, SkewPolicy
from gatewright.model.durations import duration_of
from gatewright.model.health import HealthFinding
from gatewright.model.moments import rfc3339
from gatewright.model.objects import ObjectRef
from gatewright.model.versions import ClusterVersions, Skew, SkewFinding
from gatewright.text import Message, message

RANK: Final[Mapping[str, int]] = {"none": 0, "patch": 1, "minor": 2, "any": 3}

_LISTED: Final = 5
_LOWEST: Final[VersionKey] = (-1, 0, 0, 0, "")


def level_between(one: str, other: str) -> SkewLevel:
    """How far two versions are apart; ``any`` where one of them is no version and they are not the same text."""
    left, right = version_key(one), version_key(other)
    if one == other or (left is not None and left == right):
        return "none"
    if left is None or right is None:
        return "any"
    return "patch" if left[:2] == right[:2] else "minor"


def bundle_level(one: BundleName, other: BundleName) -> SkewLevel:
    """How far two bundles are apart; different channels have no order."""
    return level_between(one.version, other.version) if one.channel == other.channel else "any"


def skews_of(versions: Mapping[str, ClusterVersions], wanted: Mapping[str, BundleName]) -> tuple[Skew, ...]:
    """Every way in which the clusters differ, whatever the policy, by key. Clusters whose CRDs could not be read say
    nothing. ``wanted``: the bundle that the team's stack wants on each cluster (absent: none)."""
    seen = {name: versions[name] for name in sorted(versions)}
    found = [*_bundles(seen, wanted), *_mixed(seen, wanted), *_absent(seen, wanted), *_controllers(seen)]
    return tuple(sorted(found, key=lambda skew: skew.key))


def exceeding(skews: tuple[Skew, ...], policy: SkewPolicy) -> tuple[Skew, ...]:
    """Those that the policy does not allow for ever. Since when each lasts is remembered by its ``key``."""
    return tuple(skew for skew in skews if RANK[skew.level] > RANK[policy.skew])


def skew_of(
    team: str,
    versions: Mapping[str, ClusterVersions],
    policy: SkewPolicy,
    since: Mapping[str, datetime],
    now: datetime,
    wanted: Mapping[str, BundleName] | None = None,
) -> tuple[SkewFinding, ...]:
    """The findings of a team: a warning from the moment a skew exceeds the policy, an error when it has lasted as long
    as the policy tolerates.

    ``versions``: the team's clusters; ``since``: the moments that are remembered of ``exceeding`` skews, by key (one
    that is not remembered begins now). All moments have their zone.
    """
    wanted = wanted or {}
    found = exceeding(skews_of(versions, wanted), policy)
    return tuple(_finding(team, skew, policy, since.get(skew.key, now), now, wanted) for skew in found)


def _bundles(seen: Mapping[str, ClusterVersions], wanted: Mapping[str, BundleName]) -> Iterator[Skew]:
    """Channels first: releases are compared within a channel."""
    having = {name: v for name, v in seen.items() if v.state in ("uniform", "monthly", "dev", "unannotated")}
    by_channel: dict[str, dict[str, str]] = {}
    for name, found in having.items():
        claim = found.claims[0]
        by_channel.setdefault(claim.channel, {})[name] = claim.version
    if len(by_channel) > 1:
        yield _across_channels(having, wanted)
    for channel, versions in sorted(by_channel.items()):
        suffix = f":{channel or 'unannotated'}" if len(by_channel) > 1 else ""
        yield from _apart(f"bundle{suffix}", versions, channel, wanted)


def _across_channels(having: Mapping[str, ClusterVersions], wanted: Mapping[str, BundleName]) -> Skew:
    shown = {name: str(found.claims[0]) for name, found in having.items()}
    goal = _goal(wanted) or _most(shown)
    behind = tuple(name for name in shown if shown[name] != goal)
    ahead = tuple(name for name in shown if shown[name] == goal)
    return Skew("channel", "channel", "any", shown, ahead, behind, goal)


def _apart(key: str, versions: Mapping[str, str], channel: str, wanted: Mapping[str, BundleName]) -> Iterator[Skew]:
    skew = _compared(key, "", versions)
    if skew is None:
        return
    goal = _goal({name: wanted[name] for name in versions if name in wanted})
    newest = " ".join(part for part in (skew.target, channel) if part)
    kind = "unordered" if skew.level == "any" else "bundle"
    yield Skew(key, kind, skew.level, skew.versions, skew.ahead, skew.behind, goal or newest)


def _compared(key: str, subject: str, versions: Mapping[str, str]) -> Skew | None:
    """The skew of versions of one thing; None where all are equal. What is no version is behind everything."""
    newest = max(versions.values(), key=lambda v: (version_key(v) or _LOWEST, v), default="")
    levels = {level_between(newest, v) for v in versions.values()}
    if levels <= {"none"}:
        return None
    level: SkewLevel = "any" if "any" in levels else "minor" if "minor" in levels else "patch"
    ahead = tuple(name for name, v in versions.items() if level_between(newest, v) == "none")
    behind = tuple(name for name in versions if name not in ahead)
    return Skew(key, "controller", level, dict(versions), ahead, behind, newest, subject)


def _mixed(seen: Mapping[str, ClusterVersions], wanted: Mapping[str, BundleName]) -> Iterator[Skew]:
    for name, found in seen.items():
        if found.state == "mixed":
            shown = ", ".join(f"{claim}: {claim.crds}" for claim in found.claims)
            goal = str(wanted[name]) if name in wanted else str(found.claims[0])
            yield Skew(f"mixed:{name}", "mixed", "any", {name: shown}, (), (name,), goal, name)


def _absent(seen: Mapping[str, ClusterVersions], wanted: Mapping[str, BundleName]) -> Iterator[Skew]:
    """A cluster that has nothing of what its stack wants, while others of the team have something."""
    having = [name for name, found in seen.items() if found.state not in ("absent", "unknown")]
    for name, found in seen.items():
        if found.state == "absent" and name in wanted and having:
            yield Skew(f"absent:{name}", "absent", "any", {name: "-"}, tuple(having), (name,), str(wanted[name]), name)


def _controllers(seen: Mapping[str, ClusterVersions]) -> Iterator[Skew]:
    versions: dict[str, dict[str, str]] = {}
    for name, found in seen.items():
        for controller in found.controllers:
            mine = versions.setdefault(controller.controller, {})
            mine[name] = max((mine.get(name, ""), controller.version), key=lambda v: (version_key(v) or _LOWEST, v))
    for controller, by_cluster in sorted(versions.items()):
        told = {name: version for name, version in by_cluster.items() if version}
        skew = _compared(f"controller:{controller}", controller, told)
        if skew is not None:
            yield skew


def _goal(wanted: Mapping[str, BundleName]) -> str:
    """The one bundle that the stacks want; empty where they want none, or several."""
    goals = {str(bundle) for bundle in wanted.values()}
    return goals.pop() if len(goals) == 1 else ""


def _most(shown: Mapping[str, str]) -> str:
    values = sorted(shown.values())
    return max(values, key=lambda v: (values.count(v), v))


def _finding(
    team: str, skew: Skew, policy: SkewPolicy, since: datetime, now: datetime, wanted: Mapping[str, BundleName]
) -> SkewFinding:
    tolerated = duration_of(policy.for_) or duration_of(SkewPolicy().for_)
    deadline = since if tolerated is None else since + tolerated
    code = f"consistency.skew-{skew.kind}"
    params: dict[str, str | int] = {
        "team": team,
        "subject": skew.subject or "-",
        "level": skew.level,
        "ahead": _listed(skew.ahead),
        "behind": _listed(skew.behind),
        "target": skew.target,
        "versions": _listed(tuple(f"{name} {version}" for name, version in skew.versions.items())),
        "deadline": rfc3339(deadline),
    }
    finding = HealthFinding(
        code=code,
        subject=ObjectRef(API_VERSION, "Team", team),
        severity="error" if now >= deadline else "warning",
        params=params,
        where=skew.key,
        evidence=tuple(f"{name}: {version}" for name, version in skew.versions.items()),
        since=rfc3339(since),
    )
    return SkewFinding(skew, finding, rfc3339(deadline), _levelling(team, skew, wanted))


def _levelling(team: str, skew: Skew, wanted: Mapping[str, BundleName]) -> Message:
    behind = _listed(skew.behind)
    if skew.kind == "controller":
        return message(
            "consistency.level-controller", team=team, target=skew.target, subject=skew.subject, behind=behind
        )
    mine = {name: str(wanted[name]) for name in skew.versions if name in wanted}
    goals = sorted(set(mine.values()))
    if not goals:
        return message("consistency.level-unwanted", team=team, target=skew.target, behind=behind)
    if len(goals) > 1:
        stacks = _listed(tuple(f"{name} {goal}" for name, goal in mine.items()))
        return message("consistency.level-stacks-differ", team=team, wanted=stacks)
    off = _listed(tuple(name for name in mine if skew.versions[name] not in (goals[0], goals[0].split(" ")[0])))
    return message("consistency.level-stack", team=team, target=goals[0], behind=off)


def _listed(names: tuple[str, ...]) -> str:
    more = f" (+{len(names) - _LISTED})" if len(names) > _LISTED else ""
    return (", ".join(names[:_LISTED]) or "-") + more
