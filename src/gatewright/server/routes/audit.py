"""The audit: what people did and were refused; searched, and taken away as a file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
from fastapi import APIRouter, Depends, Query

from gatewright.model.audit import Entry, Outcome, ToldEntry, Wanted
from gatewright.model.sentences import Deed, sentence
from gatewright.model.tenure import Tenures
from gatewright.server.auditfiles import CSV, JSONL, csv_lines, json_lines
from gatewright.server.errors import ParameterError
from gatewright.server.operations import Download, answers_pages, downloads
from gatewright.server.paging import Page, Paging
from gatewright.server.parameters import OfTeam
from gatewright.server.permissions import require
from gatewright.server.principal import Permission, Principal
from gatewright.server.routes.given import Given
from gatewright.server.scope import history_of
from gatewright.server.services import Services
from gatewright.store.clock import stamp

router = APIRouter(tags=["audit"])

Format: TypeAlias = Literal["jsonl", "csv"]
_MAKERS: Final[dict[Format, tuple[str, Callable[[AsyncGenerator[Entry]], AsyncGenerator[bytes]]]]] = {
    "jsonl": (JSONL, json_lines),
    "csv": (CSV, csv_lines),
}
_MOMENT: Final[dict[str, Any]] = {"format": "date-time"}


class Search:
    """Which entries are asked for: the parameters that both routes have. Moments are read after the permission."""

    def __init__(
        self,
        who: Annotated[str | None, Query(description="Only of this person.", max_length=200)] = None,
        what: Annotated[
            str, Query(description="Only acts whose name begins with this, e.g. rollout.", max_length=80)
        ] = "",
        team: OfTeam = None,
        cluster: Annotated[str | None, Query(description="Only about this cluster.", max_length=80)] = None,
        outcome: Annotated[Outcome | None, Query(description="Only what was done, or only what was refused.")] = None,
        since: Annotated[str | None, Query(description="Only from this moment on.", json_schema_extra=_MOMENT)] = None,
        until: Annotated[str | None, Query(description="Only before this moment.", json_schema_extra=_MOMENT)] = None,
        request: Annotated[str, Query(description="Only of this request.", max_length=80)] = "",
        q: Annotated[
            str,
            Query(
                description="Only with this text in the person, the act, the object, team, cluster, address, route or "
                "error code.",
                max_length=200,
            ),
        ] = "",
    ) -> None:
        self._since, self._until = since, until
        self._wanted = Wanted(who, what, team, cluster, outcome, text=q, request=request)

    async def of(self, given: Services, who: Principal, permission: Permission) -> Wanted:
        """What ``who`` may see of it. Raises ``ParameterError`` for a moment that is none."""
        whose = await history_of(given.database, who, permission)
        return msgspec.structs.replace(
            self._wanted,
            since=_moment("since", self._since),
            until=_moment("until", self._until),
            teams=whose if isinstance(whose, Tenures) else None,
        )


Searched = Annotated[Search, Depends(Search)]


@router.get("/audit")
@answers_pages(ToldEntry)
async def index(
    given: Given,
    page: Paging,
    search: Searched,
    who: Principal = Depends(require("audit.read", anywhere=True)),
) -> Page[ToldEntry]:
    """Newest first. Who may read the audit of some teams only is shown entries about these teams."""
    last = page.after_texts(1)
    before = None if last is None else last[0]
    wanted = await search.of(given, who, "audit.read")
    found = await given.audit.page(wanted, before=before, limit=page.limit + 1)
    return page.cut([_told(entry) for entry in found], lambda entry: (entry.id,))


@router.get("/audit/export")
@downloads(JSONL, CSV)
async def export(
    given: Given,
    search: Searched,
    format: Annotated[Format, Query(description="One JSON object per line, or comma-separated values.")] = "jsonl",
    who: Principal = Depends(require("audit.export", anywhere=True)),
) -> Download:
    """The entries as a file, newest first. In ``csv`` a cell that a spreadsheet would calculate begins with ``'``."""
    media, make = _MAKERS[format]
    wanted = await search.of(given, who, "audit.export")
    return Download(f"gatewright-audit.{format}", media, make(given.audit.all(wanted)))


def _told(entry: Entry) -> ToldEntry:
    """What was refused did not happen: no sentence says that it did."""
    fields = msgspec.structs.asdict(entry)
    if entry.outcome != "done":
        return ToldEntry(**fields)
    deed = Deed(entry.who, entry.what, entry.where, entry.before, entry.after, entry.cluster, entry.team)
    return ToldEntry(**fields, message=sentence(deed))


def _moment(name: str, given: str | None) -> str:
    if given is None:
        return ""
    try:
        found = datetime.fromisoformat(given)
        if found.tzinfo is not None:
            return stamp(found)
    except (ValueError, OverflowError):
        pass
    raise ParameterError(field=name, reason="2026-11-22T09:30:00Z")
