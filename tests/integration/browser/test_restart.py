"""A rollout that somebody watches while its server is killed and started again: nothing is lost, nothing doubled."""

from __future__ import annotations

import re

import pytest
from handles import ClusterFactory
from installation import Install, Installation
from playwright.sync_api import expect
from visitor import PATIENCE, Visit

pytestmark = [pytest.mark.integration, pytest.mark.timeout(500)]

TEAM, CLUSTERS = "orders", ("hangzhou", "suzhou")
STACK = {"bundle": {"version": "v1.6.1"}, "controller": {"name": "traefik", "version": "3.7.15"}}
ROLLOUT = 240_000


@pytest.fixture
def planned(install: Install, cluster_factory: ClusterFactory) -> tuple[Installation, str]:
    """An installation and the hash of a plan that installs on two clusters."""
    installation = install()
    installation.administrator()
    installation.api("PUT", f"/teams/{TEAM}", {})
    installation.api("PUT", f"/teams/{TEAM}/stacks/edge", STACK)
    for name in CLUSTERS:
        kubeconfig = cluster_factory().kubeconfig.read_text()
        installation.api("POST", "/clusters", {"name": name, "kubeconfig": kubeconfig})
        installation.api("PUT", f"/teams/{TEAM}/bindings/{name}", {"stack": "edge"})
    return installation, installation.api("POST", "/plans", {"team": TEAM})["hash"]


def test_a_rollout_is_watched_over_the_death_of_its_server(planned: tuple[Installation, str], visit: Visit) -> None:
    installation, plan = planned
    visitor = visit(installation, "zh-CN")
    page = visitor.page
    visitor.sign_in()
    visitor.open(f"/plans/{plan}")
    visitor.button("plan:approve.start_other", count=len(CLUSTERS))
    lines = page.locator(".log-line")
    expect(lines.nth(2)).to_be_visible(timeout=PATIENCE)
    page.evaluate("window.stayed = true")
    installation.kill()
    before = lines.count()
    visitor.sees(re.compile(f"^{visitor.t('rollout:log.reconnecting').partition('{{')[0]}"))
    expect(lines).to_have_count(before)
    installation.start()

    main = page.get_by_role("main")
    expect(main.get_by_text(visitor.t("rollouts:state.succeeded"), exact=True).first).to_be_visible(timeout=ROLLOUT)
    visitor.sees(visitor.t("rollout:log.complete"))
    rollout = page.url.rpartition("/")[2].partition("?")[0]
    assert installation.api("GET", f"/rollouts/{rollout}")["state"] == "succeeded"
    numbers = lines.evaluate_all("lines => lines.map((line) => Number(line.dataset.seq))")
    assert len(numbers) > before
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert page.evaluate("window.stayed"), "the page was loaded anew"
    read = lines.all_inner_texts()
    page.reload()
    expect(lines).to_have_count(len(numbers), timeout=PATIENCE)
    assert lines.all_inner_texts() == read
