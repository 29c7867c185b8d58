"""The page of notifications: a team and the installation each have one of the same name, and each is its own."""

from __future__ import annotations

import pytest
from installation import Installation
from playwright.sync_api import expect
from visitor import LANGUAGES, Visit, Visitor

pytestmark = pytest.mark.integration

NAME = "duty"


def add(visitor: Visitor, owner: str) -> None:
    """In the dialog, whatever team is chosen there at first."""
    dialog = visitor.page.get_by_role("dialog")
    visitor.page.get_by_role("button", name=visitor.t("notifications:add"), exact=True).first.click()
    dialog.locator("#team").click()
    visitor.page.get_by_title(owner, exact=True).last.click()
    dialog.locator("#name").fill(NAME)
    dialog.locator("#url").fill("http://127.0.0.1:1/hook")
    dialog.get_by_role("button", name=visitor.t("common:action.save"), exact=True).click()


@pytest.mark.parametrize("language", LANGUAGES)
def test_equal_names_of_two_owners_do_not_meet(language: str, installation: Installation, visit: Visit) -> None:
    team = f"night-{language.lower()}"
    visitor = visit(installation, language)
    visitor.sign_in()
    visitor.open("/teams")
    visitor.page.get_by_role("button", name=visitor.t("teams:create.open")).first.click()
    visitor.page.get_by_role("dialog").locator("#name").fill(team)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)

    visitor.open("/notifications")
    everybody = visitor.t("notifications:all-teams")
    rows = visitor.page.get_by_role("row").filter(has_text=NAME)
    for number, owner in enumerate((everybody, team), start=1):
        add(visitor, owner)
        expect(visitor.page.get_by_role("dialog")).to_have_count(0)
        expect(rows).to_have_count(number)
    add(visitor, team)
    expect(visitor.page.get_by_text(visitor.t("notifications:missing.taken"))).to_be_visible()

    visitor.open(f"/notifications?team={team}&open={team}.{NAME}")
    visitor.button("common:action.remove")
    visitor.page.get_by_role("dialog").last.get_by_role("textbox").fill(NAME)
    visitor.page.get_by_role("button", name=visitor.t("notifications:remove.verb"), exact=True).click()
    visitor.open("/notifications")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text(everybody)

    visitor.open(f"/notifications?open={NAME}")
    visitor.button("common:action.remove")
    visitor.page.get_by_role("dialog").last.get_by_role("textbox").fill(NAME)
    visitor.page.get_by_role("button", name=visitor.t("notifications:remove.verb"), exact=True).click()
    expect(rows).to_have_count(0)
