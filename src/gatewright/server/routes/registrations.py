"""Registering a cluster by a one-line script that its administrator runs."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Path, Request

from gatewright.model.registration import RegistrationOffer, RegistrationStatus
from gatewright.server.operations import answers, reads
from gatewright.server.parameters import Label, NamespaceOrDefault
from gatewright.server.permissions import public, require
from gatewright.server.principal import Principal
from gatewright.server.registrations import Reached
from gatewright.server.routes.given import Given
from gatewright.server.wire import Body
from gatewright.store.registrations import Options
from gatewright.text import language_of

router = APIRouter(tags=["registrations"])

SCRIPT: Final = "text/x-shellscript"
PLAIN: Final = "text/plain"
_SECRET: Final = {"writeOnly": True}

RegistrationId = Annotated[str, Path(description="Id of a registration.", json_schema_extra={"maxLength": 80})]
Token = Annotated[str, Path(description="Token of a registration.", max_length=80)]


class RegistrationBody(Body, frozen=True):
    """``name``: of the cluster. The others as for ``GET /access``: the account's namespace, and what it may do."""

    name: Label
    namespace: NamespaceOrDefault = "gatewright"
    removal: bool = False
    secrets: bool = False
    observe_only: bool = False


class CompletionBody(Body, frozen=True):
    """What the script found: the address of the API server, and base64 of the account's token and of the certificate
    authority that proves the server (empty: the system's)."""

    server: Annotated[str, msgspec.Meta(max_length=2048)]
    token: Annotated[str, msgspec.Meta(max_length=65536, extra_json_schema=_SECRET)]
    authority: Annotated[str, msgspec.Meta(max_length=1_048_576)] = ""
    tls_server_name: Annotated[str, msgspec.Meta(max_length=253)] = ""


def base_of(request: Request) -> str:
    """The address of the API: under the one that the settings tell, else as whoever asks reached it."""
    reached = request.app.state.services.settings.url or f"{request.url.scheme}://{request.url.netloc}"
    return f"{reached}{request.url.path.rpartition('/registrations')[0]}"


@router.post("/registrations")
@answers(RegistrationOffer, status=201, refuses=(409,))
async def offer(
    request: Request,
    given: Given,
    who: Principal = Depends(require("cluster.register")),
    asked: RegistrationBody = Depends(reads(RegistrationBody)),
) -> RegistrationOffer:
    """A one-line command that registers a cluster, good once and for 30 minutes. Its token is told only here."""
    language = language_of(request.headers.get("accept-language"))
    namespace = asked.namespace or "gatewright"
    person = who.name if who.id else ""
    options = Options(namespace, asked.removal, asked.secrets, asked.observe_only, language, person)
    return await given.registrations.offer(asked.name, options, base_of(request), who.name)


@router.get("/registrations/{id}")
@answers(RegistrationStatus, refuses=(404,))
async def show(
    id: RegistrationId, given: Given, _: Principal = Depends(require("cluster.register"))
) -> RegistrationStatus:
    """What became of a registration: whether the script was fetched, and whether the cluster is registered."""
    return await given.registrations.show(id)


@router.get("/registrations/{token}/script")
@answers(str, media=SCRIPT)
async def script(request: Request, token: Token, given: Given, _: None = Depends(public())) -> str:
    """The script, for sh: it makes the account with the least rights by the administrator's kubectl, and sends its
    token here. For a token that does not hold: a script that says so and changes nothing."""
    language = language_of(request.headers.get("accept-language"))
    return await given.registrations.script(token, base_of(request), language)


@router.post("/registrations/{token}/complete")
@answers(str, media=PLAIN)
async def complete(
    request: Request,
    token: Token,
    given: Given,
    _: None = Depends(public()),
    asked: CompletionBody = Depends(reads(CompletionBody)),
) -> str:
    """Registers the cluster with what the script found. The first line is ``registered`` or ``failed``, the rest says
    why; after a failure the script may run again."""
    reached = Reached(asked.server, asked.token, asked.authority, asked.tls_server_name)
    return await given.registrations.complete(token, reached, language_of(request.headers.get("accept-language")))
