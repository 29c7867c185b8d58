"""Registering clusters in the browser, wrong kubeconfigs first, and a cluster that dies while somebody looks."""

from __future__ import annotations

import re

import pytest
from handles import ClusterFactory, ClusterHandle
from installation import Install, Installation
from playwright.sync_api import Response, expect
from visitor import LANGUAGES, PATIENCE, Visit, Visitor

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

SEEN = [("reachable", True)]
BROKEN = (
    "apiVersion: v1\nkind: Config\n  clusters: [",
    "apiVersion: v1\nkind: Config\nclusters: []\n",
    "hello",
)


def attempt(visitor: Visitor, name: str, kubeconfig: str) -> int:
    """Tries to register: the status of the answer. An alert of the attempt before could be taken for this one's."""
    visitor.page.get_by_label(visitor.t("clusters:kubeconfig.label"), exact=True).fill(kubeconfig)
    visitor.page.get_by_label(visitor.t("clusters:name.label"), exact=True).fill(name)
    with visitor.page.expect_response(_is_registration, timeout=2 * PATIENCE) as answer:
        visitor.button("clusters:register.submit")
    return answer.value.status


def _is_registration(answer: Response) -> bool:
    return answer.request.method == "POST" and answer.url.endswith("/clusters")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wrong_kubeconfig_is_explained_and_what_was_typed_stays(
    language: str, install: Install, cluster: ClusterHandle, visit: Visit
) -> None:
    installation = install()
    installation.administrator()
    visitor = visit(installation, language)
    visitor.sign_in()
    visitor.open("/clusters?register=kubeconfig")
    page = visitor.page
    right = cluster.kubeconfig.read_text()
    stranger = re.sub(r"(client-key-data|token): \S+", r"token: nobody", right)
    for wrong in (*BROKEN, stranger):
        assert attempt(visitor, "shanghai", wrong) >= 400
        expect(page.get_by_role("alert").first).to_be_visible(timeout=PATIENCE)
        expect(page.get_by_label(visitor.t("clusters:kubeconfig.label"), exact=True)).to_have_value(wrong)
        expect(page.get_by_label(visitor.t("clusters:name.label"), exact=True)).to_have_value("shanghai")
        assert installation.api("GET", "/clusters") == []
    assert attempt(visitor, "shanghai", right) < 300
    installation.until("/clusters", lambda found: [c["spec"]["name"] for c in found] == ["shanghai"])
    visitor.open("/")
    visitor.sees("shanghai")


@pytest.fixture
def watched(install: Install, cluster_factory: ClusterFactory) -> tuple[Installation, ClusterHandle]:
    """A cluster that is seen."""
    cluster = cluster_factory()
    installation = install()
    installation.administrator()
    installation.api("POST", "/clusters", {"name": cluster.name, "kubeconfig": cluster.kubeconfig.read_text()})
    installation.until("/matrix", lambda rows: [(r["reachability"], bool(r.get("seen_at"))) for r in rows] == SEEN)
    return installation, cluster


def test_a_cluster_that_dies_is_told_at_once_and_what_was_seen_stays(
    watched: tuple[Installation, ClusterHandle], visit: Visit
) -> None:
    installation, cluster = watched
    visitor = visit(installation, "zh-CN")
    visitor.sign_in()
    visitor.open("/")
    row = visitor.page.get_by_role("row").filter(has_text=cluster.name)
    expect(row).to_contain_text(visitor.t("common:reachability.reachable"), timeout=PATIENCE)
    cluster.kill_apiserver()
    expect(row).to_contain_text(visitor.t("common:reachability.unreachable"), timeout=60_000)
    expect(row).to_contain_text(visitor.t("common:state.unknown"))
    cluster.start_apiserver()
    expect(row).to_contain_text(visitor.t("common:reachability.reachable"), timeout=60_000)
