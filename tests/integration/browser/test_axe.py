"""Every page, with something in it, in light and dark: axe-core finds no serious fault. And keys lead everywhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from handles import ClusterHandle
from installation import Install, Installation
from playwright.sync_api import Page, expect
from populated import TEAM, Populated, populate
from visitor import LANGUAGES, PATIENCE, STILL, Visit, Visitor

pytestmark = [pytest.mark.integration, pytest.mark.timeout(500)]

WEB = Path(__file__).parents[3] / "web"
AXE = (WEB / "node_modules/axe-core/axe.min.js").read_text()
RUN = """async (rules) => (await axe.run({ resultTypes: ["violations"], ...(rules.length ? { runOnly: rules } : {}) }))
  .violations.filter((found) => found.impact === "serious" || found.impact === "critical")
  .map((found) => `${found.id}: ` + found.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`))"""
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules whose verdict can be another one in another theme."""
PATHS = re.findall(r'path: "([^"]+)", page:', (WEB / "src/pages.ts").read_text())
VIEWS = ("", "?view=mapping", "?view=findings", "?view=hostnames", "?view=members", "?view=policy")


@pytest.fixture(scope="module")
def full(install: Install, cluster: ClusterHandle) -> tuple[Installation, Populated]:
    installation = install()
    installation.administrator()
    return installation, populate(installation, {"beijing": cluster})


def faults(page: Page, path: str) -> list[str]:
    """Once the page stands still: all of it in the theme that it is in, and its colours once more in the other one."""
    expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("main [aria-busy=true]")).to_have_count(0, timeout=PATIENCE)
    page.evaluate(AXE)
    first = page.locator("html").get_attribute("data-theme")
    second: Any = "light" if first == "dark" else "dark"
    found = judged(page, f"{path} ({first})", [])
    page.emulate_media(color_scheme=second)
    expect(page.locator("html")).to_have_attribute("data-theme", second, timeout=PATIENCE)
    return [*found, *judged(page, f"{path} ({second})", COLOURS)]


def judged(page: Page, where: str, rules: list[str]) -> list[str]:
    page.evaluate(STILL)
    found: list[Any] = page.evaluate(RUN, rules)
    return [f"{where}: {one}" for one in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_a_serious_fault(language: str, full: tuple[Installation, Populated], visit: Visit) -> None:
    """Each page in one of the languages: no rule is about what the words say."""
    installation, there = full
    visitor = visit(installation, language)
    page = visitor.page
    visitor.open("/sign-in")
    found = faults(page, "/sign-in")
    visitor.sign_in()
    assert len(PATHS) > 20
    team = [f"/teams/{TEAM}{view}" for view in VIEWS]
    doors = {"/sign-in", "/setup"}
    paths = [*(there.path(one) for one in PATHS if one not in doors), *team, "/clusters?register=kubeconfig"]
    for path in paths[LANGUAGES.index(language) :: len(LANGUAGES)]:
        visitor.open(path)
        found += faults(page, path)
    assert not found, "\n".join(found)


def test_a_row_is_not_empty_while_its_words_are_on_their_way(
    full: tuple[Installation, Populated], visit: Visit
) -> None:
    installation, _ = full
    visitor = visit(installation)
    page = visitor.page
    visitor.sign_in()
    late = visitor.open_without(re.compile(r"/assets/event-[^/]*\.js"), "/events")
    opens = page.get_by_role("table").get_by_role("button", name="…", exact=True)
    expect(opens.first).to_be_visible(timeout=PATIENCE)
    page.evaluate(AXE)
    assert judged(page, "/events", ["button-name"]) == []
    assert late
    for request in late:
        request.continue_()
    expect(opens).to_have_count(0, timeout=PATIENCE)


def held(visitor: Visitor, label: str) -> None:
    """What has the focus is called so."""
    expect(visitor.page.locator(":focus")).to_have_accessible_name(label, timeout=PATIENCE)


def test_keys_lead_to_the_switches_and_past_the_head(full: tuple[Installation, Populated], visit: Visit) -> None:
    installation, _ = full
    visitor = visit(installation)
    page, t = visitor.page, visitor.t
    visitor.sign_in()
    visitor.open("/teams")
    visitor.sees(TEAM)
    page.keyboard.press("Tab")
    held(visitor, t("shell:skip"))
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    for key, label in (("t", "team"), ("c", "cluster")):
        page.keyboard.press(key)
        held(visitor, t("shell:switch", label=t(f"shell:{label}.label"), letter=key))
        expect(page.locator(":focus")).to_have_attribute("aria-expanded", "true")
        page.keyboard.press("Escape")
        page.get_by_role("heading", level=1).click()
    page.keyboard.press("/")
    held(visitor, t("shell:search.label"))
    page.keyboard.type(TEAM)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/teams/{TEAM}"), timeout=PATIENCE)


def test_the_tab_key_reaches_the_list_and_enter_opens_it(full: tuple[Installation, Populated], visit: Visit) -> None:
    installation, _ = full
    visitor = visit(installation)
    visitor.sign_in()
    visitor.open("/teams")
    visitor.sees(TEAM)
    wanted = visitor.page.get_by_role("row").filter(has_text=TEAM).get_by_role("button", name=TEAM, exact=True)
    for _ in range(80):
        visitor.page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            break
    visitor.page.keyboard.press("Enter")
    expect(visitor.page).to_have_url(re.compile(f"/teams/{TEAM}"), timeout=PATIENCE)


def test_a_list_opens_where_it_is_asked_for_also_without_motion(
    full: tuple[Installation, Populated], visit: Visit
) -> None:
    installation, _ = full
    visitor = visit(installation)
    page, t = visitor.page, visitor.t
    page.emulate_media(reduced_motion="reduce")
    visitor.sign_in()
    visitor.open("/users")
    page.get_by_role("button", name=t("users:acts-of", name="vera")).click()
    expect(page.get_by_role("menuitem").first).to_be_in_viewport(timeout=PATIENCE)
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    expect(page.locator(".ant-select-dropdown .clip", has_text="beijing")).to_be_in_viewport(timeout=PATIENCE)
