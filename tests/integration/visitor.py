"""A person in a browser, for tests: the pages in their language, found by the words that the pages themselves use.

``Visitor.t("fleet:title")`` is the text of a key of ``web/src/i18n`` in the visitor's language, so one test is both a
Chinese and an English one. What the browser complains of (errors of scripts, refusals of the content policy, answers of
500 and worse) is kept in ``complaints``, and the fixture fails a test that has any.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from installation import ADMINISTRATOR, PASSWORD
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response, Route, expect

I18N = Path(__file__).parents[2] / "web" / "src" / "i18n"
LANGUAGES = ("zh-CN", "en-US")
PATIENCE = 60_000
"""Milliseconds until what is expected must be seen, on a busy machine."""
STILL = """() => Promise.all(document.getAnimations()
  .filter((one) => one.effect.getTiming().iterations !== Infinity)
  .map((one) => one.finished.catch(() => undefined)))"""
"""Waits until what moves has come to its end."""
_AT_WORK = re.compile("ant-btn-loading")
_UNAVAILABLE = re.compile(r"Failed to load resource|net::ERR_(CONNECTION|INCOMPLETE|EMPTY|NETWORK)|status of 4\d\d")


@functools.cache
def words(language: str, namespace: str) -> dict[str, Any]:
    return json.loads((I18N / language / f"{namespace}.json").read_text())


class Visitor:
    """A page in a context of its own: its own cookies, language and time zone."""

    def __init__(self, context: BrowserContext, url: str, language: str) -> None:
        self.language = language
        self.url = url
        self.context = context
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("console", self._said)
        self.page.on("response", self._answered)

    def t(self, key: str, **values: object) -> str:
        """The words of ``NAMESPACE:path.to.key``."""
        namespace, _, path = key.partition(":")
        found: Any = words(self.language, namespace)
        for part in path.split("."):
            found = found[part]
        for name, value in values.items():
            found = found.replace("{{" + name + "}}", str(value))
        return found

    def open(self, path: str) -> None:
        self.page.goto(self.url + path)

    def open_without(self, asked: re.Pattern[str], path: str) -> list[Route]:
        """Opens a page that has asked for this, and waits for it: until somebody continues what is given back."""
        late: list[Route] = []

        def hold(request: Route) -> None:
            late.append(request)

        self.page.route(asked, hold)
        with self.page.expect_request(asked):
            self.open(path)
        return late

    def sign_in(self, name: str = ADMINISTRATOR, password: str = PASSWORD) -> None:
        self.open("/sign-in")
        self.page.get_by_label(self.t("sign-in:name")).fill(name)
        self.page.get_by_label(self.t("sign-in:password"), exact=True).fill(password)
        self.page.get_by_role("button", name=self.t("sign-in:submit"), exact=True).click()
        expect(self.page).not_to_have_url(re.compile("/sign-in"), timeout=PATIENCE)

    def button(self, key: str, **values: object) -> None:
        """Presses the button with these words, once it is not at work: till then a click is lost."""
        button = self.page.get_by_role("button", name=self.t(key, **values), exact=True)
        expect(button).not_to_have_class(_AT_WORK, timeout=PATIENCE)
        button.click()

    def sees(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=PATIENCE)

    def forgive(self) -> None:
        """Forgets complaints: what comes next is meant to fail."""
        self.complaints.clear()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _UNAVAILABLE.search(message.text):
            self.complaints.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.status}: {response.url}")


Visit = Callable[..., Visitor]
