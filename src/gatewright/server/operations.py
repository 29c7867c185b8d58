"""What a route declares of itself, and how that is carried out: one declaration encodes, checks and documents.

How to write a route (the order of the parameters matters: the permission comes first, so that nothing is read of
whoever may not ask)::

    router = APIRouter(tags=["teams"])

    @router.put("/teams/{team}")
    @answers(ChangeView, refuses=(404, 409))
    async def put_team(
        team: TeamName,
        given: Given,
        who: Principal = Depends(require("team.write")),
        asked: TeamBody = Depends(reads(TeamBody)),
    ) -> ChangeView:
        "This docstring is the description in the OpenAPI document."
        return change_view(await given.desired.put(Team(team, asked.default_namespace), who.name))

``answers(T)`` encodes what the function returns, and pyright holds it to ``T``; ``answers(str, media=YAML)`` is for
text; ``answers_pages(T)`` with a ``Paging`` parameter (``server.paging``) for lists that may be long;
``answers_nothing()`` for 204; ``streams(T)`` for server-sent events whose data is a ``T`` (the function returns
``events.stream(...)``); ``downloads(media)`` for a file that is made while it is sent; ``redirects()`` for a browser.
``reads(T)`` decodes the body; T extends ``wire.Body``, and a constraint that the model checks is written on its fields
for the document (``server.parameters``).

``refuses`` names the error statuses beyond those that every route has or that follow from its parameters: 401, 403,
422 and 500 always, 413 and 415 with a body, 412 with ``IfMatch`` (``server.etags``). All errors are problems
(``server.problems``). Query parameters that a route does not know are refused. GET answers carry an ETag and are
304 when it is in ``If-None-Match``. The application refuses to start with a route that declares nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from typing import Any, Final, Literal, ParamSpec, TypeVar

import msgspec
from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.params import Depends as DependsMarker
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute

from gatewright.model.errors import DeniedError
from gatewright.server.errors import UnknownParameterError
from gatewright.server.etags import IfMatch, conditional
from gatewright.server.events import file as sent_as_made
from gatewright.server.paging import Page
from gatewright.server.permissions import Public, Require
from gatewright.server.principal import Principal
from gatewright.server.veil import veiled
from gatewright.server.wire import JSON, body, encoded

YAML: Final = "application/yaml"
EVENTS: Final = "text/event-stream"
RECHECK_SECONDS: Final = 10.0
_ALWAYS: Final = frozenset({401, 403, 422, 500})
_REQUEST: Final = "the_request_itself"

P = ParamSpec("P")
T = TypeVar("T")
Shape = Literal["value", "page", "nothing", "stream", "download", "redirect"]


class Declared(msgspec.Struct, frozen=True):
    """What a route says of its answers. ``type``: of the value, of one item of a page, or of an event's data."""

    shape: Shape
    type: Any
    status: int
    media: str
    refuses: frozenset[int]


class Reads:
    """The dependency that decodes the body of a request as ``type``."""

    def __init__(self, type: type[Any]) -> None:
        self.type = type

    async def __call__(self, request: Request) -> Any:
        return await body(request, self.type)


def reads(type: type[Any]) -> Reads:
    """The dependency for the body of a route. Raises ``BodyError``, ``BodyTooLargeError``, ``MediaTypeError``."""
    return Reads(type)


Endpoint = Callable[P, Awaitable[T]]
Wrapped = Callable[..., Awaitable[Response]]


def answers(
    type: type[T], *, status: int = 200, media: str = JSON, refuses: Iterable[int] = ()
) -> Callable[[Endpoint[P, T]], Wrapped]:
    """The route answers with a ``type``; text (``media`` other than JSON) is sent as it is."""
    declared = Declared("value", type, status, media, frozenset(refuses))

    def respond(value: Any) -> Response:
        return Response(encoded(value) if media == JSON else value, status, media_type=media)

    return lambda endpoint: _declare(endpoint, declared, respond)


def answers_pages(type: type[T], *, refuses: Iterable[int] = ()) -> Callable[[Endpoint[P, Page[T]]], Wrapped]:
    """The route answers with a list of ``type`` in pages; the next one is in the ``Link`` header."""
    declared = Declared("page", type, 200, JSON, frozenset(refuses))

    def respond(page: Page[T]) -> Response:
        headers = {"Link": f'<{page.next}>; rel="next"'} if page.next else None
        return Response(encoded(page.items), 200, headers, JSON)

    return lambda endpoint: _declare(endpoint, declared, respond)


def answers_nothing(*, refuses: Iterable[int] = ()) -> Callable[[Endpoint[P, None]], Wrapped]:
    """The route does something and has nothing to say: 204."""
    declared = Declared("nothing", None, 204, "", frozenset(refuses))
    return lambda endpoint: _declare(endpoint, declared, lambda _: Response(status_code=204))


def streams(type: type[Any], *, refuses: Iterable[int] = ()) -> Callable[[Endpoint[P, AsyncGenerator[bytes]]], Wrapped]:
    """The route answers with server-sent events, the data of each a ``type`` as JSON."""
    declared = Declared("stream", type, 200, EVENTS, frozenset(refuses))

    def respond(found: AsyncGenerator[bytes]) -> Response:
        return StreamingResponse(found, 200, {"Cache-Control": "no-store"}, EVENTS)

    return lambda endpoint: _declare(endpoint, declared, respond)


@dataclasses.dataclass(frozen=True)
class Download:
    """A file for somebody to keep: its name, its media type, and its content in parts. No value to be encoded or
    veiled: the route makes it for its reader."""

    name: str
    media: str
    parts: AsyncGenerator[bytes]


def downloads(*media: str, refuses: Iterable[int] = ()) -> Callable[[Endpoint[P, Download]], Wrapped]:
    """The route answers with a file of one of the types ``media``, sent while it is made."""
    declared = Declared("download", None, 200, ", ".join(media), frozenset(refuses))

    def respond(file: Download) -> Response:
        headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{file.name}"'}
        return StreamingResponse(sent_as_made(file.parts), 200, headers, file.media)

    return lambda endpoint: _declare(endpoint, declared, respond)


class Redirect(msgspec.Struct, frozen=True):
    """Where a browser goes on."""

    location: str


def redirects(*, refuses: Iterable[int] = ()) -> Callable[[Endpoint[P, Redirect]], Wrapped]:
    """The route leads a browser on (303). Whoever sends it here may say more than the route knows."""
    declared = Declared("redirect", None, 303, "", frozenset(refuses))

    def respond(onward: Redirect) -> Response:
        return Response(status_code=303, headers={"Location": onward.location})

    return lambda endpoint: _declare(endpoint, declared, respond)


def _declare(endpoint: Endpoint[P, T], declared: Declared, respond: Callable[[T], Response]) -> Wrapped:
    """The function that FastAPI calls: ``endpoint`` with the request beside its own parameters."""
    signature = inspect.signature(endpoint, eval_str=True)
    _require_matching_bodies(signature)

    own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in signature.parameters.values()]
    # FastAPI gives the request to one parameter only.
    named = next((p.name for p in own if p.annotation is Request), None)
    hidden = inspect.Parameter(_REQUEST, inspect.Parameter.KEYWORD_ONLY, annotation=Request)

    @functools.wraps(endpoint)
    async def called(*args: Any, **kwargs: Any) -> Response:
        request: Request = kwargs[named] if named else kwargs.pop(_REQUEST)
        if declared.shape != "redirect":
            refuse_unknown(request)
        found: Any = await veiled(request, await endpoint(*args, **kwargs))
        if declared.shape == "stream":
            found = while_known(request, found, every=request.app.state.recheck_seconds)
        response = conditional(request, respond(found))
        # A route that has more to say than its value, a cookie, leaves here what says it.
        if finish := getattr(request.state, "finish", None):
            finish(response)
        return response

    # FastAPI looks through ``__wrapped__`` at the endpoint, whose return value is not what it should send.
    del called.__wrapped__
    parameters = own if named else [*own, hidden]
    called.__signature__ = inspect.Signature(parameters, return_annotation=Response)  # type: ignore[attr-defined]
    called.declared = declared  # type: ignore[attr-defined]
    return called


async def while_known(
    request: Request, chunks: AsyncGenerator[bytes], *, every: float = RECHECK_SECONDS
) -> AsyncGenerator[bytes]:
    """``chunks`` until whoever asked is no longer let in, or may other things than when the stream began: then it ends,
    and the reader asks again. Looked at with the next chunk after ``every`` seconds; heartbeats are chunks too."""
    who = await request.app.state.authenticate(request)
    looked = time.monotonic()
    async with contextlib.aclosing(chunks):
        async for chunk in chunks:
            if time.monotonic() - looked >= every:
                if not await _is_still(request, who):
                    return
                looked = time.monotonic()
            yield chunk


async def _is_still(request: Request, who: Principal) -> bool:
    try:
        return await request.app.state.authenticate(request) == who
    except DeniedError:
        return False


def _require_matching_bodies(signature: inspect.Signature) -> None:
    for parameter in signature.parameters.values():
        default = parameter.default
        if isinstance(default, DependsMarker) and isinstance(default.dependency, Reads):
            decoded = default.dependency.type
            if parameter.annotation != decoded:
                raise TypeError(f"{parameter.name} is {parameter.annotation}, and read as {decoded}")


def refuse_unknown(request: Request) -> None:
    """Raises ``UnknownParameterError`` for a query parameter that the route does not have."""
    known = query_names(request.scope["route"])
    for name in request.query_params:
        if name not in known:
            raise UnknownParameterError(field=name[:80], known=", ".join(sorted(known)) or "-")


# Reading declarations


def declared_of(route: APIRoute) -> Declared | None:
    """What the route declares, None where it does not."""
    return getattr(route.endpoint, "declared", None)


def body_of(route: APIRoute) -> Any:
    """The type of the body that the route reads, None for none."""
    return next((d.call.type for d in _flat(route.dependant) if isinstance(d.call, Reads)), None)


def query_names(route: APIRoute) -> frozenset[str]:
    """The query parameters of a route."""
    return frozenset(p.alias for d in (route.dependant, *_flat(route.dependant)) for p in d.query_params)


def refusals(route: APIRoute) -> frozenset[int]:
    """Every status of an error that the route may answer with."""
    declared = declared_of(route)
    found = _ALWAYS | (declared.refuses if declared else frozenset[int]())
    if body_of(route) is not None:
        found |= {413, 415}
    if any(d.call is IfMatch for d in _flat(route.dependant)):
        found |= {412}
    return found


def methods_of(route: APIRoute) -> frozenset[str]:
    """The methods of a route."""
    return frozenset(route.methods or ())


def unsound(routes: Iterable[object]) -> list[str]:
    """The paths of routes that declare no answer, or that would read a body before asking who sends it."""
    return [
        getattr(route, "path", repr(route))
        for route in routes
        if not isinstance(route, APIRoute) or declared_of(route) is None or _reads_too_early(route)
    ]


def _reads_too_early(route: APIRoute) -> bool:
    calls = [d.call for d in _flat(route.dependant)]
    body = next((i for i, call in enumerate(calls) if isinstance(call, Reads)), len(calls))
    return not any(isinstance(call, Require | Public) for call in calls[:body])


def _flat(dependant: Dependant) -> Iterator[Dependant]:
    for child in dependant.dependencies:
        yield child
        yield from _flat(child)
