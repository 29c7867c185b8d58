"""A thousand (simulated) clusters in the fleet page: all are there, few are drawn, filters live in the address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from bench.observation import register
from installation import Installation
from playwright.sync_api import expect
from product import SMALL, bundles
from visitor import Visit

from gatewright.lab.simulator import FleetOptions, SimulatedFleet, simulated_fleet
from gatewright.model.desired import BundleName

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

CLUSTERS = 1000


def _all_seen(health: dict[str, Any]) -> bool:
    return sum(health["clusters"].values()) == CLUSTERS and not health["clusters"].get("unknown")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, SimulatedFleet]]:
    """A server that has seen a thousand clusters."""
    folder: Path = tmp_path_factory.mktemp("thousand")
    home, crds = folder / "home", folder / "crds.json"
    home.mkdir(mode=0o700)
    with start_blocking_portal() as portal:
        bundle = portal.call(bundles().load, BundleName(SMALL, "standard"))
        crds.write_text(json.dumps(list(bundle.crds)))
        options = FleetOptions(crds, clusters=CLUSTERS, routes=1)
        with portal.wrap_async_context_manager(simulated_fleet(options)) as fleet:
            portal.call(register, home, fleet)
            installation = Installation(home)
            installation.start()
            installation.administrator()
            try:
                installation.until("/health", _all_seen, 200)
                yield installation, fleet
            finally:
                installation.stop()


def test_a_thousand_clusters_are_listed_and_few_of_them_drawn(
    watched: tuple[Installation, SimulatedFleet], visit: Visit
) -> None:
    installation, fleet = watched
    visitor = visit(installation)
    visitor.sign_in()
    visitor.open("/?sort=cluster")
    page = visitor.page
    visitor.sees(visitor.t("common:table.all_other", all="1,000"))
    visitor.sees(fleet.names[0])
    assert page.get_by_role("row").count() < 200
    page.mouse.move(640, 600)
    page.mouse.wheel(0, 40 * CLUSTERS)
    visitor.sees(fleet.names[-1])


def test_what_is_looked_for_is_in_the_address_and_survives_a_reload(
    watched: tuple[Installation, SimulatedFleet], visit: Visit
) -> None:
    installation, _ = watched
    visitor = visit(installation, "zh-CN")
    visitor.sign_in()
    visitor.open("/")
    page = visitor.page
    page.get_by_role("searchbox", name=visitor.t("common:table.search")).fill("cluster-0042")
    visitor.sees(visitor.t("common:table.some", found=1, all="1,000"))
    expect(page).to_have_url(re.compile("q=cluster-0042"))
    page.reload()
    visitor.sees(visitor.t("common:table.some", found=1, all="1,000"))
    visitor.sees("cluster-0042")
