"""Two people at once, of two teams: each sees their own, and may do what their role allows."""

from __future__ import annotations

import re

import pytest
from handles import ClusterHandle
from installation import Install, Installation
from playwright.sync_api import expect
from visitor import LANGUAGES, PATIENCE, Visit

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


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_audit_is_asked_for_an_act_in_words(language: str, shared: Installation, visit: Visit) -> None:
    visitor = visit(shared, language)
    page = visitor.page
    visitor.sign_in()
    visitor.open("/audit")
    visitor.sees(ORDERS)
    expect(page.get_by_label(visitor.t("common:table.search"))).to_have_count(0)
    asked = page.get_by_role("combobox", name=visitor.t("audit:narrow.what"), exact=True)
    asked.click()
    act = visitor.t("audit:deed.binding.create")
    asked.fill(act)
    page.locator(".ant-select-item-option").get_by_text(act, exact=True).click()
    expect(page).to_have_url(re.compile(r"what=binding\.create"), timeout=PATIENCE)
    bound = [f"{SECRET}.shared", f"{ORDERS}.shared"]
    expect(page.get_by_role("cell").locator("code")).to_have_text(bound, timeout=PATIENCE)


def test_a_laptop_shows_what_decides_and_no_column_that_one_is_not_told(shared: Installation, visit: Visit) -> None:
    shared.person("vito", **{ORDERS: "viewer"})
    viewer, administrator = visit(shared), visit(shared)
    viewer.sign_in("vito")
    administrator.sign_in()
    viewer.open("/")
    for column in ("health", "bundle", "channel", "controller", "custody", "reachability", "skew"):
        head = viewer.page.get_by_role("columnheader", name=viewer.t(f"fleet:column.{column}"))
        expect(head).to_be_in_viewport(ratio=1, timeout=PATIENCE)
    for person, count in ((viewer, 0), (administrator, 1)):
        person.open("/clusters")
        expect(person.page.get_by_role("columnheader", name=person.t("clusters:column.teams"))).to_be_visible()
        server = person.page.get_by_role("columnheader", name=person.t("clusters:column.server"))
        expect(server).to_have_count(count, timeout=PATIENCE)
