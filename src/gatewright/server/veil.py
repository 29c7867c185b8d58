"""The veil at the edge of the API: every answer and every problem passes through ``observe.veil`` for those who do not
have the route's permission in the whole installation.

``require`` notes who asks, ``operations`` draws the veil over what a route returns, ``problems`` over errors. Streams
are made piece by piece, so their routes draw it with ``veiled_stream``.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final, TypeVar, cast

import msgspec
from fastapi import Request

from gatewright.model.errors import GatewrightError
from gatewright.observe.directory import Directories
from gatewright.observe.veil import Veil
from gatewright.server.paging import Page
from gatewright.server.principal import Permission, Principal
from gatewright.server.scope import is_veiled, known_teams

AGAIN: Final = 2.0
"""Seconds after which a stream looks again whose the namespaces are."""
_ASKING: Final = "gatewright.asking"

T = TypeVar("T")


def note(request: Request, who: Principal, permission: Permission) -> None:
    """Remembers who asks, for what is answered to them."""
    if is_veiled(who, permission):
        setattr(request.state, _ASKING, who)


async def veil_for(directories: Directories, who: Principal) -> Veil:
    """What to hold before answers to ``who``; where teams cannot be read, one that lets nothing doubtful through."""
    try:
        directory = await directories.read()
    except GatewrightError:
        directory = None
    return Veil(known_teams(who), directory, addresses=who.may("cluster.read"))


async def veiled(request: Request, value: object) -> Any:
    """What a route returns, as whoever asks may see it. Texts and documents are made for their reader already."""
    who: Principal | None = getattr(request.state, _ASKING, None)
    if who is None or not isinstance(value, msgspec.Struct | list):
        return value
    veil = await veil_for(request.app.state.services.observatory.directories, who)
    if isinstance(value, Page):
        page = cast(Page[Any], value)
        return Page([veil.over(item) for item in page.items], page.next)
    return veil.over(cast(object, value))


async def veil_error(request: Request, error: GatewrightError) -> GatewrightError:
    """The error, its report changed to what whoever asks may see."""
    who: Principal | None = getattr(request.state, _ASKING, None)
    if who is not None:
        veil = await veil_for(request.app.state.services.observatory.directories, who)
        error.report = veil.over(error.report)
    return error


async def veiled_stream(
    directories: Directories, who: Principal, permission: Permission, values: AsyncGenerator[T]
) -> AsyncGenerator[T]:
    """Every value as ``who`` may see it by this permission."""
    veil: Veil | None = None
    made, drawn = 0.0, is_veiled(who, permission)
    async with aclosing(values):
        async for value in values:
            now = asyncio.get_running_loop().time()
            if drawn and (veil is None or now - made > AGAIN):
                veil, made = await veil_for(directories, who), now
            yield value if veil is None else veil.over(value)
