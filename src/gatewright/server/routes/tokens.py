"""API tokens: what lets programs act for a person."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Path

from gatewright.model.people import ApiToken, MadeToken
from gatewright.server.operations import answers, answers_nothing, answers_pages, reads
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import PERSON_NAME_OR_NONE, Label
from gatewright.server.permissions import require
from gatewright.server.principal import Permission, Principal
from gatewright.server.routes.given import Given
from gatewright.server.tokens import MAX_DAYS
from gatewright.server.wire import Body

router = APIRouter(tags=["tokens"])

TokenId = Annotated[str, Path(description="Id of an API token.", json_schema_extra={"maxLength": 80})]


class TokenBody(Body, frozen=True):
    """``permissions`` and ``teams`` narrow what the token may; left out, it may what its person may, now and later.
    ``user``: for whom, where not for oneself."""

    name: Label
    permissions: tuple[Permission, ...] | None = None
    teams: tuple[Label, ...] | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)] = 90
    user: Annotated[str, msgspec.Meta(extra_json_schema=PERSON_NAME_OR_NONE)] = ""


@router.get("/tokens")
@answers_pages(ApiToken)
async def tokens(given: Given, page: Paging, who: Principal = Depends(require("account.read"))) -> Page[ApiToken]:
    """One's API tokens; for those who may read users, everybody's. Never the tokens themselves."""
    return page.of(await given.tokens.all(who), lambda token: (token.user, token.name))


@router.post("/tokens")
@answers(MadeToken, status=201, refuses=(404, 409))
async def create(
    given: Given,
    who: Principal = Depends(require("account.write")),
    asked: TokenBody = Depends(reads(TokenBody)),
) -> MadeToken:
    """Makes a token, which is shown this once. It may never do more than its person and its maker."""
    return await given.tokens.create(
        who, asked.name, user=asked.user, permissions=asked.permissions, teams=asked.teams, days=asked.days
    )


@router.delete("/tokens/{id}")
@answers_nothing(refuses=(404,))
async def revoke(id: TokenId, given: Given, who: Principal = Depends(require("account.write"))) -> None:
    """The token holds no longer."""
    await given.tokens.revoke(who, id)
