"""Takes from an answer what is not for whoever asks: names of other teams, of their namespaces and stacks, how much
they have, and where clusters are reached.

Told by what a value is, not by how it reads: parameters of sentences by ``veil_words``, owners and references by their
types, and texts that refer to an object (``HTTPRoute orders/web``, ``orders/web``, ``Namespace orders``) by its
namespace. Whatever is taken away leaves a neutral word in the language of the reader, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar, cast

import msgspec

from gatewright.gatewayapi.kinds import GATEWAY, LISTENER_SET, X_LISTENER_SET
from gatewright.gatewayapi.marks import GATEWRIGHT, TEAM
from gatewright.model.desired import Cluster, RegisteredCluster
from gatewright.model.errors import ErrorReport
from gatewright.model.events import Event
from gatewright.model.health import ConditionFact, HealthFinding, Node
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import FieldDifference, Owner
from gatewright.model.status import ResourceRow
from gatewright.observe.audience import bindings_of, closed_namespaces
from gatewright.observe.directory import Directory
from gatewright.observe.guests import mentions
from gatewright.observe.veil_words import kind_of
from gatewright.text import Message, Param, message

T = TypeVar("T")
HIDDEN: Final = "-"
_NOBODY: Final = frozenset({"", HIDDEN})
_SHARED: Final = frozenset({GATEWAY, LISTENER_SET, X_LISTENER_SET})
_REFERENCE: Final = re.compile(r"([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)/|Namespace ([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)")


class Veil:
    """For somebody who knows the teams ``known``. ``directory`` None: whose the namespaces are could not be read, and
    every reference is taken away. ``addresses``: they may know how clusters are reached."""

    def __init__(self, known: frozenset[str], directory: Directory | None, *, addresses: bool = False) -> None:
        self._known = known
        self._directory = directory
        self._addresses = addresses
        self._closed: dict[str, frozenset[str]] = {}
        self._own: dict[str, frozenset[str]] = {}

    def over(self, value: T) -> T:
        """``value`` without what is not to be seen."""
        return cast(T, self._veiled(value, ""))

    def _veiled(self, value: Any, cluster: str) -> Any:
        kind = cast(type[Any], type(value))
        if kind is str:
            return HIDDEN if self._refers(value, cluster) else value
        if value is None or kind in (int, bool, float):
            return value
        if kind in _BY_TYPE:
            return _BY_TYPE[kind](self, value, cluster)
        if isinstance(value, msgspec.Struct):
            return self._struct(value, cluster)
        if kind in (list, tuple, frozenset):
            parts = [self._veiled(part, cluster) for part in cast(Iterable[Any], value)]
            return parts if kind is list else cast(Any, kind)(parts)
        if isinstance(value, dict):
            whole = cast(dict[Any, Any], value)
            return {key: self._veiled(part, cluster) for key, part in whole.items()}
        return value

    def _struct(self, value: msgspec.Struct, cluster: str) -> Any:
        within: object = getattr(value, "cluster", "")
        cluster = within if isinstance(within, str) and within else cluster
        changes: dict[str, Any] = {}
        for name in value.__struct_fields__:
            before = getattr(value, name)
            after = self._veiled(before, cluster)
            if name == "namespace" and isinstance(after, str) and after in self._closed_on(cluster):
                after = ""
            if after is not before and after != before:
                changes[name] = after
        return msgspec.structs.replace(value, **changes) if changes else value

    # Sentences

    def message(self, given: Message, cluster: str) -> Message:
        params = self._params(given.key, given.params, cluster)
        return given if params == given.params else Message(given.key, params)

    def _params(self, key: str, params: Mapping[str, Param], cluster: str) -> dict[str, Param]:
        named = params.get("cluster")
        cluster = named if isinstance(named, str) and named not in _NOBODY else cluster
        return {name: self._param(key, name, params, cluster) for name in params}

    def _param(self, key: str, name: str, params: Mapping[str, Param], cluster: str) -> Param:
        value = params[name]
        if isinstance(value, Message):
            return self.message(value, cluster)
        match kind_of(key, name):
            case "team":
                return self._team(value)
            case "teams":
                return self._listed(value, self._is_known)
            case "stack":
                return value if self._is_known(str(params.get("team", ""))) else message("observe.veil-stack")
            case "other-stack":
                return value if self._is_known(str(params.get("other_team", ""))) else message("observe.veil-stack")
            case "holder":
                return self._holder(value, cluster)
            case "bindings":
                return self._listed(value, lambda entry: self._is_known(entry.partition(".")[0]))
            case "clusters":
                return self._listed(value, self._clusters().__contains__)
            case "names":
                return HIDDEN
            case "namespaces":
                return self._listed(value, lambda entry: entry not in self._closed_on(cluster))
            case "said":
                return message("observe.veil-object") if self._mentions(value, cluster) else value
            case "places":
                return message("observe.veil-places")
            case "count":
                return message("observe.veil-count")
            case "address":
                return value if self._addresses or value in _NOBODY else message("observe.veil-address")
            case "asked":
                return value
            case "plain":
                return message("observe.veil-object") if self._refers(value, cluster) else value

    def _team(self, value: Param) -> Param:
        return value if self._is_known(str(value)) else message("observe.veil-team")

    def _is_known(self, team: str) -> bool:
        return team in self._known or team in _NOBODY

    def _holder(self, value: Param, cluster: str) -> Param:
        writer, _, team = str(value).partition(" ")
        if writer == GATEWRIGHT and self._is_others(team):
            return message("observe.veil-team")
        return message("observe.veil-object") if self._refers(value, cluster) else value

    def _is_others(self, team: str) -> bool:
        """Whether it is the name of a team that is not to be told, and not of anything else that Gatewright writes."""
        return not self._is_known(team) and (self._directory is None or team in self._directory.teams)

    def _listed(self, value: Param, shown: Callable[[str], bool]) -> str:
        return ", ".join(entry for entry in str(value).split(", ") if shown(entry)) or HIDDEN

    # Types

    def report(self, given: ErrorReport, cluster: str) -> ErrorReport:
        cluster = given.cluster or cluster
        params = self._params(given.code, given.params, cluster)
        owner = given.owner
        if owner is not None:
            told = self._param(given.code, "owner", {"owner": owner, "cluster": cluster}, cluster)
            if told != owner:
                params, owner = {**params, "owner": told}, None
        hidden = given.object is not None and self._refers(given.object, cluster)
        if hidden:
            params = {**params, "object": message("observe.veil-object")}
        return msgspec.structs.replace(given, params=params, owner=owner, object=None if hidden else given.object)

    def finding(self, given: HealthFinding, cluster: str) -> HealthFinding:
        params: dict[str, str | int] = {}
        for name in given.params:
            told = self._param(given.code, name, dict(given.params), cluster)
            params[name] = HIDDEN if isinstance(told, Message) else told
        return msgspec.structs.replace(
            given,
            params=params,
            where=HIDDEN if self._refers(given.where, cluster) else given.where,
            subject=self.ref(given.subject, cluster),
            evidence=tuple(line for line in given.evidence if not self._mentions(line, cluster)),
            cause=None if given.cause is None else self.ref(given.cause, cluster),
        )

    def ref(self, given: ObjectRef, cluster: str) -> ObjectRef:
        if given.namespace and given.namespace in self._closed_on(cluster):
            return ObjectRef(given.api_version, given.kind, HIDDEN)
        if given.kind == "Namespace" and given.name in self._closed_on(cluster):
            return ObjectRef(given.api_version, given.kind, HIDDEN)
        return given

    def condition(self, given: ConditionFact, cluster: str) -> ConditionFact:
        told = cast(ConditionFact, self._struct(given, cluster))
        return msgspec.structs.replace(told, message=HIDDEN) if self._mentions(given.message, cluster) else told

    def row(self, given: ResourceRow, cluster: str) -> ResourceRow:
        told = cast(ResourceRow, self._struct(given, given.cluster or cluster))
        return msgspec.structs.replace(told, message=HIDDEN) if self._mentions(given.message, told.cluster) else told

    def owner(self, given: Owner, cluster: str) -> Owner:
        if given.writer == GATEWRIGHT and self._is_others(given.name):
            return msgspec.structs.replace(given, name="")
        return given

    def node(self, given: Node, cluster: str) -> Node:
        """What a Gateway that is not theirs has of listeners is not told."""
        cluster = given.cluster or cluster
        told = cast(Node, self._struct(given, cluster))
        foreign = bool(given.ref.namespace) and given.ref.namespace not in self._own_on(cluster)
        shared = (given.ref.group, given.ref.kind) in _SHARED
        return msgspec.structs.replace(told, note=None) if foreign and shared else told

    def event(self, given: Event, cluster: str) -> Event:
        """Of a cluster itself only that something changed."""
        if given.what.startswith("cluster.") and not self._addresses:
            given = msgspec.structs.replace(given, before=None, after=None)
        return cast(Event, self._struct(given, given.cluster or cluster))

    def difference(self, given: FieldDifference, cluster: str) -> FieldDifference:
        if TEAM in given.path:
            return msgspec.structs.replace(given, live=None, wanted=None)
        return cast(FieldDifference, self._struct(given, cluster))

    def registered(self, given: RegisteredCluster, cluster: str) -> RegisteredCluster:
        """A cluster by name and version only."""
        if self._addresses:
            return given
        return RegisteredCluster("", Cluster(given.name), "", given.kubernetes, given.added_at)

    # Whose

    def _refers(self, value: object, cluster: str) -> bool:
        """Whether a text refers to something in a namespace that belongs to a team that is not known."""
        if not isinstance(value, str) or ("/" not in value and "Namespace " not in value):
            return False
        closed = self._closed_on(cluster)
        return any((first or second) in closed for first, second in _REFERENCE.findall(value))

    def _mentions(self, value: object, cluster: str) -> bool:
        """Whether a text in anybody's words has the name of such a namespace in it."""
        closed = self._closed_on(cluster)
        return isinstance(value, str) and (mentions(value, closed) or self._refers(value, cluster))

    def _closed_on(self, cluster: str) -> frozenset[str]:
        """The namespaces of others on a cluster; on no cluster in particular, those that are theirs wherever there is
        one of the name."""
        found = self._closed.get(cluster)
        if found is None:
            found = self._closed[cluster] = self._close(cluster)
        return found

    def _close(self, cluster: str) -> frozenset[str]:
        if self._directory is None:
            return _EVERYTHING
        if cluster:
            return closed_namespaces(self._directory, cluster, self._known) - self._own_on(cluster)
        every = [b for bindings in self._directory.bindings.values() for b in bindings]
        own = {b.namespace for b in every if b.team in self._known}
        return frozenset(b.namespace for b in every if b.team not in self._known) - own

    def _own_on(self, cluster: str) -> frozenset[str]:
        found = self._own.get(cluster)
        if found is None:
            bound = () if self._directory is None else self._directory.on_cluster(cluster)
            found = self._own[cluster] = frozenset(b.namespace for b in bound if b.team in self._known)
        return found

    def _clusters(self) -> frozenset[str]:
        return frozenset() if self._directory is None else frozenset(bindings_of(self._directory, self._known))


class _Everything(frozenset[str]):
    """Where nobody could be asked whose a namespace is."""

    def __contains__(self, _: object) -> bool:
        return True


_EVERYTHING: Final = _Everything()
_BY_TYPE: Final[Mapping[type[Any], Callable[[Veil, Any, str], Any]]] = {
    Message: Veil.message,
    ErrorReport: Veil.report,
    HealthFinding: Veil.finding,
    ObjectRef: Veil.ref,
    Owner: Veil.owner,
    ConditionFact: Veil.condition,
    ResourceRow: Veil.row,
    Node: Veil.node,
    Event: Veil.event,
    FieldDifference: Veil.difference,
    RegisteredCluster: Veil.registered,
}
