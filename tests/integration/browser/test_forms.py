"""Dialogs that ask and send: they stay open and say why when the server refuses, and close once it is done."""

from __future__ import annotations

import re

import pytest
from installation import Installation
from playwright.sync_api import expect
from visitor import LANGUAGES, PATIENCE, Visit, Visitor

pytestmark = pytest.mark.integration

LATER = "another-long-password"


def fill(visitor: Visitor, **values: str) -> None:
    for key, value in values.items():
        visitor.page.get_by_role("dialog").locator(f"#{key}").fill(value)


def confirm(visitor: Visitor, key: str) -> None:
    visitor.page.get_by_role("dialog").get_by_role("button", name=visitor.t(key), exact=True).click()


def closed(visitor: Visitor) -> None:
    expect(visitor.page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_dialog_closes_when_it_is_done_and_says_why_when_it_is_refused(
    language: str, installation: Installation, visit: Visit
) -> None:
    team, user = f"orders-{language.lower()}", f"otto-{language.lower()}"
    visitor = visit(installation, language, motion="no-preference")
    visitor.sign_in()

    visitor.open("/teams")
    visitor.page.get_by_role("button", name=visitor.t("teams:create.open")).first.click()
    fill(visitor, name=team)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page).to_have_url(re.compile(f"/teams/{team}"))
    closed(visitor)

    visitor.open("/users")
    visitor.button("users:add.open")
    fill(visitor, name=user, display="Otto", password="a-first-long-password")
    confirm(visitor, "users:add.verb")
    closed(visitor)
    visitor.page.get_by_role("button", name=visitor.t("users:acts-of", name=user)).click()
    visitor.page.get_by_role("menuitem", name=visitor.t("users:password.open")).click()
    fill(visitor, password=LATER)
    confirm(visitor, "users:password.verb")
    closed(visitor)
    visit(installation, language).sign_in(user, LATER)

    visitor.open(f"/teams/{team}?view=members")
    visitor.page.get_by_role("button", name=visitor.t("team:members.add")).first.click()
    fill(visitor, user="nobody")
    confirm(visitor, "team:members.add")
    expect(visitor.page.get_by_role("dialog").get_by_role("alert")).to_contain_text("nobody")
    fill(visitor, user=user)
    confirm(visitor, "team:members.add")
    closed(visitor)
    visitor.sees("Otto")


def test_a_controller_is_switched_on_once_it_is_known_which_there_are(installation: Installation, visit: Visit) -> None:
    visitor = visit(installation)
    page = visitor.page
    visitor.sign_in()
    late = visitor.open_without(re.compile(r"/schemas(\?|$)"), "/stacks?new=stack")
    switch = page.get_by_label(visitor.t("stack:form.install"))
    expect(switch).to_be_disabled(timeout=PATIENCE)
    for request in late:
        request.continue_()
    switch.click()
    expect(page.locator("[id='spec.controller.version']")).not_to_have_value("", timeout=PATIENCE)
