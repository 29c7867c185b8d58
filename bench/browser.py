"""Debian's Chromium, as the measurements start it: what it does for itself in the background is off."""

from __future__ import annotations

import shutil

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def program() -> str:
    found = shutil.which("chromium")
    if found is None:
        raise SystemExit("Chromium is missing. On Debian: apt install chromium")
    return found
