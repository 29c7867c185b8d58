"""Errors as they leave the API: ``application/problem+json`` (RFC 9457) in the language that the request asks for.

Every problem has ``type``, ``status``, ``code``, ``message``, ``remedy`` and ``exit`` (the exit code of the command
line); where they are known also ``params``, ``cluster``, ``object`` and ``owner``, and for manifests every problem with
its place. A fault of our own tells its kind and no more: its message may hold anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from gatewright.model.errors import GatewrightError
from gatewright.model.manifest import ManifestError
from gatewright.model.redaction import redact_text
from gatewright.server.errors import (
    BusyError,
    InternalError,
    MethodError,
    NoRouteError,
    ParameterError,
    TooManyAttemptsError,
    UnauthenticatedError,
)
from gatewright.server.veil import veil_error
from gatewright.text import Language, Param, language_of

MEDIA_TYPE: Final = "application/problem+json"
CODE_KEY: Final = "gatewright.code"
"""Where the code of a problem lies in the state of the ASGI scope, for what stands around the application."""


class Detail(msgspec.Struct, frozen=True):
    """One of several things that are wrong with what was sent. ``field``: a path; empty for the whole document."""

    file: str
    line: int
    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of an error. ``exit``: what the command line exits with."""

    code: str
    message: str
    remedy: str
    status: int
    exit: int
    type: str = ""
    params: dict[str, Param] = {}
    cluster: str | None = None
    object: str | None = None
    owner: str | None = None
    problems: list[Detail] = []


def problem(error: GatewrightError, language: Language) -> Problem:
    """The error as the API tells it."""
    report = error.report
    return Problem(
        code=report.code,
        message=report.message(language),
        remedy=report.remedy(language),
        status=error.http_status,
        exit=error.exit_code,
        type=f"urn:gatewright:error:{report.code}",
        params=report.params,
        cluster=report.cluster,
        object=report.object,
        owner=report.owner,
        problems=_details(error, language),
    )


def _details(error: GatewrightError, language: Language) -> list[Detail]:
    if not isinstance(error, ManifestError):
        return []
    return [Detail(p.file, p.line, p.field, p.message.render(language)) for p in error.problems]


def response(error: GatewrightError, request: Request) -> Response:
    """The error as an answer to ``request``."""
    told = problem(error, language_of(request.headers.get("accept-language")))
    note_code(request, told.code)
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, BusyError | TooManyAttemptsError):
        headers["Retry-After"] = str(error.report.params["seconds"])
    return Response(msgspec.json.encode(told), told.status, headers, MEDIA_TYPE)


def note_code(request: Request, code: str) -> None:
    """Tells what stands around the application that the request is refused, and why."""
    request.scope.setdefault("state", {})[CODE_KEY] = code


def install(app: FastAPI, methods: Callable[[str], Iterable[str]]) -> None:
    """Makes every error of ``app`` a problem. ``methods``: those that a path understands."""
    app.state.methods = methods
    app.add_exception_handler(GatewrightError, _ours)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(Exception, _fault)


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, GatewrightError)
    return response(await veil_error(request, error), request)


async def _http(request: Request, error: Exception) -> Response:
    path = request.url.path[:200]
    if getattr(error, "status_code", 404) != 405:
        return response(NoRouteError(path=path), request)
    return _not_understood(request)


def _not_understood(request: Request) -> Response:
    path = request.url.path[:200]
    told = response(MethodError(method=request.method[:20], path=path), request)
    told.headers["Allow"] = ", ".join(sorted(request.app.state.methods(request.url.path)))
    return told


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if request.method not in request.app.state.methods(request.url.path) != set():
        # The path fits this route only in its form, and is another one's, which does not know the method.
        return _not_understood(request)
    found: list[dict[str, Any]] = list(error.errors())
    first = found[0]
    field = ".".join(str(part) for part in first.get("loc", ())[1:])
    return response(ParameterError(field=field or "-", reason=str(first.get("msg", ""))[:200]), request)


async def _fault(request: Request, error: Exception) -> Response:
    structlog.get_logger("gatewright.server").error(
        "fault", path=redact_text(request.url.path), kind=type(error).__name__
    )
    return response(InternalError(kind=type(error).__name__), request)
