"""The one place where the errors of the network and of Kubernetes become those of ``kube.errors``."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import msgspec
from aiohttp import http_exceptions

from gatewright.kube.connection import without_userinfo
from gatewright.kube.errors import (
    AlreadyExistsError,
    BadRequestError,
    Cause,
    DeniedByAdmissionError,
    FieldConflictError,
    ForbiddenError,
    GoneError,
    InterruptedAnswerError,
    InvalidObjectError,
    NotKubernetesError,
    NotServedError,
    ObjectConflictError,
    ObjectNotFoundError,
    ProxyFailedError,
    ServerError,
    StatusError,
    TerminatingError,
    TimedOutError,
    TlsFailedError,
    TlsHostnameError,
    TlsUntrustedError,
    TooManyRequestsError,
    UnauthorizedError,
    UnavailableError,
    UnreachableError,
)
from gatewright.kube.http2 import BrokenError, GarbledError, NotConnectedError, SilentError
from gatewright.kube.words import scrub
from gatewright.model.errors import GatewrightError


class Request(msgspec.Struct, frozen=True):
    """What was asked, for messages. ``subject`` is e.g. ``Namespace team-a``; ``secrets`` never appear in a message."""

    server: str
    verb: str
    subject: str
    secrets: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Request({without_userinfo(self.server)!r}, {self.verb!r}, {self.subject!r})"

    @property
    def where(self) -> str:
        return without_userinfo(self.server)

    def clean(self, words: object, limit: int = 400) -> str:
        """Foreign words made safe to show: one line, short, nothing secret, no terminal control."""
        return scrub(str(words), self.secrets, limit)


def from_exception(error: BaseException, request: Request, seconds: float) -> GatewrightError:
    """Our error for what aiohttp, ssl or the socket raised; ``seconds`` is the time that was allowed."""
    where = request.where
    if isinstance(error, GatewrightError):
        return error
    if isinstance(error, TimeoutError):
        return TimedOutError(server=where, verb=request.verb, seconds=round(seconds), object=request.subject)
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return ProxyFailedError(server=where, reason=f"HTTP {error.status}")
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return ProxyFailedError(server=where, reason=_os_reason(error, request))
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _certificate_error(error.certificate_error, request)
    if isinstance(error, aiohttp.ClientConnectorSSLError):
        return TlsFailedError(server=where, reason=_os_reason(error, request))
    if isinstance(error, aiohttp.ClientConnectorError):
        return UnreachableError(server=where, reason=_os_reason(error, request))
    if isinstance(error, aiohttp.ClientResponseError | http_exceptions.HttpProcessingError):
        return NotKubernetesError(server=where, reason=request.clean(error.message))
    if isinstance(error, aiohttp.ClientPayloadError) and isinstance(
        error.__cause__, http_exceptions.ContentEncodingError
    ):
        return NotKubernetesError(server=where, reason=request.clean(error.__cause__.message))
    return InterruptedAnswerError(server=where, verb=request.verb, object=request.subject, reason=type(error).__name__)


def from_http2(error: BrokenError | OSError | ValueError, request: Request, seconds: float) -> GatewrightError:
    """Our error for what an HTTP/2 connection, or opening one, raised; ``seconds`` is the time that was allowed."""
    where, said = request.where, request.clean(error)
    if isinstance(error, TimeoutError | NotConnectedError | SilentError):
        allowed = error.seconds if isinstance(error, SilentError) else seconds
        return TimedOutError(server=where, verb=request.verb, seconds=round(allowed), object=request.subject)
    if isinstance(error, GarbledError):
        return NotKubernetesError(server=where, reason=said)
    if isinstance(error, BrokenError):
        return InterruptedAnswerError(server=where, verb=request.verb, object=request.subject, reason=said)
    if isinstance(error, ssl.CertificateError):
        return _certificate_error(error, request)
    if isinstance(error, ssl.SSLError):
        return TlsFailedError(server=where, reason=request.clean(error.reason or type(error).__name__))
    # A ValueError is a host name that no resolver or certificate can hold.
    return UnreachableError(server=where, reason=_os_reason(error, request) if isinstance(error, OSError) else said)


def _os_reason(error: aiohttp.ClientConnectorError | OSError, request: Request) -> str:
    """The system's words for the error number; asyncio's own would be Python."""
    number = error.errno
    return request.clean(os.strerror(number) if number and number > 0 else error.strerror or type(error).__name__)


def _certificate_error(error: Exception, request: Request) -> GatewrightError:
    """Untrusted, or trusted for another name (X509_V_ERR_HOSTNAME_MISMATCH 62, ..._IP_ADDRESS_MISMATCH 64)."""
    reason = request.clean(getattr(error, "verify_message", "") or error)
    mismatch = isinstance(error, ssl.CertificateError) and getattr(error, "verify_code", 0) in (62, 64)
    kind = TlsHostnameError if mismatch else TlsUntrustedError
    return kind(server=request.where, reason=reason)


class _Details(msgspec.Struct, frozen=True):
    name: str | None = ""
    kind: str | None = ""
    causes: tuple[Cause, ...] | None = ()
    retry_after: int | None = msgspec.field(default=0, name="retryAfterSeconds")


class Status(msgspec.Struct, frozen=True):
    """``metav1.Status``, the body of every Kubernetes error."""

    kind: str = ""
    message: str = ""
    reason: str = ""
    code: int = 0
    details: _Details | None = None

    @property
    def causes(self) -> tuple[Cause, ...]:
        return (self.details.causes or ()) if self.details else ()


_RBAC_REFUSAL: Final = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) (?P<kind>resource|path) "(?P<resource>[^"]*)"'
    r'(?: in API group "(?P<group>[^"]*)")?(?: in the namespace "(?P<namespace>[^"]*)")?'
)
_ADMISSION: Final = re.compile(
    r"admission webhook|ValidatingAdmissionPolicy|denied (the )?request|MutatingAdmissionPolicy"
)
_PASSING: Final = re.compile(r"etcdserver: (leader changed|request timed out|no leader|not capable)|leader changed")
_TYPED_PATCH: Final = re.compile(r"failed to create typed patch object|field not declared in schema")
_NO_PATH: Final = b"404 page not found"
_PLAIN_HTTP: Final = b"Client sent an HTTP request to an HTTPS server"
_MAX_CAUSES_SHOWN: Final = 5


def from_response(status: int, headers: Mapping[str, str], body: bytes, request: Request) -> GatewrightError:
    """Our error for an answer that is not a success. A body that is no Status is judged by where it came from."""
    parsed = _parse_status(body)
    if parsed is None:
        return _from_foreign_body(status, headers, body, request)
    return from_status(status or parsed.code, parsed, request, headers)


def _parse_status(body: bytes) -> Status | None:
    try:
        parsed = msgspec.json.decode(body, type=Status)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return parsed if parsed.kind == "Status" else None


def _from_foreign_body(status: int, headers: Mapping[str, str], body: bytes, request: Request) -> GatewrightError:
    """API servers and balancers before them answer some errors in plain text: 401, 404, 429 and 5xx are believed.

    The text itself is not quoted: whoever may register an address could read through us what is behind it.
    """
    if status == 401 or status == 429 or status >= 500 or (status == 404 and body.startswith(_NO_PATH)):
        return from_status(status, Status(kind="Status"), request, headers)
    if _PLAIN_HTTP in body[:200]:
        return NotKubernetesError(server=request.where, reason=_PLAIN_HTTP.decode())
    kind = request.clean(headers.get("Content-Type", "-"), 60)
    return NotKubernetesError(server=request.where, reason=f"HTTP {status}, {kind}")


def from_status(status: int, answer: Status, request: Request, headers: Mapping[str, str] | None = None) -> StatusError:
    """Our error for a Status; also for those that a watch sends as an ``ERROR`` event."""
    causes = tuple(
        Cause(request.clean(c.reason, 80), request.clean(c.field, 200), request.clean(c.message)) for c in answer.causes
    )
    kind, params = _judge(status, answer, causes, request)
    return kind(
        object=request.subject,
        status=status,
        causes=causes,
        retry_after=_retry_after(answer, headers or {}),
        **{"server": request.where, "verb": request.verb, **params},
    )


def _retry_after(answer: Status, headers: Mapping[str, str]) -> float | None:
    """Seconds from the ``Retry-After`` header (RFC 9110 10.2.3, delta-seconds), else from the Status."""
    header = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,6}", header):
        return float(header)
    seconds = answer.details.retry_after if answer.details else None
    return float(seconds) if seconds else None


def _judge(
    status: int, answer: Status, causes: tuple[Cause, ...], request: Request
) -> tuple[type[StatusError], dict[str, Any]]:
    reason = request.clean(answer.message or answer.reason or f"HTTP {status}")
    words: dict[str, Any] = {"reason": reason}
    if status == 403:
        return _judge_forbidden(answer, causes, words, request)
    if status == 404:
        named = bool(answer.details and answer.details.name)
        return (ObjectNotFoundError if named else NotServedError), words
    if status == 409:
        return _judge_conflict(answer, causes, words)
    if status in (400, 422) and _ADMISSION.search(answer.message):
        return DeniedByAdmissionError, words
    if status == 422 or (status in (400, 500) and _TYPED_PATCH.search(answer.message)):
        return InvalidObjectError, {"fields": _fields(causes) or reason}
    if status >= 500:
        passing = status in (503, 504) or _PASSING.search(answer.message) or answer.reason == "ServerTimeout"
        return (UnavailableError if passing else ServerError), words
    simple: dict[int, type[StatusError]] = {401: UnauthorizedError, 410: GoneError, 429: TooManyRequestsError}
    return simple.get(status, BadRequestError), words


def _judge_forbidden(
    answer: Status, causes: tuple[Cause, ...], words: dict[str, Any], request: Request
) -> tuple[type[StatusError], dict[str, Any]]:
    if any(cause.reason == "NamespaceTerminating" for cause in causes):
        return TerminatingError, words
    match = _RBAC_REFUSAL.search(answer.message)
    if match is None:
        return DeniedByAdmissionError, words
    group = match["group"]
    resource = f"{match['resource']}.{group}" if group else match["resource"]
    return ForbiddenError, {
        "user": request.clean(match["user"], 120) or "-",
        "verb": request.clean(match["verb"], 40),
        "resource": request.clean(resource, 160),
        "namespace": request.clean(match["namespace"] or "-", 80),
    }


def _judge_conflict(
    answer: Status, causes: tuple[Cause, ...], words: dict[str, Any]
) -> tuple[type[StatusError], dict[str, Any]]:
    if answer.reason == "AlreadyExists":
        return AlreadyExistsError, words
    managers = dict.fromkeys(cause.manager for cause in causes if cause.reason == "FieldManagerConflict")
    if managers:
        return FieldConflictError, {"managers": ", ".join(managers), "fields": _fields(causes)}
    return ObjectConflictError, words


def _fields(causes: tuple[Cause, ...]) -> str:
    fields = list(dict.fromkeys(cause.field or cause.message for cause in causes))
    more = f", … (+{len(fields) - _MAX_CAUSES_SHOWN})" if len(fields) > _MAX_CAUSES_SHOWN else ""
    return ", ".join(fields[:_MAX_CAUSES_SHOWN]) + more


def not_json(request: Request) -> NotKubernetesError:
    """For a success whose body is not the JSON that was asked for."""
    return NotKubernetesError(server=request.where, reason="HTTP 200, invalid JSON")
