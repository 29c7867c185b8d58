"""Read a kubeconfig as kubectl does, and turn one of its contexts into a ``Connection``.

Two degrees of trust. The *operator's* own file may run exec plugins and name files on this machine. An *uploaded*
one may do neither: a plugin would be code of the uploader, a file name would read the server's disk.

    InputError
    ├── KubeconfigMissingError      kube.kubeconfig-missing       the named file cannot be read
    ├── KubeconfigNoneError         kube.kubeconfig-none          no default kubeconfig exists
    ├── KubeconfigMalformedError    kube.kubeconfig-malformed     not YAML, or not of the schema
    ├── KubeconfigTooComplexError   kube.kubeconfig-too-complex   YAML bomb, too large
    ├── KubeconfigKindError         kube.kubeconfig-kind          another kind of document
    ├── ContextUnknownError         kube.context-unknown
    ├── ContextMissingError         kube.context-missing          no current-context
    ├── ContextBrokenError          kube.context-broken           a cluster or user that is not there
    ├── KubeconfigFieldError        kube.kubeconfig-field         a value that cannot be used
    ├── KubeconfigFileError         kube.kubeconfig-file          a referenced file that cannot be read
    ├── UploadFileError             kube.upload-file              uploaded, and names a file
    ├── UploadExecError             kube.upload-exec              uploaded, and runs a command
    └── AuthProviderError           kube.auth-provider            removed from Kubernetes in v1.26
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, TypeVar, cast
from urllib.parse import urlsplit

import msgspec

from gatewright.kube.auth import is_header_value
from gatewright.kube.connection import Connection, ExecPlugin
from gatewright.kube.kubeconfig_schema import Cluster, Config, Context, Exec, User
from gatewright.kube.words import scrub
from gatewright.model.documents import MAX_BYTES, UnreadableDocumentError, plain, read_documents
from gatewright.model.errors import InputError
from gatewright.model.redaction import redact_text
from gatewright.text import Message, message

Trust = Literal["operator", "uploaded"]
_EXEC_EXTENSION: Final = "client.authentication.k8s.io/exec"


class KubeconfigMissingError(InputError):
    """The kubeconfig that was named cannot be read."""

    code: ClassVar[str] = "kube.kubeconfig-missing"


class KubeconfigNoneError(InputError):
    """None was named, and none of the default files exists."""

    code: ClassVar[str] = "kube.kubeconfig-none"


class KubeconfigMalformedError(InputError):
    """Not YAML, or fields of the wrong type."""

    code: ClassVar[str] = "kube.kubeconfig-malformed"


class KubeconfigTooComplexError(InputError):
    """Beyond the limits of ``model.documents``."""

    code: ClassVar[str] = "kube.kubeconfig-too-complex"


class KubeconfigKindError(InputError):
    """A document of another kind, or no mapping at all."""

    code: ClassVar[str] = "kube.kubeconfig-kind"


class ContextUnknownError(InputError):
    """The context that was named is not there."""

    code: ClassVar[str] = "kube.context-unknown"


class ContextMissingError(InputError):
    """No context was named and there is no current-context."""

    code: ClassVar[str] = "kube.context-missing"


class ContextBrokenError(InputError):
    """The context names a cluster or user that is not there."""

    code: ClassVar[str] = "kube.context-broken"


class KubeconfigFieldError(InputError):
    """A value that cannot be used: an address, base64, a token with line breaks."""

    code: ClassVar[str] = "kube.kubeconfig-field"


class KubeconfigFileError(InputError):
    """A file that the kubeconfig names cannot be read."""

    code: ClassVar[str] = "kube.kubeconfig-file"


class UploadFileError(InputError):
    """An uploaded kubeconfig names a file of this machine."""

    code: ClassVar[str] = "kube.upload-file"


class UploadExecError(InputError):
    """An uploaded kubeconfig runs a command."""

    code: ClassVar[str] = "kube.upload-exec"


class AuthProviderError(InputError):
    """The legacy auth-provider mechanism."""

    code: ClassVar[str] = "kube.auth-provider"


class ContextInfo(msgspec.Struct, frozen=True):
    """One context of a kubeconfig, to choose from. ``server`` is empty where its cluster is missing."""

    name: str
    cluster: str
    user: str
    server: str
    current: bool


class _Merged:
    """One or several kubeconfigs; of each name the first one counts, as in kubectl."""

    def __init__(self, files: Sequence[tuple[Config, str]]) -> None:
        self.clusters: dict[str, tuple[Cluster, str]] = {}
        self.users: dict[str, tuple[User, str]] = {}
        self.contexts: dict[str, Context] = {}
        self.current = ""
        for config, directory in files:
            self.current = self.current or config.current_context or ""
            for cluster in config.clusters or ():
                self.clusters.setdefault(cluster.name, (cluster.cluster or Cluster(), directory))
            for user in config.users or ():
                self.users.setdefault(user.name, (user.user or User(), directory))
            for context in config.contexts or ():
                self.contexts.setdefault(context.name, context.context or Context())


def contexts(
    source: str | Path | None = None, *, trust: Trust = "operator", environ: Mapping[str, str] = os.environ
) -> list[ContextInfo]:
    """The contexts of a kubeconfig, in its order. Raises as ``load``, but judges no context."""
    merged = _read(source, trust, environ)
    found: list[ContextInfo] = []
    for name, context in merged.contexts.items():
        cluster, _ = merged.clusters.get(context.cluster or "", (Cluster(), ""))
        current = name == merged.current
        found.append(ContextInfo(name, context.cluster or "", context.user or "", cluster.server or "", current))
    return found


def load(
    source: str | Path | None = None,
    context: str | None = None,
    *,
    trust: Trust,
    environ: Mapping[str, str] = os.environ,
) -> Connection:
    """The connection of one context (None: the current one).

    ``source``: a ``Path`` is a file; a string is the content (or, for the operator only, a path if it is one short
    line); None: the files of ``$KUBECONFIG``, merged as kubectl does, else ``~/.kube/config``.
    Raises the errors drawn above. Nothing is run and no network is used.
    """
    merged = _read(source, trust, environ)
    chosen = _choose(merged, context)
    cluster, cluster_directory = _part(merged.clusters, chosen, merged.contexts[chosen].cluster, "cluster")
    if merged.contexts[chosen].user:
        user, user_directory = _part(merged.users, chosen, merged.contexts[chosen].user, "user")
    else:
        user, user_directory = User(), ""
    return _connection(_Files(trust, cluster_directory), cluster, _Files(trust, user_directory), user)


def _choose(merged: _Merged, context: str | None) -> str:
    known = ", ".join(sorted(merged.contexts)[:20]) or "-"
    name = context or merged.current
    if not name:
        raise ContextMissingError(known=scrub(known))
    if name not in merged.contexts:
        raise ContextUnknownError(context=scrub(name, limit=120), known=scrub(known))
    return name


_Part = TypeVar("_Part")


def _part(parts: dict[str, tuple[_Part, str]], context: str, name: str | None, what: str) -> tuple[_Part, str]:
    try:
        return parts[name or ""]
    except KeyError:
        raise ContextBrokenError(context=context, what=what, name=scrub(name or "-", limit=120)) from None


def _read(source: str | Path | None, trust: Trust, environ: Mapping[str, str]) -> _Merged:
    if source is None:
        return _Merged([_parse_file(path) for path in _default_files(environ)])
    if isinstance(source, str) and (trust == "uploaded" or "\n" in source or source.lstrip().startswith("{")):
        return _Merged([(_parse(source, message("kube.pasted")), "")])
    return _Merged([_parse_file(Path(source).expanduser())])


def _default_files(environ: Mapping[str, str]) -> list[Path]:
    """The default files that exist. Raises ``KubeconfigNoneError`` if there is none."""
    listed = [Path(p) for p in environ.get("KUBECONFIG", "").split(os.pathsep) if p]
    wanted = listed or [Path(environ.get("HOME") or Path.home(), ".kube", "config")]
    files = [path for path in wanted if path.exists()]
    if not files:
        raise KubeconfigNoneError(path=os.pathsep.join(map(str, wanted)))
    return files


def _parse_file(path: Path) -> tuple[Config, str]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1).decode("utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise KubeconfigMissingError(path=str(path), reason=reason) from None
    return _parse(text, str(path)), str(path.absolute().parent)


def _parse(text: str, path: str | Message) -> Config:
    try:
        documents = [plain(node) for node in read_documents(text)]
    except UnreadableDocumentError as error:
        refused = KubeconfigTooComplexError if error.limit else KubeconfigMalformedError
        raise refused(path=path, reason=message("model.at-line", line=error.line, why=error.why)) from None
    if len(documents) > 1:
        raise KubeconfigMalformedError(path=path, reason=message("model.several-documents"))
    content = documents[0] if documents else None
    if not isinstance(content, dict):
        kind = message("kube.nothing" if content is None else "kube.no-fields")
        raise KubeconfigKindError(path=path, kind=kind)
    document = cast(dict[str, Any], content)
    if document.get("kind", "Config") != "Config" or document.get("apiVersion", "v1") != "v1":
        said = f"{document.get('apiVersion', '-')} {document.get('kind', '-')}"
        raise KubeconfigKindError(path=path, kind=scrub(said, limit=120))
    if not {"clusters", "contexts", "users", "kind"} & document.keys():
        raise KubeconfigKindError(path=path, kind=scrub(", ".join(map(str, list(document)[:5])) or "{}", limit=120))
    try:
        return msgspec.convert(document, type=Config)
    except msgspec.ValidationError as error:
        raise KubeconfigMalformedError(path=path, reason=scrub(str(error))) from None


class _Files:
    """Reads what a kubeconfig refers to, relative to its directory, if its trust allows it."""

    def __init__(self, trust: Trust, directory: str) -> None:
        self.trust: Trust = trust
        self.directory = directory

    def path(self, name: str, field: str) -> Path:
        if self.trust == "uploaded":
            raise UploadFileError(field=field)
        return Path(self.directory, name)

    def text(self, data: str | None, name: str | None, field: str) -> str:
        """PEM from ``field``-data (base64) or, without it, from the file of ``field``."""
        if data:
            return _decoded(data, f"{field}-data")
        if not name:
            return ""
        path = self.path(name, field)
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or type(error).__name__
            raise KubeconfigFileError(field=field, path=str(path), reason=reason) from None


def _decoded(data: str, field: str) -> str:
    try:
        return base64.b64decode("".join(data.split()), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        raise KubeconfigFieldError(field=field, reason="base64") from None


def _connection(cluster_files: _Files, cluster: Cluster, user_files: _Files, user: User) -> Connection:
    if user.auth_provider:
        raise AuthProviderError(provider=scrub(str(user.auth_provider.get("name", "-")), limit=80))
    if user.exec and cluster_files.trust == "uploaded":
        raise UploadExecError(command=scrub(user.exec.command, limit=120))
    token = (user.token or "").strip()
    if not is_header_value(token):
        raise KubeconfigFieldError(field="token", reason="visible ASCII")
    insecure = bool(cluster.insecure_skip_tls_verify)
    certificate = user_files.text(user.client_certificate_data, user.client_certificate, "client-certificate")
    key = user_files.text(user.client_key_data, user.client_key, "client-key")
    if bool(certificate) != bool(key):
        raise KubeconfigFieldError(field="client-key" if certificate else "client-certificate", reason="-")
    return Connection(
        server=_server(cluster.server),
        ca_data=cluster_files.text(
            cluster.certificate_authority_data, cluster.certificate_authority, "certificate-authority"
        ),
        client_certificate_data=certificate,
        client_key_data=key,
        token=token,
        token_file=str(user_files.path(user.token_file, "tokenFile")) if user.token_file else "",
        username=user.username or "",
        password=user.password or "",
        exec=_exec(user.exec, cluster, user_files.directory) if user.exec else None,
        proxy_url=_proxy(cluster.proxy_url),
        tls_server_name=cluster.tls_server_name or "",
        insecure_skip_tls_verify=insecure,
        impersonate=_impersonation(user),
    )


def _server(server: str | None) -> str:
    """The address as an URL with a scheme; kubectl would guess one, and guess plain HTTP. A name and password in it
    would be shown wherever the address is."""
    address = (server or "").strip().rstrip("/")
    if _is_url(address, ("https", "http")) and "@" not in address:
        return address
    raise KubeconfigFieldError(field="server", reason=scrub(redact_text(address), limit=120) or "-")


def _proxy(proxy: str | None) -> str:
    """aiohttp speaks HTTP proxies (CONNECT), not SOCKS."""
    if not proxy or _is_url(proxy, ("http", "https")):
        return proxy or ""
    raise KubeconfigFieldError(field="proxy-url", reason=f"{scrub(urlsplit(proxy).scheme, limit=20) or '-'}://")


def _is_url(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and not parts.query and not parts.fragment
    return plain and parts.scheme in schemes and bool(parts.hostname)


def _exec(plugin: Exec, cluster: Cluster, directory: str) -> ExecPlugin:
    if not plugin.command:
        raise KubeconfigFieldError(field="exec.command", reason="-")
    config = next((e.extension for e in cluster.extensions or () if e.name == _EXEC_EXTENSION), None)
    return ExecPlugin(
        command=plugin.command,
        api_version=plugin.api_version,
        args=tuple(plugin.args or ()),
        env=tuple((variable.name, variable.value or "") for variable in plugin.env or ()),
        install_hint=plugin.install_hint or "",
        provide_cluster_info=bool(plugin.provide_cluster_info),
        interactive_mode=plugin.interactive_mode or "IfAvailable",
        directory=directory,
        cluster_config=config,
    )


def _impersonation(user: User) -> tuple[tuple[str, str], ...]:
    """Impersonation headers; leaving them out would make us act with more rights than the file says."""
    if not (user.impersonate or user.impersonate_uid or user.impersonate_groups or user.impersonate_extra):
        return ()
    if not user.impersonate:
        raise KubeconfigFieldError(field="as", reason="-")
    headers = [("Impersonate-User", user.impersonate)]
    if user.impersonate_uid:
        headers.append(("Impersonate-Uid", user.impersonate_uid))
    headers += [("Impersonate-Group", group) for group in user.impersonate_groups or ()]
    for key, values in (user.impersonate_extra or {}).items():
        headers += [(f"Impersonate-Extra-{key}", value) for value in values]
    if not all(value.isascii() and value.isprintable() for header in headers for value in header):
        raise KubeconfigFieldError(field="as", reason="visible ASCII")
    return tuple(headers)
