"""The catalogue of Gateway API releases, and the files of one."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from gatewright.gatewayapi.catalogue import BundleFacts
from gatewright.model.desired import BundleName, Channel
from gatewright.server.operations import answers, answers_pages
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import BundleVersion
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.routes.given import Given
from gatewright.server.values import BundleRow, Pulled

router = APIRouter(tags=["bundles"])


@router.get("/bundles")
@answers_pages(BundleRow)
async def index(
    given: Given, page: Paging, _: Principal = Depends(require("bundle.read", anywhere=True))
) -> Page[BundleRow]:
    """Every release in both channels, oldest first."""
    return page.of(given.bundle_list(), _age)


@router.get("/bundles/{version}")
@answers(BundleFacts, refuses=(404,))
async def show(
    version: BundleVersion,
    given: Given,
    channel: Channel = "standard",
    _: Principal = Depends(require("bundle.read", anywhere=True)),
) -> BundleFacts:
    """The CRDs of a release with their digests, its policy, and the Kubernetes that it needs."""
    return given.bundle_facts(BundleName(version, channel))


@router.post("/bundles/{version}/pull")
@answers(Pulled, refuses=(404, 409, 502))
async def pull(
    version: BundleVersion, given: Given, channel: Channel = "standard", _: Principal = Depends(require("bundle.pull"))
) -> Pulled:
    """Fetches the files of a release and keeps them. One whose digest differs from the catalogue's is refused."""
    return await given.pull(BundleName(version, channel))


def _age(row: BundleRow) -> tuple[int, ...]:
    """Oldest first, and of one release standard before experimental."""
    numbers = row.version.removeprefix("v").partition("-")[0].split(".")
    return (*map(int, numbers), row.channel == "experimental")
