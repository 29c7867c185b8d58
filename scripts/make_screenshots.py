"""Makes the pictures of the page in ``docs/images``: the real product on three clusters of the lab, as a user sees it.

    python scripts/make_screenshots.py [FOLDER]

Chinese in light and English in dark, at 1440x900. It starts a lab and a server of its own, and stops them, also when it
fails. The pictures change with times and identities, so nothing compares them.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
import tempfile
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from handles import running_lab  # noqa: E402
from installation import Installation  # noqa: E402
from populated import TEAM, Populated, populate  # noqa: E402
from visitor import PATIENCE, STILL, Visitor  # noqa: E402

CLUSTERS = ("beijing", "shanghai", "shenzhen")
LOOKS = (("zh-CN", "light"), ("en-US", "dark"))
COLOURS = 256
PAGES = {
    "fleet": "/",
    "team": f"/teams/{TEAM}",
    "mapping": f"/teams/{TEAM}?view=mapping",
    "cluster": "/clusters/:cluster",
    "plan": "/plans/:hash",
    "rollout": "/rollouts/:id",
    "topology": f"/topology?team={TEAM}",
    "audit": "/audit",
}
"""The name of a picture, and the address of its page."""


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with world() as (installation, there):
        take(installation, there, folder)


@contextlib.contextmanager
def world() -> Generator[tuple[Installation, Populated]]:
    """A server that has seen three clusters of two teams, one of which has something wrong."""
    with tempfile.TemporaryDirectory() as home, running_lab(Path(home)) as lab:
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda name: lab.ask("add-cluster", name), CLUSTERS))
        installation = Installation(Path(home) / "gatewright")
        try:
            installation.start()
            installation.administrator()
            yield installation, populate(installation, {name: lab.cluster(name) for name in CLUSTERS})
        finally:
            installation.stop()


def take(installation: Installation, there: Populated, folder: Path) -> None:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for language, theme in LOOKS:
            context = browser.new_context(
                locale=language,
                timezone_id="Asia/Shanghai",
                viewport={"width": 1440, "height": 900},
                color_scheme=theme,
                reduced_motion="reduce",
            )
            visitor = Visitor(context, installation.url, language)
            visitor.sign_in()
            for name, path in PAGES.items():
                picture = folder / f"{name}.{language}.png"
                visitor.open(there.path(path))
                settle(visitor)
                smaller(visitor.page.screenshot(), picture)
                print(f"{picture.name}: {picture.stat().st_size // 1000} kB", flush=True)
            context.close()


def settle(visitor: Visitor) -> None:
    """Everything is read and nothing moves; the sign of being live is green."""
    page = visitor.page
    expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=PATIENCE)
    expect(page.locator("[aria-busy=true]")).to_have_count(0, timeout=PATIENCE)
    visitor.sees(visitor.t("shell:live.live"))
    page.wait_for_load_state("load")
    page.evaluate(STILL)


def smaller(shot: bytes, path: Path) -> None:
    """A page has few colours: a palette holds them."""
    with Image.open(io.BytesIO(shot)) as whole:
        few = whole.convert("RGB").quantize(COLOURS, kmeans=1, dither=Image.Dither.NONE)
    few.save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "images")
