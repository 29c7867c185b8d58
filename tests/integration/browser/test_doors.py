"""Setting up and signing in, in both languages: no default password, and a wrong one is told."""

from __future__ import annotations

import re

import pytest
from installation import PASSWORD, Install
from playwright.sync_api import expect
from visitor import LANGUAGES, Visit, Visitor

pytestmark = pytest.mark.integration


def set_up(visitor: Visitor, code: str) -> None:
    for key, value in (("token", code), ("name", "ada"), ("password", PASSWORD), ("again", PASSWORD)):
        visitor.page.get_by_label(visitor.t(f"setup:{key}"), exact=True).fill(value)
    visitor.button("setup:submit")


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_installation_is_set_up_with_the_code_that_the_server_printed(
    language: str, install: Install, visit: Visit
) -> None:
    installation = install()
    visitor = visit(installation, language)
    visitor.open("/")
    expect(visitor.page).to_have_url(re.compile("/setup"))
    set_up(visitor, "a-code-that-is-wrong")
    expect(visitor.page.get_by_role("alert").first).to_be_visible()
    set_up(visitor, installation.setup_code)
    expect(visitor.page).not_to_have_url(re.compile("/setup"))
    expect(visitor.page.locator("html")).to_have_attribute("lang", language)

    other = visit(installation, language)
    other.open("/setup")
    expect(other.page).to_have_url(re.compile("/sign-in"))
    other.sign_in("ada")


def test_a_wrong_password_is_refused_and_signing_out_ends_the_session(install: Install, visit: Visit) -> None:
    installation = install()
    installation.administrator()
    visitor = visit(installation)
    visitor.open("/sign-in?return=%2Fevents")
    page = visitor.page
    page.get_by_label(visitor.t("sign-in:name")).fill("wright")
    page.get_by_label(visitor.t("sign-in:password"), exact=True).fill("not the password")
    visitor.button("sign-in:submit")
    expect(page.get_by_role("alert").first).to_be_visible()
    visitor.sign_in()
    page.get_by_role("button", name=re.compile("wright")).click()
    page.get_by_role("menuitem", name=visitor.t("shell:sign-out")).click()
    expect(page).to_have_url(re.compile("/sign-in"))
    visitor.open("/")
    expect(page).to_have_url(re.compile("/sign-in"))
