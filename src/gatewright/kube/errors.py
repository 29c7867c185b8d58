"""What can go wrong between us and a cluster: the one place where network and Kubernetes errors get our names.

Every error is a ``ClusterError`` (what the person gave, such as a kubeconfig, has its errors in ``kubeconfig``):

    ClusterError
    ├── ConnectionFailedError
    │   ├── UnreachableError          kube.unreachable      refused, no route, no such host          retryable
    │   ├── ProxyFailedError          kube.proxy-failed     the proxy refused or is not there
    │   ├── TimedOutError             kube.timeout          no answer in time, also after accept     retryable
    │   ├── InterruptedAnswerError    kube.interrupted      the connection broke before the end      retryable
    │   ├── TlsUntrustedError         kube.tls-untrusted    signed by a CA that is not trusted
    │   ├── TlsHostnameError          kube.tls-hostname     the certificate is for another name
    │   ├── TlsFailedError            kube.tls-failed       any other failed handshake
    │   ├── NotKubernetesError        kube.not-kubernetes   an answer, but not of a Kubernetes API
    │   └── TooLargeError             kube.too-large        an answer beyond the limit
    ├── CredentialError
    │   ├── PluginMissingError        kube.plugin-missing   the credential plugin is not installed
    │   ├── PluginFailedError         kube.plugin-failed    it failed, or gave no usable answer
    │   ├── TokenFileError            kube.token-file       the token file cannot be read
    │   └── ClientCertificateError    kube.client-certificate   certificate, key or CA is not usable PEM
    ├── KindUnknownError              kube.kind-unknown     discovery does not list the kind
    └── StatusError                   (the API server answered with a Status)
        ├── UnauthorizedError         kube.unauthorized     401: the credential is wrong or expired
        ├── ForbiddenError            kube.forbidden        403: RBAC; verb, resource, user
        ├── DeniedByAdmissionError    kube.denied           a policy or webhook said no
        ├── TerminatingError          kube.terminating      403: the namespace is being deleted
        ├── ObjectNotFoundError       kube.not-found        404
        │   └── NotServedError        kube.not-served       404: the API has no such path
        ├── ObjectConflictError       kube.conflict         409: changed in the meantime
        │   └── FieldConflictError    kube.field-conflict   409: other field managers own the fields
        ├── AlreadyExistsError        kube.already-exists   409 on create
        ├── GoneError                 kube.gone             410: the resource version is too old
        ├── InvalidObjectError        kube.invalid          422: fields that the API refuses
        ├── TooManyRequestsError      kube.too-many-requests    429; ``retry_after`` in seconds      retryable
        ├── BadRequestError           kube.bad-request      any other 4xx
        └── ServerError               kube.server-error     5xx
            └── UnavailableError      kube.unavailable      503, 504, etcd between two leaders       retryable

Words of the server are quoted, but cut short, without control characters and without anything secret.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import aiohttp
import msgspec
from aiohttp import http_exceptions

from gatewright.kube.connection import without_userinfo
from gatewright.model.errors import ClusterError, GatewrightError
from gatewright.text import Scalar


class ConnectionFailedError(ClusterError):
    """Branch: there was no proper answer."""


class UnreachableError(ConnectionFailedError):
    """No connection: refused, no route, or no such host. The request was never sent."""

    code: ClassVar[str] = "kube.unreachable"
    retryable: ClassVar[bool] = True

    @property
    def passing(self) -> bool:
        """Whether it may be over in a moment (a restart), unlike a name that does not resolve."""
        return isinstance(getattr(self.__cause__, "os_error", None), ConnectionRefusedError | ConnectionResetError)


class ProxyFailedError(ConnectionFailedError):
    """The proxy of the kubeconfig or environment cannot be reached or refused the tunnel."""

    code: ClassVar[str] = "kube.proxy-failed"


class TimedOutError(ConnectionFailedError):
    """No (complete) answer within the time. Whether the request took effect is unknown."""

    code: ClassVar[str] = "kube.timeout"
    retryable: ClassVar[bool] = True

    @property
    def sent(self) -> bool:
        """False if not even the connection was made, so that the request cannot have taken effect."""
        return not isinstance(self.__cause__, aiohttp.ConnectionTimeoutError)


class InterruptedAnswerError(ConnectionFailedError):
    """The connection broke after the request was sent. Whether it took effect is unknown."""

    code: ClassVar[str] = "kube.interrupted"
    retryable: ClassVar[bool] = True


class TlsUntrustedError(ConnectionFailedError):
    """The server's certificate is not signed by the CA of the connection, or has expired."""

    code: ClassVar[str] = "kube.tls-untrusted"


class TlsHostnameError(ConnectionFailedError):
    """The server's certificate is valid, but for other names."""

    code: ClassVar[str] = "kube.tls-hostname"


class TlsFailedError(ConnectionFailedError):
    """A handshake that failed for any other reason, e.g. a server that does not speak TLS."""

    code: ClassVar[str] = "kube.tls-failed"


class NotKubernetesError(ConnectionFailedError):
    """An answer that no Kubernetes API server gives: HTML, a redirect, broken JSON."""

    code: ClassVar[str] = "kube.not-kubernetes"


class TooLargeError(ConnectionFailedError):
    """An answer longer than the client's limit; it was not read to its end."""

    code: ClassVar[str] = "kube.too-large"


class CredentialError(ClusterError):
    """Branch: our credential could not be obtained or loaded."""


class PluginMissingError(CredentialError):
    """The exec plugin's command is not installed. ``hint`` is the kubeconfig's installHint."""

    code: ClassVar[str] = "kube.plugin-missing"


class PluginFailedError(CredentialError):
    """The exec plugin failed, hung, or did not print a usable ExecCredential."""

    code: ClassVar[str] = "kube.plugin-failed"


class TokenFileError(CredentialError):
    """The token file is missing, unreadable, or empty."""

    code: ClassVar[str] = "kube.token-file"


class ClientCertificateError(CredentialError):
    """The CA, client certificate or key is not PEM, is encrypted, or the two do not belong together."""

    code: ClassVar[str] = "kube.client-certificate"


class KindUnknownError(ClusterError):
    """Discovery of a group version does not list the kind."""

    code: ClassVar[str] = "kube.kind-unknown"


class Cause(msgspec.Struct, frozen=True):
    """One entry of ``Status.details.causes``."""

    reason: str = ""
    field: str = ""
    message: str = ""

    @property
    def manager(self) -> str:
        """The field manager that a ``FieldManagerConflict`` names, else an empty string."""
        match = re.search(r'conflict with "([^"]*)"', self.message)
        return match.group(1) if match else ""


class StatusError(ClusterError):
    """Branch: the API server answered, with ``status`` (HTTP) and perhaps ``causes`` and ``retry_after`` (seconds)."""

    def __init__(
        self,
        *,
        cluster: str | None = None,
        object: str | None = None,
        owner: str | None = None,
        status: int = 0,
        causes: tuple[Cause, ...] = (),
        retry_after: float | None = None,
        **params: Scalar,
    ) -> None:
        super().__init__(cluster=cluster, object=object, owner=owner, status=status, **params)
        self.status = status
        self.causes = causes
        self.retry_after = retry_after


class UnauthorizedError(StatusError):
    """401: the credential is unknown to the cluster or has expired."""

    code: ClassVar[str] = "kube.unauthorized"


class ForbiddenError(StatusError):
    """403 by RBAC. Parameters ``verb``, ``resource``, ``user``, ``scope``."""

    code: ClassVar[str] = "kube.forbidden"


class DeniedByAdmissionError(StatusError):
    """A ValidatingAdmissionPolicy or an admission webhook refused the request."""

    code: ClassVar[str] = "kube.denied"


class TerminatingError(StatusError):
    """403: nothing can be created in a namespace that is being deleted."""

    code: ClassVar[str] = "kube.terminating"


class ObjectNotFoundError(StatusError):
    """404: there is no object of that name."""

    code: ClassVar[str] = "kube.not-found"


class NotServedError(ObjectNotFoundError):
    """404: the cluster does not serve that kind at that version."""

    code: ClassVar[str] = "kube.not-served"


class ObjectConflictError(StatusError):
    """409: the object is not the one that was read (resourceVersion, uid)."""

    code: ClassVar[str] = "kube.conflict"


class FieldConflictError(ObjectConflictError):
    """409 of a server-side apply: other managers own fields with other values. ``causes`` names each."""

    code: ClassVar[str] = "kube.field-conflict"

    @property
    def managers(self) -> tuple[str, ...]:
        """The managers in conflict, each once, in the order of the answer."""
        return tuple(dict.fromkeys(cause.manager for cause in self.causes if cause.manager))


class AlreadyExistsError(StatusError):
    """409 on create: the name is taken."""

    code: ClassVar[str] = "kube.already-exists"


class GoneError(StatusError):
    """410: the resource version or continue token is too old; list again."""

    code: ClassVar[str] = "kube.gone"


class InvalidObjectError(StatusError):
    """422 (or a typed patch that cannot be built): the API refuses fields. ``causes`` names each."""

    code: ClassVar[str] = "kube.invalid"


class TooManyRequestsError(StatusError):
    """429: the API server sheds load. It did not run the request."""

    code: ClassVar[str] = "kube.too-many-requests"
    retryable: ClassVar[bool] = True


class BadRequestError(StatusError):
    """Any other 4xx."""

    code: ClassVar[str] = "kube.bad-request"


class ServerError(StatusError):
    """5xx: the API server, or something behind it, failed."""

    code: ClassVar[str] = "kube.server-error"


class UnavailableError(ServerError):
    """503, 504, or etcd without a leader: the API server cannot serve for a moment."""

    code: ClassVar[str] = "kube.unavailable"
    retryable: ClassVar[bool] = True


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


_SECRET_SHAPES: Final = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?"
    r"|(?i:bearer|basic)\s+[\w.~+/=-]{8,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?<=://)[^/@\s]+(?=@)",
    re.DOTALL,
)


def scrub(words: str, secrets: tuple[str, ...] = (), limit: int = 400) -> str:
    """``words`` on one line, at most ``limit`` characters, with everything secret replaced by ``***``."""
    for secret in sorted(secrets, key=len, reverse=True):
        words = words.replace(secret, "***")
    words = _SECRET_SHAPES.sub("***", words[: limit * 8])
    words = "".join(c if c.isprintable() else " " for c in words)
    words = " ".join(words.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"


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


def _os_reason(error: aiohttp.ClientConnectorError, request: Request) -> str:
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
    """API servers and balancers before them answer some errors in plain text: 401, 404, 429 and 5xx are believed."""
    words = request.clean(body[:800].decode("utf-8", "replace"), 160)
    html = b"<html" in body[:800].lower() or b"<!doctype" in body[:800].lower()
    plain = Status(kind="Status", message="" if html else words)
    if status == 401 or status == 429 or status >= 500:
        return from_status(status, plain, request, headers)
    if status == 404 and body.startswith(b"404 page not found"):
        return from_status(status, plain, request, headers)
    return NotKubernetesError(
        server=request.where, reason=f"HTTP {status}" + ("" if html or not words else f": {words}")
    )


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


def not_json(request: Request, body: bytes) -> NotKubernetesError:
    """For a success whose body is not the JSON that was asked for."""
    return NotKubernetesError(server=request.where, reason=request.clean(body[:200].decode("utf-8", "replace"), 80))
