"""One object being judged: its conditions and findings, told as one where they are one, and the state they come to."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from gatewright.gatewayapi.conditions import facts
from gatewright.gatewayapi.health.rules import BY_CODE, CONDITION, DELETING, NO_STATUS, NOT_SEEN, PENDING, STALE, Rule
from gatewright.gatewayapi.health.view import PASSING, Trouble, View
from gatewright.gatewayapi.kinds import GroupKind
from gatewright.gatewayapi.live import ref_of
from gatewright.gatewayapi.metadata import Condition, Conditions, Meta
from gatewright.model.health import SEVERITIES, ConditionFact, HealthFinding, HealthState, ObjectHealth, Severity
from gatewright.model.objects import ObjectRef

_WARNS = frozenset({"SupportedVersion", "OverlappingTLSConfig", "PartiallyInvalid", "InsecureFrontendValidationMode"})


class Judgement:
    """Collects what is known of one object.

    ``parts`` names what the object consists of (listeners, parents, rules): errors in some of them degrade the object,
    errors in all of one group, or outside of any, make it unhealthy.
    """

    def __init__(self, view: View, kind: GroupKind, meta: Meta) -> None:
        self.view = view
        self.meta = meta
        self.ref = ref_of(kind, meta.key)
        self.is_young = view.is_young(meta.creation_timestamp)
        self.facts: list[ConditionFact] = []
        self.findings: list[HealthFinding] = []
        self._said: list[HealthFinding] = []
        self._groups: list[tuple[str, ...]] = []
        self._places: dict[str, frozenset[str]] = {}
        if meta.deletion_timestamp:
            self.add(DELETING, since=meta.deletion_timestamp)

    def add(
        self,
        rule: Rule,
        severity: Severity | None = None,
        *,
        where: str = "",
        evidence: tuple[str, ...] = (),
        cause: ObjectRef | None = None,
        **params: str | int,
    ) -> None:
        """Adds a finding of ours."""
        cause = None if cause == self.ref else cause
        self.findings.append(rule.of(self.ref, severity, where=where, evidence=evidence, cause=cause, **params))

    def parts(self, names: Iterable[str]) -> None:
        """Tells that the object consists of these, beside what was told before."""
        self._groups.append(tuple(names))

    def places(self, part: str, names: Iterable[str]) -> None:
        """Tells that ``part`` has these places, so that only errors in all of them are errors of all of it."""
        self._places[part] = frozenset(names)

    def not_seen(self, kind: GroupKind, where: str = "") -> None:
        """Something depends on objects of a kind that cannot be read."""
        finding = NOT_SEEN.of(
            self.ref, where=where, kind=kind[1], code=self.view.snapshot.unread.get(kind, "observe.pending")
        )
        if not any(f.code == finding.code and f.params == finding.params for f in self.findings):
            self.findings.append(finding)

    def conditions(
        self,
        conditions: Conditions,
        decisive: tuple[str, ...],
        *,
        where: str = "",
        path: str = "status.conditions",
        trouble: Trouble | None = None,
    ) -> None:
        """Reads conditions; ``decisive`` types must be there. ``trouble``: who is to blame where nothing is said."""
        found = conditions or ()
        self.facts += facts(found, self.meta.generation, where)
        said = self.facts[len(self.facts) - len(found) :]
        for condition, fact in zip(found, said, strict=True):
            self._condition(condition, fact, path, trouble)
        for kind in decisive:
            if not any(c.type == kind for c in found):
                self._absent(kind, where, path, trouble)

    def health(self, parents: Iterable[ObjectRef] = ()) -> ObjectHealth:
        """What it comes to."""
        unexplained = self._unexplained()
        findings = tuple(_in_order([*self.findings, *unexplained]))
        return ObjectHealth(self.ref, self._state(findings), tuple(self.facts), findings, tuple(dict.fromkeys(parents)))

    def _condition(self, condition: Condition, fact: ConditionFact, path: str, trouble: Trouble | None) -> None:
        cause = trouble.cause if trouble else None
        if fact.stale:
            seen, generation = condition.observed_generation, self.meta.generation
            if not any(f.code == STALE.code and f.where in ("", fact.where) for f in self.findings):
                evidence = (f"metadata.generation: {generation}", f"{path}[{fact.type}].observedGeneration: {seen}")
                severity = "warning" if trouble else "info"
                self.add(
                    STALE,
                    severity,
                    where=fact.where,
                    evidence=evidence,
                    cause=cause,
                    observed=seen,
                    generation=generation,
                )
        elif fact.good is False:
            passing = fact.reason in PASSING and self._is_fresh(condition)
            self._say(PENDING if passing else CONDITION, _severity(fact), fact, path, cause)
        elif fact.good is None and condition.status == "Unknown" and fact.type in ("Accepted", "Programmed"):
            fresh = self._is_fresh(condition)
            self._say(PENDING if fresh else CONDITION, "info" if fresh else "warning", fact, path, cause)

    def _is_fresh(self, condition: Condition) -> bool:
        return self.is_young or self.view.is_young(condition.last_transition_time)

    def _say(self, rule: Rule, severity: Severity, fact: ConditionFact, path: str, cause: ObjectRef | None) -> None:
        said = _spoken(path, fact)
        if rule is PENDING:
            self._said.append(PENDING.of(self.ref, where=fact.where, evidence=(said,), cause=cause, type=fact.type))
            return
        finding = CONDITION.of(
            self.ref,
            severity,
            where=fact.where,
            evidence=(said,),
            cause=None if cause == self.ref else cause,
            type=fact.type,
            status=fact.status,
            reason=fact.reason or "-",
            message=fact.message or "-",
        )
        self._said.append(finding)

    def _absent(self, kind: str, where: str, path: str, trouble: Trouble | None) -> None:
        cause = None if trouble is None or trouble.cause == self.ref else trouble.cause
        evidence = (f"{path}: no {kind}",)
        rule = PENDING if self.is_young else NO_STATUS
        self._said.append(rule.of(self.ref, where=where, evidence=evidence, cause=cause, type=kind))

    def _unexplained(self) -> list[HealthFinding]:
        """What the controller says and we have no better explanation for; the rest becomes evidence of ours."""
        kept: list[HealthFinding] = []
        anywhere, there = self._by_place()
        for said in self._said:
            places = heapq.merge(anywhere, there.get(said.where, ())) if said.where else range(len(self.findings))
            index = next((i for i in places if _accounts(self.findings[i], said)), None)
            if index is None:
                kept.append(said)
            else:
                self.findings[index] = _as_one(self.findings[index], said)
        return kept

    def _by_place(self) -> tuple[list[int], dict[str, list[int]]]:
        """The indexes of our findings: those that may explain what is said of any place, and those of one place. A
        cluster may hold thousands of listeners, so not every pair is looked at."""
        anywhere: list[int] = []
        there: dict[str, list[int]] = {}
        for index, finding in enumerate(self.findings):
            wide = _same_place(finding.where, "")
            (anywhere if wide else there.setdefault(finding.where, [])).append(index)
        return anywhere, there

    def _state(self, findings: tuple[HealthFinding, ...]) -> HealthState:
        broken = {f.where for f in findings if f.severity == "error"}
        if broken:
            return "unhealthy" if self._whole(broken) else "degraded"
        rules = [BY_CODE[f.code] for f in findings]
        if any(r.state == "progressing" for r in rules):
            return "progressing"
        if any(f.severity == "warning" for f in findings):
            return "degraded"
        return "unknown" if any(r.state == "unknown" for r in rules) else "healthy"

    def _whole(self, broken: set[str]) -> bool:
        known = {part for parts in self._groups for part in parts}
        hits: dict[str, set[str]] = {}
        for where in broken:
            within = known.intersection(_around(where))
            if not within:
                return True
            for part in within:
                hits.setdefault(part, set()).add(where)
        struck = {part for part, hit in hits.items() if self._struck(part, hit)}
        return any(parts and struck.issuperset(parts) for parts in map(set, self._groups))

    def _struck(self, part: str, hit: set[str]) -> bool:
        places = self._places.get(part, frozenset())
        return bool(hit - places) or bool(places and places <= hit)


def _around(where: str) -> Iterator[str]:
    """The place itself and every part that it may be within: what stands before one of its dots or spaces."""
    yield where
    for index, character in enumerate(where):
        if character in ". ":
            yield where[:index]


def _accounts(ours: HealthFinding, said: HealthFinding) -> bool:
    """Whether our finding explains what the controller says at the same place (or about the whole object)."""
    rule = BY_CODE[ours.code]
    return said.params.get("type") in rule.accounts and (not said.where or _same_place(ours.where, said.where))


def _same_place(ours: str, said: str) -> bool:
    """A rule's backend is no place of its own in a status, which speaks of parents."""
    return ours in ("", said) or ours.startswith("rules[")


def _as_one(ours: HealthFinding, said: HealthFinding) -> HealthFinding:
    """Our finding with the controller's words as evidence, and as severe as they are."""
    evidence = (*ours.evidence, *(e for e in said.evidence if e not in ours.evidence))
    allowed = {ours.severity, said.severity} & {ours.severity, *BY_CODE[ours.code].severities}
    return replace(ours, evidence=evidence, severity=max(allowed, key=SEVERITIES.index))


def _severity(fact: ConditionFact) -> Severity:
    return "warning" if fact.type in _WARNS else "error"


def _spoken(path: str, fact: ConditionFact) -> str:
    return f"{path}[{fact.type}]: {fact.status} ({fact.reason or '-'}) {fact.message}".rstrip()


def _in_order(findings: list[HealthFinding]) -> list[HealthFinding]:
    return sorted(findings, key=lambda f: (-SEVERITIES.index(f.severity), f.where, f.code))
