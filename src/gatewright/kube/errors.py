"""What can go wrong between us and a cluster (``translate`` tells which of it did).

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
    │       └── TooManyObjectsError   kube.too-many-objects a list beyond the limit
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

import re
from typing import ClassVar

import aiohttp
import msgspec

from gatewright.kube.http2 import NotConnectedError
from gatewright.model.errors import ClusterError
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
        cause = getattr(self.__cause__, "os_error", self.__cause__)
        return isinstance(cause, ConnectionRefusedError | ConnectionResetError)


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
        return not isinstance(self.__cause__, aiohttp.ConnectionTimeoutError | NotConnectedError)


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


class TooManyObjectsError(TooLargeError):
    """A list with more objects than the caller can hold; it was not read to its end."""

    code: ClassVar[str] = "kube.too-many-objects"


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
