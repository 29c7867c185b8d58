"""Signing in with the OpenID provider: off to it and back from it. Both answers lead the browser on."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from gatewright.model.errors import GatewrightError
from gatewright.server import cookies
from gatewright.server.oidc.errors import NoProviderError
from gatewright.server.oidc.pending import COOKIE, LIFETIME
from gatewright.server.oidc.signin import Oidc
from gatewright.server.operations import Redirect, redirects
from gatewright.server.permissions import public
from gatewright.server.problems import note_code
from gatewright.server.routes.given import Given
from gatewright.server.services import Services
from gatewright.server.sessions import hand_out, origin_of
from gatewright.store.origin import about

router = APIRouter(tags=["session"])

SIGN_IN: Final = "/sign-in"
"""The page that people sign in on; it explains the ``error`` that it is given."""

ReturnTo = Annotated[str, Query(description="The page of ours to go on with.", max_length=1024)]
FromProvider = Annotated[str, Query(description="What the provider says.")]


@router.get("/oidc/start")
@redirects()
async def start(request: Request, given: Given, return_to: ReturnTo = "/", _: None = Depends(public())) -> Redirect:
    """Leads the browser to the provider."""
    try:
        off = await _provider(given).start(f"{request.url.scheme}://{request.url.netloc}", return_to)
    except GatewrightError as error:
        return _failed(request, error)
    _keep(request, off.cookie)
    return Redirect(off.location)


@router.get("/oidc/callback")
@redirects()
async def callback(
    request: Request,
    given: Given,
    state: FromProvider = "",
    code: FromProvider = "",
    error: FromProvider = "",
    _: None = Depends(public()),
) -> Redirect:
    """Back from the provider: signs in, and leads the browser to the page that it came from."""
    about(what="session.create", tell=True)
    try:
        back = await _provider(given).finish(
            cookies.read(request, COOKIE), dict(request.query_params), origin_of(request)
        )
    except GatewrightError as failure:
        _keep(request, "")
        return _failed(request, failure)
    hand_out(request, back.entered)
    _keep(request, "")
    return Redirect(back.return_to)


def _provider(given: Services) -> Oidc:
    if given.oidc is None:
        raise NoProviderError()
    return given.oidc


def _failed(request: Request, error: GatewrightError) -> Redirect:
    """The browser cannot show a problem as JSON: the page explains the code."""
    note_code(request, error.report.code)
    return Redirect(f"{SIGN_IN}?{urlencode({'error': error.report.code})}")


def _keep(request: Request, cookie: str) -> None:
    """Gives the browser the cookie of a sign-in that is under way, or takes it away, beside what else there is."""
    earlier = getattr(request.state, "finish", None)

    def finish(response: Response) -> None:
        if earlier is not None:
            earlier(response)
        cookies.give(request, response, COOKIE, cookie, LIFETIME)

    request.state.finish = finish
