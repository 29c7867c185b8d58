"""What the ``safe-upgrades`` admission policy of Gateway API would say to a CRD, without asking the API server.

The policy's expressions are CEL; the released ones are few, so they are recognised by digest and answered by an
equivalent rule. A policy that is not recognised is answered with ``unknown``: only a dry run can tell.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from gatewright.gatewayapi.crds import GATEWAY_GROUP, group_of
from gatewright.text import Message, message

SAFE_UPGRADES: Final = "safe-upgrades.gateway.networking.k8s.io"


class CrdChange(msgspec.Struct, frozen=True):
    """A write to one CRD, as far as the policy looks at it. ``old_channel``: None where the CRD does not exist yet,
    empty where it exists without the annotation; ``version`` and ``channel``: the annotations of what is written."""

    crd: str
    old_channel: str | None
    version: str
    channel: str


class PolicyAnswer(msgspec.Struct, frozen=True):
    """``denies`` comes with the reason. ``unknown``: at least one expression is not recognised and no other denies."""

    answer: Literal["allows", "denies", "unknown"]
    reason: Message | None = None


def expression_digest(expression: str) -> str:
    """SHA-256 (hex) of an expression with its white space collapsed."""
    return hashlib.sha256(" ".join(expression.split()).encode()).hexdigest()


def policy_answer(expressions: Sequence[str], change: CrdChange) -> PolicyAnswer:
    """What a policy with these CEL expressions says to the change. Expressions may be given as their digests too
    (the catalogue keeps digests only)."""
    digests = [e if _is_digest(e) else expression_digest(e) for e in expressions]
    if group_of(change.crd) != GATEWAY_GROUP and all(d in _RULES for d in digests):
        return PolicyAnswer("allows")
    for found in (_RULES[d](change) for d in digests if d in _RULES):
        if found is not None:
            return PolicyAnswer("denies", found)
    known = all(d in _RULES for d in digests)
    return PolicyAnswer("allows") if known else PolicyAnswer("unknown")


def _is_digest(value: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", value) is not None


def _channel_kept(change: CrdChange) -> Message | None:
    if change.old_channel is None or change.channel == "standard" or change.old_channel == "experimental":
        return None
    return message("gatewayapi.policy-channel", crd=change.crd, channel=change.channel or "-")


def _version_rule(allowed: Callable[[str], bool], lowest: str) -> Callable[[CrdChange], Message | None]:
    def rule(change: CrdChange) -> Message | None:
        if change.version and allowed(change.version):
            return None
        return message("gatewayapi.policy-version", crd=change.crd, version=change.version or "-", lowest=lowest)

    return rule


def _since_5(version: str) -> bool:
    return not re.search(r"v1.[0-4].\d+", version) and not re.search("v0", version)


def _since_6(version: str) -> bool:
    return "-rc" in version or (not re.search(r"v1.[0-5].\d+", version) and not re.search("v0", version))


def _since_5_only_releases(version: str) -> bool:
    return version == "v0.0.0-dev" or (version.startswith("v1.") and not re.match(r"v1\.[0-4](\.|$)", version))


_RULES: Final[dict[str, Callable[[CrdChange], Message | None]]] = {
    "b4eb106114f4b2666d85021ec3a6aa9a6f46306b1ba54fe35ce34f5e3b5e6077": _channel_kept,
    "e951329c2c0e32e474762389a5f2c5093fad3d8074d4aa005bbe258a29989a48": _version_rule(_since_5, "v1.5.0"),
    "3a1a9200274122be011df24fcba3cc51c8edb3e59800e3c3dc8ffe57e8a1ab2b": _version_rule(_since_6, "v1.6.0"),
    "0d7d26d56a034e71784e2d79c66765ec650b253a3a8dfca6b3766a6c5b4c047f": _version_rule(_since_5_only_releases, "v1.5.0"),
}
