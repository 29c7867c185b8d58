"""The founding story by clicking, in both languages: from an empty installation to two clusters of one team.

What once failed on another product was the second cluster: its namespace was there already ("namespace already
exists", 命名空间已存在). Here the plan says of that namespace whose it is and what becomes of it, and nothing fails.
"""

from __future__ import annotations

import re
from pathlib import Path

import manifests
import pytest
from handles import ClusterFactory, ClusterHandle, eventually
from installation import PASSWORD, Install
from playwright.sync_api import Locator, expect
from visitor import LANGUAGES, PATIENCE, Visit, Visitor

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

TEAM, STACK, HOST = "payments", "edge", "shop.test"
FIRST, SECOND = "beijing", "shanghai"
ROLLOUT = 240_000
"""Milliseconds that a rollout with a controller may take on a busy machine."""


class Story:
    """One visitor's way through the pages."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.t = visitor.t

    def field(self, key: str, text: str) -> None:
        self.page.get_by_label(self.t(key), exact=True).fill(text)

    def choose(self, key: str, option: str) -> None:
        """In the dialog, from the list with this label."""
        self.page.get_by_role("dialog").get_by_role("combobox", name=self.t(key), exact=True).click()
        self.page.locator(".ant-select-item-option").get_by_text(option, exact=True).click()

    def heading(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_role("heading", level=1).first).to_contain_text(text, timeout=PATIENCE)

    def step(self, name: str, state: str) -> Locator:
        """The step of the onboarding path, once it is in this state."""
        title, word = self.t(f"start:step.{name}.title"), self.t(f"start:state.{state}")
        found = self.page.get_by_role("button", name=re.compile(f"^{title} ?: ?{word}$"))
        expect(found).to_be_visible(timeout=PATIENCE)
        return found

    def set_up(self, code: str) -> None:
        self.visitor.open("/")
        for key, value in (("token", code), ("name", "ada"), ("password", PASSWORD), ("again", PASSWORD)):
            self.field(f"setup:{key}", value)
        self.visitor.button("setup:submit")
        expect(self.page).not_to_have_url(re.compile("/setup"), timeout=PATIENCE)

    def paste(self, name: str, kubeconfig: Path) -> None:
        self.field("clusters:kubeconfig.label", kubeconfig.read_text())
        self.field("clusters:name.label", name)
        self.visitor.button("clusters:register.submit")

    def upload(self, name: str, kubeconfig: Path) -> None:
        self.page.locator("input[type=file]").set_input_files(kubeconfig)
        expect(self.page.get_by_label(self.t("clusters:kubeconfig.label"), exact=True)).not_to_be_empty()
        self.field("clusters:name.label", name)
        self.visitor.button("clusters:register.submit")
        expect(self.page).to_have_url(re.compile(f"/clusters/{name}"), timeout=PATIENCE)

    def begin(self, kubeconfig: Path) -> None:
        """The first three steps of the onboarding path: cluster, team, binding."""
        self.visitor.open("/start")
        self.step("cluster", "next")
        self.paste(FIRST, kubeconfig)
        self.step("team", "next")
        self.field("start:team.name", TEAM)
        self.visitor.button("start:team.submit")
        self.step("bind", "next")
        self.visitor.button("start:bind.submit")
        self.step("bind", "done")

    def stack(self) -> None:
        """By form, with a controller; the release is the one that the form begins with."""
        self.visitor.open(f"/stacks?new=stack&team={TEAM}")
        self.field("stack:form.name", STACK)
        self.page.get_by_label(self.t("stack:form.install")).click()
        ports = self.page.get_by_label(self.t("stack:form.ports"))
        ports.fill(str(manifests.PORT))
        ports.press("Enter")
        self.visitor.button("stack:save.create")
        expect(self.page).to_have_url(re.compile(f"/teams/{TEAM}/stacks/{STACK}"), timeout=PATIENCE)

    def bind(self) -> None:
        """The second cluster, where the stack is offered; then the first gets it too."""
        self.visitor.open(f"/teams/{TEAM}")
        self.visitor.button("team:bind.open")
        self.choose("team:bind.cluster", SECOND)
        self.visitor.button("team:bind.verb")
        expect(self.page.get_by_role("row").filter(has_text=SECOND)).to_contain_text(STACK, timeout=PATIENCE)
        self.visitor.open(f"/teams/{TEAM}/clusters/{FIRST}")
        self.visitor.button("team:bind.change")
        self.choose("team:bind.stack", STACK)
        dialog = self.page.get_by_role("dialog")
        expect(dialog).to_contain_text(STACK, timeout=PATIENCE)
        with self.page.expect_response(lambda answer: answer.request.method == "PUT" and "/bindings/" in answer.url):
            self.visitor.button("common:action.save")
        expect(dialog).to_be_hidden(timeout=PATIENCE)

    def plan(self) -> None:
        """Of both clusters. The namespace that is there already is shared, its owner told, and nothing blocks."""
        self.visitor.open(f"/rollouts?new=plan&team={TEAM}")
        self.visitor.button("plan:new.make")
        expect(self.page).to_have_url(re.compile("/plans/"), timeout=PATIENCE)
        self.visitor.sees(self.t("plan:outcome.change"))
        expect(self.page.get_by_text(self.t("plan:points.block"))).to_have_count(0)
        part = self.page.locator(".cluster-plan").filter(has=self.page.get_by_role("heading", name=SECOND))
        part.get_by_role("button", name=re.compile(f"{self.t('common:verdict.share')}.*Namespace")).click()
        found = part.locator(".object-plan").filter(has_text=re.compile(f"Namespace.*{TEAM}"))
        expect(found).to_contain_text("kubectl", timeout=PATIENCE)

    def approve(self) -> None:
        """By its hash, which the approval repeats; the rollout is watched until both clusters are done."""
        plan = self.page.url.rpartition("/")[2].partition("?")[0]
        expect(self.page.get_by_role("region", name=self.t("plan:approve.title"))).to_contain_text(plan[:12])
        self.visitor.button("plan:approve.start_other", count=2)
        expect(self.page).to_have_url(re.compile("/rollouts/"), timeout=PATIENCE)
        log = self.page.get_by_label(self.t("rollout:log.lines"))
        expect(log).to_contain_text(FIRST, timeout=PATIENCE)
        expect(log).to_contain_text(SECOND, timeout=ROLLOUT)
        succeeded = self.page.get_by_role("main").get_by_text(self.t("rollouts:state.succeeded"), exact=True)
        expect(succeeded.first).to_be_visible(timeout=ROLLOUT)
        expect(self.page.get_by_text(self.t("rollout:progress_other", done=2, count=2))).to_be_visible(timeout=PATIENCE)


def deploy(cluster: ClusterHandle) -> None:
    """What the application team puts into its namespace."""
    address, port = cluster.backend
    _, *objects = manifests.route(TEAM, address, port, host=HOST)
    cluster.apply(objects)


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_nothing_to_two_clusters_that_serve(
    language: str, install: Install, cluster_factory: ClusterFactory, visit: Visit
) -> None:
    first, second = cluster_factory(), cluster_factory()
    second.kubectl("create", "namespace", TEAM)
    second.kubectl("create", "namespace", "traefik")
    installation = install()
    visitor = visit(installation, language)
    story = Story(visitor)

    story.set_up(installation.setup_code)
    story.begin(first.kubeconfig)
    visitor.open("/clusters?register=kubeconfig")
    story.upload(SECOND, second.kubeconfig)
    story.stack()
    story.bind()
    story.plan()
    story.approve()
    second.kubectl("get", "namespace", TEAM)

    for cluster in (first, second):
        deploy(cluster)
        eventually(lambda cluster=cluster: cluster.get(host=HOST)[0] == 200, seconds=90, what="an answer")

    page = visitor.page
    visitor.open("/")
    for name in (FIRST, SECOND):
        row = page.get_by_role("row").filter(has_text=name)
        expect(row).to_contain_text("v1.6.1", timeout=PATIENCE)
        expect(row).to_contain_text(visitor.t("common:state.healthy"), timeout=PATIENCE)

    visitor.open(f"/clusters/{FIRST}")
    visitor.sees(visitor.t("cluster:admission.written"))
    visitor.open(f"/teams/{TEAM}/clusters/{FIRST}?view=mapping")
    switch = page.get_by_label(visitor.t("shell:switch", label=visitor.t("shell:cluster.label"), letter="c"))
    expect(switch).to_be_visible(timeout=PATIENCE)
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("c")
    page.locator(".ant-select-item-option").get_by_text(SECOND, exact=True).click()
    expect(page).to_have_url(re.compile(f"/teams/{TEAM}/clusters/{SECOND}.*view=mapping"), timeout=PATIENCE)
    visitor.sees("HTTPRoute")

    visitor.open(f"/topology?team={TEAM}")
    expect(page.locator("[data-part]").filter(has_text="web").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name=re.compile(f"^Gateway web.*{SECOND}")).click()
    expect(page.get_by_role("dialog")).to_contain_text("web", timeout=PATIENCE)
