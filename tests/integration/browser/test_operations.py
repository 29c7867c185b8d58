"""What people do to clusters that they have, page by page: carry a plan out and stop it, replace a credential, say
whose the Gateway API is, remove a cluster. The server dies meanwhile, and accounts lose their rights.

One installation and two clusters serve all of it; each test takes the clusters as it finds them.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from handles import ClusterFactory, ClusterHandle, eventually
from installation import ADMINISTRATOR, Installation
from playwright.sync_api import Locator, Response, expect
from visitor import PATIENCE, Visit, Visitor

from gatewright.gatewayapi.access import access_manifests
from gatewright.model.objects import Manifest
from gatewright.text import Message

pytestmark = [pytest.mark.integration, pytest.mark.timeout(580)]

TEAM, FIRST, SECOND = "orders", "hangzhou", "suzhou"
STACK = {"bundle": {"version": "v1.6.1"}, "controller": {"name": "traefik", "version": "3.7.15"}}
ACCOUNT = "gatewright"
ROLLOUT = 240_000
"""Milliseconds that a rollout on two clusters may take on a busy machine."""
GRANTS = ("ClusterRoleBinding", "RoleBinding")


@dataclass(frozen=True)
class Fleet:
    """Two clusters of one team; the second one is reached with an account that has the printed rights and no more."""

    installation: Installation
    clusters: dict[str, ClusterHandle]
    access: list[Manifest]

    def revoke(self, name: str) -> None:
        for grant in self._grants:
            metadata = grant["metadata"]
            where = ("-n", metadata["namespace"]) if "namespace" in metadata else ()
            self.clusters[name].kubectl("delete", grant["kind"], metadata["name"], *where)

    def grant(self, name: str) -> None:
        self.clusters[name].apply(self._grants)

    @property
    def _grants(self) -> list[Manifest]:
        return [one for one in self.access if one["kind"] in GRANTS]

    def account(self, name: str) -> str:
        """The kubeconfig of the account on this cluster."""
        cluster = self.clusters[name]
        cluster.apply(self.access)

        def token() -> str:
            secret = cluster.json("secret", "gatewright-token", "-n", ACCOUNT)
            return base64.b64decode(secret.get("data", {}).get("token", "")).decode()

        eventually(token, what="the token is issued")
        return with_token(cluster.kubeconfig, token())

    def plan(self, action: str = "install") -> str:
        """The hash of a plan for every cluster of the team."""
        return self.installation.api("POST", "/plans", {"team": TEAM, "action": action})["hash"]

    def install(self) -> None:
        """Where it is not done yet."""
        plan = self.installation.api("POST", "/plans", {"team": TEAM})
        if plan["outcome"] == "change":
            rollout = self.installation.api("POST", "/rollouts", {"plan": plan["hash"]})["id"]
            self.installation.until(f"/rollouts/{rollout}", lambda found: found["state"] == "succeeded", 240)


def with_token(kubeconfig: Path, token: str) -> str:
    content = yaml.safe_load(kubeconfig.read_text())
    for user in content["users"]:
        user["user"] = {"token": token}
    return yaml.safe_dump(content)


@pytest.fixture(scope="module")
def fleet(installation: Installation, cluster_factory: ClusterFactory) -> Fleet:
    access = access_manifests(ACCOUNT, allow_namespace_removal=True, controller_namespaces=["traefik"])
    made = Fleet(installation, {name: cluster_factory() for name in (FIRST, SECOND)}, access)
    installation.api("PUT", f"/teams/{TEAM}", {})
    installation.api("PUT", f"/teams/{TEAM}/stacks/edge", STACK)
    credentials = {FIRST: made.clusters[FIRST].kubeconfig.read_text(), SECOND: made.account(SECOND)}
    for name, kubeconfig in credentials.items():
        installation.api("POST", "/clusters", {"name": name, "kubeconfig": kubeconfig})
        installation.api("PUT", f"/teams/{TEAM}/bindings/{name}", {"stack": "edge"})
    return made


class Board:
    """The page of a rollout."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.page = visitor.page
        expect(self.page).to_have_url(re.compile("/rollouts/"), timeout=PATIENCE)
        self.id = self.page.url.rpartition("/")[2].partition("?")[0]
        self.lines = self.page.locator(".log-line")

    def state(self, state: str, patience: int = ROLLOUT) -> None:
        """Waits until the rollout's own state, beside its name, is this one."""
        head = self.page.locator(".page-header")
        expect(head.get_by_text(self.visitor.t(f"rollouts:state.{state}"), exact=True)).to_be_visible(timeout=patience)

    def card(self, cluster: str) -> Locator:
        return self.page.locator(".board-card").filter(has=self.page.get_by_role("link", name=cluster, exact=True))

    def command(self, command: str) -> Locator:
        head = self.page.locator(".page-header")
        return head.get_by_role("button", name=re.compile(f"^{self.visitor.t(f'rollout:command.{command}')}"))

    def refuses(self, *commands: str) -> None:
        """Each of these does nothing now, and says why."""
        for command in commands:
            expect(self.command(command)).to_have_attribute("aria-disabled", "true", timeout=PATIENCE)
            expect(self.command(command)).to_have_text(re.compile(r"\(.+\)"))

    def numbers(self) -> list[int]:
        """Of the lines of the log, which have no gap."""
        found: list[int] = self.lines.evaluate_all("lines => lines.map((line) => Number(line.dataset.seq))")
        assert found == list(range(1, len(found) + 1))
        return found


def typed(visitor: Visitor, name: str, verb: str) -> None:
    """In the dialog, which closes once it is done: the button does nothing before the name is typed."""
    dialog = visitor.page.get_by_role("dialog")
    button = dialog.get_by_role("button", name=verb, exact=True)
    field = dialog.get_by_label(visitor.t("common:danger.label", name=name))
    expect(field).to_be_focused(timeout=PATIENCE)
    field.fill(name[:-1])
    expect(button).to_be_disabled()
    field.fill(name)
    button.click()
    expect(dialog).to_have_count(0, timeout=PATIENCE)


def test_a_rollout_survives_its_server_and_is_retried_once_its_cause_is_mended(fleet: Fleet, visit: Visit) -> None:
    installation = fleet.installation
    plan = fleet.plan()
    visitor = visit(installation, "zh-CN")
    page, t = visitor.page, visitor.t
    visitor.sign_in()
    visitor.open(f"/plans/{plan}")
    visitor.button("plan:approve.start_other", count=len(fleet.clusters))
    board = Board(visitor)
    expect(board.lines.nth(2)).to_be_visible(timeout=PATIENCE)
    page.evaluate("window.stayed = true")
    fleet.revoke(SECOND)
    installation.kill()
    before = board.lines.count()
    visitor.sees(re.compile(f"^{t('rollout:log.reconnecting').partition('{{')[0]}"))
    assert len(board.numbers()) >= before  # what was on its way when the server died is shown too
    installation.start()

    board.state("failed")
    expect(board.card(FIRST)).to_contain_text(t("rollouts:state.succeeded"))
    trouble = page.get_by_role("main").get_by_role("alert")
    expect(trouble).to_contain_text("kube.forbidden")
    expect(trouble).to_contain_text(SECOND)
    expect(trouble).to_contain_text("gatewright cluster access")
    visitor.sees(t("rollout:rest.failed"))
    board.refuses("pause", "resume")
    fleet.grant(SECOND)
    board.command("retry").click()
    board.state("running", PATIENCE)
    expect(trouble).to_have_count(0, timeout=PATIENCE)
    board.state("succeeded")
    visitor.sees(t("rollout:log.complete"))
    visitor.sees(t("rollout:progress_other", done=2, count=2))

    assert installation.api("GET", f"/rollouts/{board.id}")["state"] == "succeeded"
    assert len(board.numbers()) > before
    assert page.evaluate("window.stayed"), "the page was loaded anew"
    read = board.lines.all_inner_texts()
    page.reload()
    expect(board.lines).to_have_count(len(read), timeout=PATIENCE)
    assert board.lines.all_inner_texts() == read


def facts_of(installation: Installation, name: str) -> Any:
    return installation.api("GET", f"/clusters/{name}/installation")["credential"]


def replace(visitor: Visitor) -> int:
    """Tries the credential in the form: the status of the answer."""

    def rotates(answer: Response) -> bool:
        return answer.request.method == "PUT" and answer.url.endswith("/credentials")

    with visitor.page.expect_response(rotates, timeout=2 * PATIENCE) as answer:
        visitor.button("cluster:rotate.submit")
    return answer.value.status


def test_a_credential_is_replaced_by_one_that_leads_to_the_same_cluster(
    fleet: Fleet, visit: Visit, tmp_path: Path
) -> None:
    installation = fleet.installation
    before = facts_of(installation, FIRST)
    visitor = visit(installation, "en-US")
    page, t = visitor.page, visitor.t
    visitor.sign_in()
    visitor.open(f"/clusters/{FIRST}?tab=credentials")
    facts = page.get_by_role("region", name=t("cluster:credential.title"), exact=True)
    expect(facts).to_contain_text(t("cluster:credential.kinds.certificate"), timeout=PATIENCE)
    field = page.get_by_label(t("clusters:kubeconfig.label"), exact=True)
    form = page.get_by_role("region", name=t("cluster:rotate.title"), exact=True)
    right = fleet.account(FIRST)
    for wrong, reason in (
        (fleet.clusters[SECOND].kubeconfig.read_text(), "store.credential-elsewhere"),
        (with_token(fleet.clusters[FIRST].kubeconfig, "nobody"), "kube.unauthorized"),
    ):
        field.fill(wrong)
        assert replace(visitor) >= 400
        expect(form.get_by_role("alert")).to_contain_text(reason, timeout=PATIENCE)
        expect(field).to_have_value(wrong)
        assert facts_of(installation, FIRST) == before
    file = tmp_path / "kubeconfig"
    file.write_text(right)
    page.locator("input[type=file]").set_input_files(file)
    expect(field).to_have_value(right)
    assert replace(visitor) < 300
    visitor.forgive()
    visitor.sees(t("cluster:rotate.done"))
    expect(field).to_be_empty()
    expect(form.get_by_role("alert")).to_have_count(0)
    expect(facts).to_contain_text(t("cluster:credential.kinds.token"), timeout=PATIENCE)
    expect(facts).to_contain_text(f"system:serviceaccount:{ACCOUNT}:gatewright")
    assert facts_of(installation, FIRST)["stored_at"] > before["stored_at"]
    installation.until(f"/clusters/{FIRST}/installation", lambda found: found["reachability"] == "reachable")


def test_whose_the_gateway_api_is_can_be_said_and_taken_back(fleet: Fleet, visit: Visit) -> None:
    visitor = visit(fleet.installation, "zh-CN")
    page, t = visitor.page, visitor.t
    visitor.sign_in()
    visitor.open(f"/clusters/{FIRST}?tab=ownership")
    custody = page.get_by_role("region", name=t("cluster:custody.title"), exact=True)
    for word, who in (("observe", ADMINISTRATOR), ("none", "")):
        custody.get_by_role("button", name=t("cluster:custody.change")).click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("radio", name=re.compile(f"^{re.escape(t(f'cluster:custody.wish.{word}'))}")).click()
        visitor.button("cluster:custody.save")
        expect(dialog).to_have_count(0, timeout=PATIENCE)
        expect(custody).to_contain_text(t(f"cluster:custody.wish.{word}"), timeout=PATIENCE)
        expect(custody).to_contain_text(who)


def test_leaving_is_paused_resumed_and_aborted_and_then_the_cluster_is_removed(fleet: Fleet, visit: Visit) -> None:
    """The second cluster is removed: where it stops, it has not come so far."""
    fleet.install()
    installation = fleet.installation
    visitor = visit(installation, "en-US")
    page, t = visitor.page, visitor.t
    visitor.sign_in()
    visitor.open(f"/plans/{fleet.plan('leave')}")
    visitor.button("plan:approve.leave_other", count=2)
    typed(visitor, TEAM, t("plan:approve.leave_other", count=2))
    board = Board(visitor)
    board.command("pause").click()
    board.state("paused")
    visitor.sees(t("rollout:rest.paused"))
    visitor.sees(t("rollout:log.resting"))
    board.refuses("pause", "retry")
    page.reload()
    board.state("paused")
    board.command("resume").click()
    board.state("running", PATIENCE)
    board.command("pause").click()
    board.state("paused")
    board.command("abort").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(t("rollout:abort.final"), timeout=PATIENCE)
    typed(visitor, board.id, t("rollout:command.abort"))
    board.state("aborted")
    visitor.sees(t("rollout:rest.aborted"))
    board.refuses("pause", "resume", "retry", "abort")
    expect(board.lines.last).to_contain_text(Message("rollout.event.aborted").render("en"), timeout=PATIENCE)
    visitor.sees(t("rollout:log.complete"))
    board.numbers()

    visitor.open(f"/clusters/{SECOND}?tab=removal")
    visitor.sees(t("cluster:removal.blocked"))
    expect(page.get_by_role("button", name=t("cluster:removal.verb"))).to_be_disabled()
    visitor.button("cluster:leaving.plan")
    visitor.button("plan:approve.leave_one", count=1)
    typed(visitor, TEAM, t("plan:approve.leave_one", count=1))
    Board(visitor).state("succeeded")
    visitor.open(f"/clusters/{SECOND}?tab=removal")
    visitor.sees(t("cluster:removal.ready"))
    visitor.button("cluster:removal.verb")
    expect(page.get_by_role("dialog")).to_contain_text(t("cluster:removal.untouched"))
    typed(visitor, SECOND, t("cluster:removal.verb"))
    expect(page).to_have_url(re.compile("/clusters$"), timeout=PATIENCE)
    expect(page.get_by_role("row").filter(has_text=FIRST)).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("row").filter(has_text=SECOND)).to_have_count(0)
    assert [one["spec"]["name"] for one in installation.api("GET", "/clusters")] == [FIRST]
    fleet.clusters[SECOND].kubectl("get", "namespace", "default")
