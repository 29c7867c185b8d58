"""The schemas of manifests, for editors."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request

from gatewright.server.operations import answers
from gatewright.server.permissions import require
from gatewright.server.principal import Principal
from gatewright.server.schemas import manifest_schema, manifests_schema
from gatewright.text import language_of

router = APIRouter(tags=["schemas"])

Kind = Annotated[Literal["Cluster", "Team", "Stack", "Binding", "Notification"], Path(description="Kind of manifest.")]


@router.get("/schemas")
@answers(dict[str, Any])
async def index(request: Request, _: Principal = Depends(require("api.describe", anywhere=True))) -> dict[str, Any]:
    """The JSON Schema of any manifest, with descriptions in the language of Accept-Language."""
    return manifests_schema(language_of(request.headers.get("accept-language")))


@router.get("/schemas/{kind}")
@answers(dict[str, Any])
async def show(
    request: Request, kind: Kind, _: Principal = Depends(require("api.describe", anywhere=True))
) -> dict[str, Any]:
    """The JSON Schema of one kind of manifest."""
    return manifest_schema(kind, language_of(request.headers.get("accept-language")))
