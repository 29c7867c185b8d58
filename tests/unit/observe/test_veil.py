"""The veil: what is not for the reader goes, what is stays, in whatever a name may be; and no sentence is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.desired import Binding, Cluster, RegisteredCluster, Stack, Team
from gatewright.model.errors import ErrorReport
from gatewright.model.events import Event
from gatewright.model.health import ConditionFact, HealthFinding, Node
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import FieldDifference, Owner
from gatewright.model.status import ResourceRow
from gatewright.observe.directory import Directory
from gatewright.observe.guests import mentions
from gatewright.observe.veil import Veil
from gatewright.observe.veil_words import TELLING, kind_of
from gatewright.text import LANGUAGES, Message, message, templates

BESIDE_THE_API: Final = ("cli.", "demo.", "lab.", "metrics.")
_WORDS: Final = """
actual address addresses adopt after ahead api_version backend bad before behind bound bundle cause change channel
character claims class classes cluster clusters code command contents context controller covers crd crds create
current database days dead deadline delete delivery deployment detail differences domain domains elsewhere entry event
evidence example examples expected features field fields file finalizers first floor found gateway generation given go
got hash head high hint hostname hostnames id keep kept key kind kinds known kubernetes lacking level like limit line
listener listeners location longest lost low lowest managers megabytes method minutes moment name near newest nothing
notification object observed oldest options other_wanted parent parents parts path peers permission permissions place
places plan policy port ports position problem protocols provider ready reason registered release renewed reserved
resource revision role rollout rollouts said scope seconds secret section seen session share shortest since source state
status step stopped stops subject suits tag target times token total type uid update url user value verb verdict version
versions wanted who why worker workload workloads
"""
PLAIN: Final = frozenset(_WORDS.split())
"""Names of parameters that hold no name of a team or stack. One that is not here and not in ``veil_words.TELLING`` is
new: say what it holds."""
BY_SENTENCE: Final = {
    "bindings": {"store.still-bound": "bindings"},
    "count": {"planning.crd-has-objects": "count", "rollout.not-empty": "count"},
    "names": {"planning.step-namespaces": "namespaces", "planning.step-remove-namespaces": "namespaces"},
    "nearest": {
        "manifest.kind": "plain",
        "manifest.unknown-field": "plain",
        "people.unknown-role": "names",
        "store.unknown-cluster": "clusters",
        "store.unknown-notification": "names",
        "store.unknown-stack": "plain",
        "store.unknown-team": "teams",
        "store.unknown-team-notification": "plain",
    },
    "other": {
        "consistency.advice-merge": "team",
        "consistency.advice-move": "team",
        "consistency.domain-share": "team",
        "consistency.tie-backend": "team",
        "consistency.tie-domain": "team",
        "consistency.tie-grant": "team",
        "consistency.tie-hostname": "team",
        "consistency.tie-parent": "team",
        "health.gateway-collision": "plain",
        "health.listener-duplicate": "plain",
        "health.policy-conflict": "plain",
        "health.protocol-conflict": "plain",
        "health.tls-overlap": "plain",
        "planning.namespace-team": "team",
    },
    "others": {"consistency.domain-share": "teams", "health.class-shares-controller": "plain"},
    "owner": {
        **dict.fromkeys(
            (
                "planning.class-foreign",
                "planning.crd-adopt",
                "planning.crd-adopt-equal",
                "planning.crd-differs-observe",
                "planning.crd-foreign",
                "planning.crd-gatewright",
                "planning.crd-modified",
                "planning.crd-share",
                "planning.keep-shared",
                "planning.keep-unmarked",
                "planning.namespace-gatewright",
                "planning.namespace-shared-owner",
                "planning.object-adopt",
                "planning.object-foreign",
                "planning.object-foreign-equal",
                "planning.object-share",
                "planning.policy-foreign",
                "planning.policy-share",
                "rollout.object-moved",
            ),
            "holder",
        ),
        "rollout.cluster-held": "plain",
        "store.cluster-locked": "plain",
        "store.namespace-taken": "team",
    },
    "what": {"rollout.not-empty": "places"},
    "where": {"planning.crd-has-objects": "places", "preflight.gateways-lose-controller": "places"},
}
"""Parameters that hold different things in different sentences, and every sentence where they hold more than a
reference (of ``other``, ``others``, ``owner``, ``nearest`` and ``bindings``: every sentence)."""


def sentences() -> Iterator[tuple[str, frozenset[str]]]:
    """Every sentence of the API with its parameters, a remedy together with its error."""
    known = templates()
    for key, told in known.items():
        if not key.startswith(BESIDE_THE_API) and not key.endswith(".remedy"):
            text = told["en"] + known.get(f"{key}.remedy", {"en": ""})["en"]
            yield key, frozenset(re.findall(r"(?<!{){(\w+)}", text))


def test_every_parameter_is_known_to_hold_a_name_or_none() -> None:
    used = frozenset(param for _, params in sentences() for param in params)
    assert used - PLAIN - TELLING.keys() - BY_SENTENCE.keys() == set()
    assert PLAIN.isdisjoint(TELLING)


@pytest.mark.parametrize("param", sorted(BY_SENTENCE))
def test_a_parameter_of_several_meanings_is_listed_with_each(param: str) -> None:
    always = param in ("bindings", "nearest", "other", "others", "owner")
    found = {key: kind_of(key, param) for key, params in sentences() if param in params}
    kept = {key: kind for key, kind in found.items() if always or kind not in ("plain", "asked")}
    assert kept == BY_SENTENCE[param]
    assert all(kind_of(f"{key}.remedy", param) == kind for key, kind in found.items())


def test_the_name_of_a_team_is_one_everywhere_but_where_it_was_asked_for() -> None:
    found = {key for key, params in sentences() if "team" in params and kind_of(key, "team") != "team"}
    assert found == {f"store.unknown-{what}" for what in ("team", "stack", "binding", "team-notification")}


# What the veil does. Team bakery has shop on dock; team zorro has yacht on dock, and xylo on the cluster wharf.

TEAMS = {name: Team(name) for name in ("bakery", "zorro")}
BINDINGS = {
    "bakery": [Binding("bakery", "dock", "shop")],
    "zorro": [Binding("zorro", "dock", "yacht"), Binding("zorro", "wharf", "xylo")],
}
DIRECTORY = Directory({}, {}, {}, TEAMS, BINDINGS, {})
VEIL = Veil(frozenset({"bakery"}), DIRECTORY)
SECRETS = ("zorro", "yacht", "xylo", "wharf", "quill")


def route(namespace: str, name: str = "web") -> ObjectRef:
    return ObjectRef("gateway.networking.k8s.io/v1", "HTTPRoute", name, namespace)


MARK = "metadata.annotations[gatewright.io/team]"
CLASH = {"cluster": "dock", "wanted": "v1", "other_wanted": "v2"}
CASES: Final[list[tuple[Any, Any]]] = [
    (
        message("planning.clash-bundle", team="zorro", stack="quill", other_team="bakery", other_stack="edge", **CLASH),
        message(
            "planning.clash-bundle",
            team=message("observe.veil-team"),
            stack=message("observe.veil-stack"),
            other_team="bakery",
            other_stack="edge",
            **CLASH,
        ),
    ),
    (
        message("planning.crd-has-objects", name="x", cluster="dock", count=7, where="yacht (zorro): 7"),
        message(
            "planning.crd-has-objects",
            name="x",
            cluster="dock",
            count=message("observe.veil-count"),
            where=message("observe.veil-places"),
        ),
    ),
    (
        message("drift.why-stopped", cluster="dock", reason=message("planning.namespace-team", other="zorro")),
        message(
            "drift.why-stopped",
            cluster="dock",
            reason=message("planning.namespace-team", other=message("observe.veil-team")),
        ),
    ),
    (message("rollout.object-moved", owner="helm web"), message("rollout.object-moved", owner="helm web")),
    (
        message("rollout.object-moved", owner="gatewright zorro"),
        message("rollout.object-moved", owner=message("observe.veil-team")),
    ),
    (
        message("store.still-bound", bindings="bakery.dock, zorro.wharf"),
        message("store.still-bound", bindings="bakery.dock"),
    ),
    (
        ErrorReport("store.namespace-taken", {"team": "bakery", "namespace": "a"}, "dock", "Namespace yacht", "zorro"),
        ErrorReport(
            "store.namespace-taken",
            {
                "team": "bakery",
                "namespace": "a",
                "owner": message("observe.veil-team"),
                "object": message("observe.veil-object"),
            },
            "dock",
        ),
    ),
    (
        ErrorReport("store.unknown-cluster", {"nearest": "dock, wharf"}, "dork"),
        ErrorReport("store.unknown-cluster", {"nearest": "dock"}, "dork"),
    ),
    (
        ErrorReport("kube.unreachable", {"server": "https://10.0.0.1", "reason": "10.0.0.1 refused"}, "dock"),
        ErrorReport(
            "kube.unreachable",
            {"server": message("observe.veil-address"), "reason": message("observe.veil-address")},
            "dock",
        ),
    ),
    (Owner("gatewright", "zorro", "x"), Owner("gatewright", "", "x")),
    (Owner("gatewright", "an-installation"), Owner("gatewright", "an-installation")),
    (Owner("helm", "zorro"), Owner("helm", "zorro")),
    (route("shop"), route("shop")),
    (route("infra"), route("infra")),
    (
        FieldDifference("metadata.annotations[gatewright.io/team]", "zorro", "bakery"),
        FieldDifference("metadata.annotations[gatewright.io/team]"),
    ),
    (
        [HealthFinding("health.x", route("shop"), "error", {"other": "Gateway infra/a"}, evidence=("spec: b",))],
        [HealthFinding("health.x", route("shop"), "error", {"other": "Gateway infra/a"}, evidence=("spec: b",))],
    ),
    (
        RegisteredCluster("uid", Cluster("dock", "own", "/home/ada/config"), "https://10.0.0.1", "v1.36.0", "at"),
        RegisteredCluster("", Cluster("dock"), "", "v1.36.0", "at"),
    ),
    (
        Event(1, "at", "ada", "cluster.update", "dock", {"a": 1}, {"server": "x"}, cluster="dock"),
        Event(1, "at", "ada", "cluster.update", "dock", cluster="dock"),
    ),
    (
        ResourceRow("dock", "shop", "HTTPRoute", "web", message="conflicts with web in yacht"),
        ResourceRow("dock", "shop", "HTTPRoute", "web", message="-"),
    ),
    (Stack("bakery", "edge", bundle=None), Stack("bakery", "edge", bundle=None)),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("before", "after"), CASES, ids=lambda value: type(value).__name__)
def test_what_goes_and_what_stays(before: Any, after: Any) -> None:
    assert VEIL.over(before) == after


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_left_is_a_sentence(language: Any) -> None:
    for before, after in CASES:
        if isinstance(before, ErrorReport):
            told = after.message(language) + after.remedy(language)
            assert not any(secret in told for secret in SECRETS)


@pytest.mark.parametrize("cluster", ["dock", ""])
def test_references_to_what_is_hidden_go_wherever_they_are(cluster: str) -> None:
    finding = HealthFinding(
        "health.parent-missing",
        route("shop"),
        "error",
        {"parent": "Gateway yacht/quill", "namespaces": "shop, yacht", "message": "yacht did it"},
        where="Gateway yacht/quill",
        evidence=("spec.from: HTTPRoute yacht", "kept"),
        cause=route("yacht", "quill"),
    )
    fact = ConditionFact("Accepted", "True", message="web.yacht.svc.cluster.local", where="Gateway yacht/quill")
    node = Node(
        route("shop"),
        "healthy",
        cluster,
        findings=(finding,),
        conditions=(fact,),
        children=(Node(route("yacht", "quill"), "healthy"),),
    )
    told = str(VEIL.over(node))
    assert not any(secret in told for secret in SECRETS)
    assert "kept" in told
    assert "'namespaces': 'shop'" in told


def test_a_shared_gateway_does_not_tell_how_much_it_has() -> None:
    note = message("health.note-gateway", addresses="10.0.0.1", listeners=9)
    for namespace, told in (("shop", note), ("infra", None)):
        ref = ObjectRef("gateway.networking.k8s.io/v1", "Gateway", "common", namespace)
        assert VEIL.over(Node(ref, "healthy", "dock", note=note)).note == told


def test_the_same_namespace_may_be_ones_own_elsewhere() -> None:
    bindings = {"bakery": [Binding("bakery", "dock", "yacht")], "zorro": [Binding("zorro", "wharf", "yacht")]}
    veil = Veil(frozenset({"bakery"}), Directory({}, {}, {}, TEAMS, bindings, {}))
    own, others = (
        ErrorReport("rollout.gone", {}, "dock", "HTTPRoute yacht/a"),
        ErrorReport("rollout.gone", {}, "wharf", "HTTPRoute yacht/a"),
    )
    assert veil.over(own) == own
    assert veil.over(others).object is None


def test_where_nobody_could_be_asked_every_reference_goes() -> None:
    veil = Veil(frozenset({"bakery"}), None)
    told = veil.over(message("rollout.event.wrote", verdict="create", object="HTTPRoute anything/a"))
    assert told.params["object"] == message("observe.veil-object")
    assert veil.over(route("anything")).namespace is None


NAMES = st.text("abcdefgh-", min_size=1, max_size=12).filter(lambda name: name.strip("-") == name)


@given(NAMES, NAMES, st.sampled_from(["HTTPRoute {}/{}", "Namespace {}", "a, {}/{}", "({}/{})", "Gateway {}/{}#http"]))
def test_no_form_of_a_reference_passes(namespace: str, name: str, form: str) -> None:
    bindings = {"zorro": [Binding("zorro", "dock", namespace)]}
    veil = Veil(frozenset(), Directory({}, {}, {}, TEAMS, bindings, {}))
    given_ = Message("health.x", {"parent": form.format(namespace, name), "cluster": "dock"})
    assert veil.over(given_).params["parent"] == message("observe.veil-object")


@given(NAMES, st.sampled_from(["{}", "by {} it is", "{}: no", "a.{}.svc", "a.{}.svc.cluster.local.", "'{}'", "{}."]))
def test_a_name_is_found_in_anybodys_words(name: str, form: str) -> None:
    assert mentions(form.format(name), {name})
    assert not mentions(form.format(name), {f"{name}x"})
