"""Two people at once, of two teams: each sees their own, and may do what their role allows."""

from __future__ import annotations

import pytest
from handles import ClusterHandle
from installation import Install, Installation
from playwright.sync_api import expect
from visitor import PATIENCE, Visit

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

ORDERS, SECRET = "orders", "moonshot"


@pytest.fixture(scope="module")
def shared(install: Install, cluster: ClusterHandle) -> Installation:
    """Two teams on one cluster, and a person of each."""
    installation = install()
    installation.administrator()
    installation.api("POST", "/clusters", {"name": "shared", "kubeconfig": cluster.kubeconfig.read_text()})
    for team in (ORDERS, SECRET):
        installation.api("PUT", f"/teams/{team}", {})
        installation.api("PUT", f"/teams/{team}/bindings/shared", {"namespace": f"{team}-space"})
    installation.person("vera", **{ORDERS: "viewer"})
    installation.person("otto", **{SECRET: "owner"})
    installation.until("/matrix", lambda rows: rows and rows[0].get("seen_at"))
    return installation


def test_two_people_see_their_own_team_and_never_the_others_name(shared: Installation, visit: Visit) -> None:
    vera, otto = visit(shared, "zh-CN"), visit(shared, "en-US")
    vera.sign_in("vera")
    otto.sign_in("otto")
    for person, own, other in ((vera, ORDERS, SECRET), (otto, SECRET, ORDERS)):
        for path in ("/", "/teams", f"/teams/{own}", "/rollouts", "/events", "/topology"):
            person.open(path)
            expect(person.page.get_by_role("heading", level=1)).to_be_visible(timeout=PATIENCE)
            person.page.wait_for_load_state("domcontentloaded")
            expect(person.page.locator("body")).not_to_contain_text(other)
        person.open("/teams")
        person.sees(own)
        person.open(f"/teams/{other}")
        person.sees(person.t("team:absent.title", team=other))
        person.open("/users")
        expect(person.page.locator("main")).not_to_contain_text("wright")


def test_a_viewer_is_not_offered_what_the_owner_is(shared: Installation, visit: Visit) -> None:
    shared.person("olga", **{ORDERS: "owner"})
    viewer, owner = visit(shared), visit(shared)
    viewer.sign_in("vera")
    owner.sign_in("olga")
    for person, count in ((viewer, 0), (owner, 1)):
        person.open(f"/teams/{ORDERS}")
        person.page.get_by_role("tab", name=person.t("team:tab.members"), exact=True).click()
        person.sees("vera")
        expect(person.page.get_by_role("button", name=person.t("team:members.add"))).to_have_count(count)
    shared.api("DELETE", f"/teams/{ORDERS}/members/vera")
    viewer.open(f"/teams/{ORDERS}")
    viewer.sees(viewer.t("common:forbidden.title"))
