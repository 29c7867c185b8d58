"""Who we are to a cluster: static credentials, token files that rotate, and exec plugins.

Exec plugins follow ``client.authentication.k8s.io`` v1 and v1beta1
(https://kubernetes.io/docs/reference/config-api/client-authentication.v1/). They never get a terminal, their
credential is kept until it expires or the cluster answers 401, and they are killed after a timeout.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec

from gatewright.kube.connection import Connection, ExecPlugin
from gatewright.kube.errors import PluginFailedError, PluginMissingError, TokenFileError
from gatewright.kube.words import scrub

TOKEN_FILE_SECONDS: Final = 60.0
PLUGIN_SECONDS: Final = 30.0
MAX_PLUGIN_OUTPUT: Final = 1 << 20
_EXPIRY_MARGIN: Final = 10.0
_VERSIONS: Final = ("client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1")


class Credential(msgspec.Struct, frozen=True):
    """What a request carries: a header value, and a client certificate for the TLS handshake (PEM; both or none)."""

    authorization: str = ""
    certificate: str = ""
    key: str = ""

    def __repr__(self) -> str:
        return f"Credential(authorization={bool(self.authorization)}, certificate={bool(self.certificate)})"

    def secrets(self) -> tuple[str, ...]:
        """The values that must appear in no message."""
        word = self.authorization.partition(" ")[2]
        return tuple(s for s in (word, self.key) if len(s) >= 4)


class Authenticator(Protocol):
    """The source of credentials for one connection."""

    async def credential(self) -> Credential:
        """The credential to use now. Raises ``CredentialError``."""
        ...

    def reject(self, credential: Credential) -> bool:
        """The cluster answered 401 to ``credential``. True if the next ``credential()`` may be another one."""
        ...


class StaticAuth:
    """Token, basic, client certificate, or nothing: what the connection holds."""

    def __init__(self, connection: Connection) -> None:
        self._credential = Credential(
            _bearer(connection.token) or _basic(connection.username, connection.password),
            connection.client_certificate_data,
            connection.client_key_data,
        )

    async def credential(self) -> Credential:
        return self._credential

    def reject(self, credential: Credential) -> bool:
        return self._credential != credential


class TokenFileAuth:
    """A token that something else (kubelet, an agent) renews in a file: read every minute, and after a 401."""

    def __init__(self, connection: Connection, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._clock = clock
        self._read_at: float | None = None
        self._credential = Credential()

    async def credential(self) -> Credential:
        if self._read_at is None or self._clock() - self._read_at >= TOKEN_FILE_SECONDS:
            token = await asyncio.to_thread(read_token, self._connection.token_file)
            self._credential = Credential(
                _bearer(token), self._connection.client_certificate_data, self._connection.client_key_data
            )
            self._read_at = self._clock()
        return self._credential

    def reject(self, credential: Credential) -> bool:
        self._read_at = None
        return True


class ExecAuth:
    """The credential of an exec plugin, kept until shortly before it expires."""

    def __init__(
        self,
        connection: Connection,
        plugin: ExecPlugin,
        *,
        environ: Mapping[str, str] = os.environ,
        timeout: float = PLUGIN_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._connection = connection
        self._plugin = plugin
        self._environ = environ
        self._timeout = timeout
        self._clock = clock
        self._lock = asyncio.Lock()
        self._credential: Credential | None = None
        self._expires: float | None = None

    async def credential(self) -> Credential:
        async with self._lock:
            if self._expires is not None and self._clock() >= self._expires - _EXPIRY_MARGIN:
                self._credential = None
            if self._credential is None:
                self._credential, self._expires = await self._obtain()
            return self._credential

    def reject(self, credential: Credential) -> bool:
        if self._credential == credential:
            self._credential = None
        return True

    async def _obtain(self) -> tuple[Credential, float | None]:
        plugin = self._plugin
        if plugin.api_version not in _VERSIONS:
            raise self._failed(f"apiVersion {plugin.api_version!r}")
        if plugin.interactive_mode == "Always":
            raise self._failed("interactiveMode: Always")
        output = await self._run()
        try:
            answer = msgspec.json.decode(output, type=_ExecCredential)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._failed("ExecCredential: JSON") from None
        status = answer.status
        if answer.kind != "ExecCredential" or answer.api_version != plugin.api_version or status is None:
            raise self._failed(f"kind {answer.kind!r}, apiVersion {answer.api_version!r}")
        if not status.token and not (status.certificate and status.key):
            raise self._failed("ExecCredential.status: token, clientCertificateData, clientKeyData")
        if not is_header_value(status.token or ""):
            raise self._failed("ExecCredential.status.token")
        certificate = status.certificate or self._connection.client_certificate_data
        key = status.key or self._connection.client_key_data
        return Credential(_bearer(status.token or ""), certificate, key), self._expiry(status.expires)

    def _expiry(self, stamp: str | None) -> float | None:
        if not stamp:
            return None
        try:
            return datetime.fromisoformat(stamp).timestamp()
        except ValueError:
            raise self._failed(f"expirationTimestamp {stamp[:40]!r}") from None

    async def _run(self) -> bytes:
        """What the plugin printed; it and all its children have ended afterwards."""
        command = self._command()
        environ = {**self._environ, **dict(self._plugin.env), "KUBERNETES_EXEC_INFO": self._info().decode()}
        try:
            transport, output = await asyncio.get_running_loop().subprocess_exec(
                _Output, command, *self._plugin.args, stdin=subprocess.DEVNULL, env=environ, start_new_session=True
            )
        except (OSError, ValueError) as error:
            raise self._failed(getattr(error, "strerror", None) or type(error).__name__) from None
        try:
            async with asyncio.timeout(self._timeout):
                await output.done
        except TimeoutError:
            raise self._failed(f"> {self._timeout:g} s") from None
        except _TooMuchOutputError:
            raise self._failed(f"> {MAX_PLUGIN_OUTPUT} bytes") from None
        finally:
            # It may have started children: its whole session is ended.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(transport.get_pid(), signal.SIGKILL)
            transport.close()
            await output.exited.wait()
        if transport.get_returncode() != 0:
            words = output.streams[2].decode("utf-8", "replace")
            raise self._failed(f"exit {transport.get_returncode()}: {words[-300:]}")
        return bytes(output.streams[1])

    def _command(self) -> str:
        """The executable: looked up in PATH, or relative to the kubeconfig if it has a slash."""
        name = self._plugin.command
        if os.sep in name:
            name = str(Path(self._plugin.directory, name))
        path = {**self._environ, **dict(self._plugin.env)}.get("PATH")
        found = shutil.which(name, path=path)
        if found is None:
            raise PluginMissingError(command=self._plugin.command, hint=scrub(self._plugin.install_hint))
        return found

    def _info(self) -> bytes:
        """The value of ``KUBERNETES_EXEC_INFO``."""
        spec: dict[str, object] = {"interactive": False}
        if self._plugin.provide_cluster_info:
            spec["cluster"] = self._cluster_info()
        return msgspec.json.encode({"kind": "ExecCredential", "apiVersion": self._plugin.api_version, "spec": spec})

    def _cluster_info(self) -> dict[str, object]:
        connection = self._connection
        info: dict[str, object] = {
            "server": connection.server,
            "tls-server-name": connection.tls_server_name,
            "insecure-skip-tls-verify": connection.insecure_skip_tls_verify,
            "certificate-authority-data": base64.b64encode(connection.ca_data.encode()).decode(),
            "proxy-url": connection.proxy_url,
            "config": self._plugin.cluster_config,
        }
        return {key: value for key, value in info.items() if value}

    def _failed(self, reason: str) -> PluginFailedError:
        return PluginFailedError(command=self._plugin.command, reason=scrub(reason, self._connection.secrets()))


class _ExecStatus(msgspec.Struct, frozen=True):
    token: str | None = None
    certificate: str | None = msgspec.field(default=None, name="clientCertificateData")
    key: str | None = msgspec.field(default=None, name="clientKeyData")
    expires: str | None = msgspec.field(default=None, name="expirationTimestamp")


class _ExecCredential(msgspec.Struct, frozen=True):
    kind: str = ""
    api_version: str = msgspec.field(default="", name="apiVersion")
    status: _ExecStatus | None = None


class _TooMuchOutputError(Exception):
    """The plugin printed more than any credential needs."""


class _Output(asyncio.SubprocessProtocol):
    """Collects what a plugin prints. ``done`` when it has exited and closed its output, or printed too much."""

    def __init__(self) -> None:
        self.streams: dict[int, bytearray] = {1: bytearray(), 2: bytearray()}
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.exited = asyncio.Event()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        stream = self.streams[fd]
        if len(stream) + len(data) <= MAX_PLUGIN_OUTPUT:
            stream += data
        elif not self.done.done():
            self.done.set_exception(_TooMuchOutputError())

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


def read_token(path: str) -> str:
    """The token in a file. Raises ``TokenFileError``."""
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise TokenFileError(path=path, reason=getattr(error, "strerror", None) or type(error).__name__) from None
    if not token or not is_header_value(token):
        raise TokenFileError(path=path, reason=f"{len(token.splitlines())} lines, {len(token)} characters")
    return token


def is_header_value(value: str) -> bool:
    """Whether a token can travel in an HTTP header: visible ASCII, so that it smuggles no second header."""
    return all("!" <= character <= "~" for character in value)


def _bearer(token: str) -> str:
    return f"Bearer {token}" if token else ""


def _basic(username: str, password: str) -> str:
    if not username:
        return ""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def authenticator(connection: Connection) -> Authenticator:
    """The authenticator for a connection. kubectl's order: a token file wins over a token, both over exec."""
    if connection.token_file:
        return TokenFileAuth(connection)
    if connection.token or connection.username:
        return StaticAuth(connection)
    if connection.exec:
        return ExecAuth(connection, connection.exec)
    return StaticAuth(connection)
