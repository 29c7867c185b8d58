"""Serves the web application: its built files, and its page for every address that is not the API's.

``make web`` builds into ``static`` beside this module. Names under ``assets/`` carry a hash of their content and are
kept for ever; the page itself is made anew for each answer, with a nonce of its own. Only names that were found when
the folder was read are ever opened, so no address can lead out of it.
"""

from __future__ import annotations

import html
import mimetypes
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from gatewright.server import problems
from gatewright.server.errors import MethodError, NoRouteError
from gatewright.server.etags import etag
from gatewright.server.headers import new_nonce, page_policy
from gatewright.text import LANGUAGES, text

STATIC: Final = Path(__file__).parent / "static"
NONCE: Final = "__NONCE__"
"""What the build leaves in the page where the nonce of an answer goes."""
_INDEX: Final = "index.html"
_ASSETS: Final = "assets/"
_FOREVER: Final = "public, max-age=31536000, immutable"
_REVALIDATE: Final = "no-cache"
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_PACKED: Final = tuple(suffix for _, suffix in _ENCODINGS)
_METHODS: Final = ("GET", "HEAD")
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}


class Built(msgspec.Struct, frozen=True):
    """One build. ``files``: the path of each file by its address without the leading slash. ``version``: of the build
    that was read."""

    page: str
    files: dict[str, Path]
    version: int


class WebApplication(BaseRoute):
    """The route for whatever is not under ``/api``: it comes last, and takes no method or address from the API."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._folder = folder
        self._built: Built | None = None

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = scope["path"]
        ours = scope["type"] == "http" and path != "/api" and not path.startswith("/api/")
        return (Match.FULL if ours else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = self._respond(request)
        if request.method == "HEAD":
            response.body = b""
        await response(scope, receive, send)

    def _respond(self, request: Request) -> Response:
        if request.method not in _METHODS:
            return _not_understood(request)
        built = self._read()
        if built is None:
            return _not_built()
        name = request.url.path.lstrip("/")
        if (file := built.files.get(name)) is not None:
            return _file(request, name, file)
        if name.startswith(_ASSETS):
            return problems.response(NoRouteError(path=request.url.path[:200]), request)
        return _page(built.page)

    def _read(self) -> Built | None:
        """The build as it is now; it may be replaced while the server runs."""
        try:
            version = (self._folder / _INDEX).stat().st_mtime_ns
            if self._built is None or self._built.version != version:
                self._built = _scan(self._folder, version)
        except OSError:
            return None
        return self._built


def _scan(folder: Path, version: int) -> Built:
    found = [*folder.glob("*"), *(folder / _ASSETS).rglob("*")]
    files = {
        path.relative_to(folder).as_posix(): path
        for path in found
        if path.is_file() and path.name != _INDEX and not path.name.startswith(".") and path.suffix not in _PACKED
    }
    return Built((folder / _INDEX).read_text(encoding="utf-8"), files, version)


def _page(template: str) -> Response:
    nonce = new_nonce()
    headers = {"Content-Security-Policy": page_policy(nonce), "Cache-Control": _REVALIDATE}
    return HTMLResponse(template.replace(NONCE, nonce), headers=headers)


def _file(request: Request, name: str, path: Path) -> Response:
    headers = {"Vary": "Accept-Encoding", "Cache-Control": _FOREVER if name.startswith(_ASSETS) else _REVALIDATE}
    encoding, source = _encoded(request.headers.get("accept-encoding", ""), path)
    if encoding:
        headers["Content-Encoding"] = encoding
    try:
        content = source.read_bytes()
    except OSError:
        # The folder is being built anew.
        return problems.response(NoRouteError(path=request.url.path[:200]), request)
    headers["ETag"] = etag(content)
    if headers["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Response(content, headers=headers, media_type=kind)


def _encoded(accepted: str, path: Path) -> tuple[str, Path]:
    """The best form that lies beside the file and that the reader accepts (RFC 9110, section 12.5.3)."""
    wanted = dict(_weights(accepted))
    for encoding, suffix in _ENCODINGS:
        packed = path.with_name(path.name + suffix)
        if wanted.get(encoding, wanted.get("*", 0.0)) > 0 and packed.is_file():
            return encoding, packed
    return "", path


def _weights(accepted: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for part in accepted.split(","):
        name, _, parameters = part.partition(";")
        quality = parameters.strip().removeprefix("q=")
        try:
            found.append((name.strip().lower(), float(quality) if quality else 1.0))
        except ValueError:
            continue
    return found


def _not_understood(request: Request) -> Response:
    told = problems.response(MethodError(method=request.method[:20], path=request.url.path[:200]), request)
    told.headers["Allow"] = ", ".join(_METHODS)
    return told


def _not_built() -> Response:
    """Says in both languages what to do: no page could ask which one is wanted."""
    told = "".join(
        f'<section lang="{language}"><h1>{html.escape(text("server.web-missing", language))}</h1>'
        f"<p>{html.escape(text('server.web-missing.remedy', language))}</p></section>"
        for language in LANGUAGES
    )
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Gatewright</title><body>{told}</body></html>'
    return HTMLResponse(page, 503, {"Cache-Control": "no-store", "Retry-After": "10"})
