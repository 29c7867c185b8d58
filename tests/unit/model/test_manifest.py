"""Manifests: every problem is listed with its place, nothing is half accepted, and what is written reads back."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.desired import Binding, BundleName, Cluster, ControllerSpec, Desired, Stack, Team
from gatewright.model.manifest import ManifestError, dump, manifest_of, parse, parse_all
from gatewright.model.names import RESERVED_NAMESPACES

HEAD = "apiVersion: gatewright.io/v1alpha1\n"
FLEET = """\
apiVersion: gatewright.io/v1alpha1
kind: Cluster
metadata: {name: shanghai}
spec:
  custody: own
  kubeconfig: ~/.kube/config
  context: shanghai-admin
  insecureSkipTLSVerify: true
---
apiVersion: gatewright.io/v1alpha1
kind: Team
metadata: {name: payments}
spec: {defaultNamespace: pay}
---
apiVersion: gatewright.io/v1alpha1
kind: Stack
metadata: {name: web}
spec:
  team: payments
  bundle: {version: v1.6.1}
  controller: {name: traefik, version: 3.7.0, namespace: gateway-system, gatewayClass: traefik.web, ports: [8000, 8443]}
---
apiVersion: gatewright.io/v1alpha1
kind: Binding
spec: {team: payments, cluster: shanghai, stack: web}
"""
WANTED: list[Desired] = [
    Cluster("shanghai", "own", "~/.kube/config", "shanghai-admin", True),
    Team("payments", "pay"),
    Stack(
        "payments",
        "web",
        BundleName("v1.6.1"),
        ControllerSpec("traefik", "3.7.0", "gateway-system", "traefik.web", (8000, 8443)),
    ),
    Binding("payments", "shanghai", "", "web"),
]


def problems_of(text: str | bytes, file: str = "fleet.yaml") -> list[tuple[int, str, str]]:
    with pytest.raises(ManifestError) as caught:
        parse(text, file)
    assert all(p.file == file for p in caught.value.problems)
    for problem in caught.value.problems:
        assert problem.message.render("en")
        assert problem.message.render("zh")
    return [(p.line, p.field, p.message.key) for p in caught.value.problems]


def describe(content: bytes | str) -> str:
    """The outcome of parsing, where only our own error may be raised."""
    try:
        return f"{len(parse(content))} manifests"
    except ManifestError as error:
        return str(error) + error.report.message("zh")


def test_a_file_gives_every_manifest_with_its_place() -> None:
    found = parse(FLEET, "fleet.yaml")
    assert [s.desired for s in found] == WANTED
    assert [(s.file, s.line) for s in found] == [("fleet.yaml", n) for n in (1, 10, 15, 23)]


def test_json_is_read_too_even_indented_with_tabs() -> None:
    manifest = msgspec.json.format(msgspec.json.encode(manifest_of(WANTED[2])), indent=2).decode()
    assert [s.desired for s in parse(manifest.replace("  ", "\t"))] == [WANTED[2]]


def test_empty_documents_and_texts_are_nothing() -> None:
    assert parse("") == []
    assert parse(f"---\n---\n{HEAD}kind: Team\nmetadata: {{name: a}}\n---\n# nothing\n")[0].desired == Team("a")


def test_every_problem_of_every_document_is_listed_with_line_and_field() -> None:
    text = f"""\
{HEAD}kind: Stak
metadata: {{name: x}}
---
{HEAD}kind: Stack
metadata: {{name: Web, nmae: y}}
spec:
  bundle: {{version: 1.6, chanel: standard}}
  controller:
    name: traefik
    version: latest
    namespace: kube-system
    ports: [8000, 8000, 0, "x"]
  team: pay
  team: pay
---
- list
---
{HEAD}kind: Binding
metadata: {{name: other}}
spec: {{team: a, cluster: b}}
"""
    assert problems_of(text) == [
        (2, "kind", "manifest.kind"),
        (7, "metadata.name", "manifest.name"),
        (7, "metadata.nmae", "manifest.unknown-field"),
        (9, "spec.bundle.version", "manifest.quote"),
        (9, "spec.bundle.chanel", "manifest.unknown-field"),
        (12, "spec.controller.version", "manifest.version"),
        (13, "spec.controller.namespace", "manifest.reserved"),
        (14, "spec.controller.ports[1]", "manifest.repeated"),
        (14, "spec.controller.ports[2]", "manifest.range"),
        (14, "spec.controller.ports[3]", "manifest.range"),
        (16, "spec.team", "manifest.duplicate-key"),
        (18, "", "manifest.not-a-manifest"),
        (22, "metadata.name", "manifest.binding-name"),
    ]


def test_the_error_quotes_the_first_problem_and_counts_the_rest_in_both_languages() -> None:
    with pytest.raises(ManifestError) as caught:
        parse(f"{HEAD}kind: Stack\nmetadata: {{name: x}}\nspec: {{team: A, bundle: {{version: oops}}}}\n", "fleet.yaml")
    error = caught.value
    assert error.code == "manifest.invalid"
    assert 'fleet.yaml:4 spec.team: Kubernetes would refuse "A"' in error.report.message("en")
    assert "Problems in all: 2" in str(error)
    assert "Kubernetes 不接受名称“A”" in error.report.message("zh")
    assert b'"problems":[{"file":"fleet.yaml","line":4' in msgspec.json.encode(error.report)


@pytest.mark.parametrize(
    ("kind", "wrong", "field", "nearest"),
    [
        ("Team", "defaultNamspace: a", "spec.defaultNamspace", "defaultNamespace"),
        ("Cluster", "insecureSkipTlsVerify: true", "spec.insecureSkipTlsVerify", "insecureSkipTLSVerify"),
        ("Cluster", "contxt: a", "spec.contxt", "context"),
    ],
)
def test_an_unknown_field_gets_the_nearest_suggestion(kind: str, wrong: str, field: str, nearest: str) -> None:
    with pytest.raises(ManifestError) as caught:
        parse(f"{HEAD}kind: {kind}\nmetadata: {{name: a}}\nspec: {{{wrong}}}\n")
    [problem] = caught.value.problems
    assert (problem.field, problem.message.params["nearest"]) == (field, nearest)


def test_a_missing_part_is_reported_once() -> None:
    assert problems_of(f"{HEAD}kind: Stack\nmetadata: {{name: a}}\n") == [(1, "spec", "manifest.required")]
    assert problems_of(f"{HEAD}kind: Stack\nmetadata: a\nspec: []\n") == [
        (3, "metadata", "manifest.type"),
        (4, "spec", "manifest.type"),
    ]
    assert problems_of("kind: Team\n") == [(1, "apiVersion", "manifest.required")]
    assert problems_of(HEAD.replace("gatewright.io", "apps") + "kind: Team\n") == [
        (1, "apiVersion", "manifest.api-version")
    ]


@pytest.mark.parametrize(
    "spec",
    [
        "token: abc",
        "users: [{name: a, user: {token: abc}}]",
        "client-key-data: abc",
        "kubeconfig: {users: []}",
        'kubeconfig: "{\\"users\\": []}"',
        "kubeconfig: |\n    apiVersion: v1\n    kind: Config",
        "auth: {bearer_token: abc}",
    ],
)
def test_credentials_in_a_manifest_are_refused_and_never_quoted(spec: str) -> None:
    with pytest.raises(ManifestError) as caught:
        parse(f"{HEAD}kind: Cluster\nmetadata: {{name: a}}\nspec:\n  {spec}\n")
    keys = {p.message.key for p in caught.value.problems}
    assert keys & {"manifest.inline-credentials", "manifest.type"}
    assert "abc" not in "".join(p.message.render("en") for p in caught.value.problems)


def test_names_that_yaml_1_1_would_read_as_booleans_stay_names() -> None:
    found = parse(f"{HEAD}kind: Binding\nspec: {{team: on, cluster: no, namespace: yes}}\n")
    assert found[0].desired == Binding("on", "no", "yes")
    assert problems_of(f"{HEAD}kind: Team\nmetadata: {{name: true}}\n") == [(3, "metadata.name", "manifest.quote")]
    assert parse(f"{HEAD}kind: Team\nmetadata: {{name: 'true'}}\n")[0].desired == Team("true")
    assert problems_of(f"{HEAD}kind: Cluster\nmetadata: {{name: a}}\nspec: {{insecureSkipTLSVerify: yes}}\n") == [
        (4, "spec.insecureSkipTLSVerify", "manifest.type")
    ]


@pytest.mark.parametrize("name", ["Upper", "under_score", "-edge", "edge-", "a.b", "é", "x" * 64, "a b", "a/b"])
def test_names_that_kubernetes_would_refuse_are_refused(name: str) -> None:
    assert problems_of(f"{HEAD}kind: Team\nmetadata:\n  name: '{name}'\n") == [(4, "metadata.name", "manifest.name")]


def test_duplicates_are_refused_within_and_across_files() -> None:
    team = f"{HEAD}kind: Team\nmetadata: {{name: a}}\n"
    assert problems_of(f"{team}---\n{team}") == [(5, "metadata.name", "manifest.duplicate")]
    with pytest.raises(ManifestError) as caught:
        parse_all([("one.yaml", team), ("two.yaml", team)])
    [problem] = caught.value.problems
    assert (problem.place, problem.message.params["place"]) == ("two.yaml:1 metadata.name", "one.yaml:1")


def test_equal_stack_names_of_two_teams_are_no_duplicates() -> None:
    stacks: list[Desired] = [Stack("a", "web", BundleName("v1.6.1")), Stack("b", "web", BundleName("v1.6.1"))]
    assert [s.desired for s in parse(dump(stacks))] == stacks


def test_the_list_of_problems_is_bounded() -> None:
    with pytest.raises(ManifestError) as caught:
        parse("---\n".join(["a: b\n"] * 300))
    assert len(caught.value.problems) == 100
    assert "600" in str(caught.value)


labels = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?", fullmatch=True)
namespaces = st.just("") | labels.filter(lambda name: name not in RESERVED_NAMESPACES)
lines = st.text(
    st.characters(min_codepoint=32, exclude_characters="{", exclude_categories=["Cs", "Cc", "Cn"]), min_size=1
)
clusters = st.builds(
    Cluster, labels, st.sampled_from(["own", "observe", None]), st.none() | lines, st.none() | lines, st.booleans()
)
controllers = st.builds(
    ControllerSpec,
    labels,
    st.sampled_from(["3.7.0", "v1.2", "1.16"]),
    namespaces,
    st.just("") | labels,
    st.lists(st.integers(1, 65535), min_size=1, max_size=3, unique=True).map(tuple),
)
bundles = st.builds(
    BundleName, st.sampled_from(["v1.6.1", "v0.8.0-rc1"]), st.sampled_from(["standard", "experimental"])
)
fleets = st.lists(
    clusters
    | st.builds(Team, labels, namespaces)
    | st.builds(Stack, labels, labels, bundles, st.none() | controllers)
    | st.builds(Binding, labels, labels, namespaces, st.just("") | labels),
    max_size=8,
    unique_by=lambda d: (type(d).__name__, d.name, getattr(d, "team", "")),
)


@given(fleets)
def test_what_is_dumped_reads_back_and_dumps_the_same(fleet: list[Desired]) -> None:
    text = dump(fleet)
    found = [s.desired for s in parse(text)]
    assert sorted(map(repr, found)) == sorted(map(repr, fleet))
    assert dump(reversed(fleet)) == text == dump(found)


@given(st.binary() | st.text().map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_no_input_raises_anything_but_our_error(content: bytes) -> None:
    assert describe(content)


@given(st.text(alphabet="{}[]:,-&*!|>'\"#\t\n ab1~%@`?<"))
def test_no_yaml_punctuation_raises_anything_but_our_error(content: str) -> None:
    assert describe(content)
