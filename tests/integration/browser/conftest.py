"""Gatewright in Debian's Chromium: a server in a process of its own, people with pages, and clusters of the lab.

- ``install(**environment)`` starts a server on an empty home; ``installation`` is one with its administrator made.
- ``visit(installation, language)`` gives a ``visitor.Visitor``; several at once are several people.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from installation import Install, Installation
from playwright.sync_api import Browser, sync_playwright
from visitor import Visit, Visitor

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser a module: while it lives, no other event loop can run in this thread."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "Chromium is missing. On Debian: apt install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    made: list[Installation] = []

    def start(**environment: str) -> Installation:
        home: Path = tmp_path_factory.mktemp("home") / secrets.token_hex(3)
        started = Installation(home, **environment)
        made.append(started)
        started.start()
        return started

    yield start
    for one in made:
        one.stop()


@pytest.fixture(scope="module")
def installation(install: Install) -> Installation:
    started = install()
    started.administrator()
    return started


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Visit]:
    visitors: list[Visitor] = []

    def arrive(
        installation: Installation,
        language: str = "en-US",
        *,
        width: int = 1280,
        height: int = 800,
        motion: Literal["no-preference", "reduce"] = "reduce",
    ) -> Visitor:
        """Most people here want no motion: what moves is drawn again and again, without a graphics card."""
        context = chromium.new_context(
            locale=language,
            timezone_id="Asia/Shanghai",
            viewport={"width": width, "height": height},
            reduced_motion=motion,
        )
        visitor = Visitor(context, installation.url, language)
        visitors.append(visitor)
        return visitor

    yield arrive
    complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    for visitor in visitors:
        visitor.context.close()
    assert not complaints, complaints
