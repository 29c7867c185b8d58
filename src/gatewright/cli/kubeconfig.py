"""What is sent for a kubeconfig: its path to the operator's own process, a self-contained text to a server.

A server must not read files or run plugins of its machine for a client, so what the kubeconfig refers to is read here.
A credential plugin or token file cannot be sent at all: its credentials are made on this machine, and expire.
"""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import Any

from gatewright.cli.errors import FileUnreadableError
from gatewright.kube.connection import Connection
from gatewright.kube.kubeconfig import UploadExecError, UploadFileError, load
from gatewright.model.documents import MAX_BYTES


def connection_body(kubeconfig: str | None, context: str | None, insecure: bool, *, remote: bool) -> dict[str, Any]:
    """The body of the routes that take a connection. Raises ``FileUnreadableError``, and as ``kubeconfig.load``."""
    body: dict[str, Any] = {"context": context, "insecure_skip_tls_verify": insecure}
    text = _standard_input() if kubeconfig == "-" else None
    path = None if kubeconfig in (None, "-") else Path(kubeconfig or "").expanduser().absolute()
    if not remote:
        return {**body, "kubeconfig": text, "path": None if path is None else str(path)}
    source: str | Path | None = text if text is not None else path
    return {**body, "kubeconfig": flat(load(source, context, trust="operator")), "context": None}


def flat(connection: Connection) -> str:
    """The kubeconfig of one connection, with everything in it. Raises ``UploadExecError`` or ``UploadFileError``."""
    import msgspec

    if connection.exec is not None:
        raise UploadExecError(command=connection.exec.command)
    if connection.token_file:
        raise UploadFileError(field="tokenFile")
    cluster = {
        "server": connection.server,
        "certificate-authority-data": _base64(connection.ca_data),
        "insecure-skip-tls-verify": connection.insecure_skip_tls_verify or None,
        "tls-server-name": connection.tls_server_name,
        "proxy-url": connection.proxy_url,
    }
    user = {
        "client-certificate-data": _base64(connection.client_certificate_data),
        "client-key-data": _base64(connection.client_key_data),
        "token": connection.token,
        "username": connection.username,
        "password": connection.password,
        **_impersonation(connection),
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "given",
        "clusters": [{"name": "given", "cluster": _given(cluster)}],
        "users": [{"name": "given", "user": _given(user)}],
        "contexts": [{"name": "given", "context": {"cluster": "given", "user": "given"}}],
    }
    return msgspec.json.encode(config).decode()


def _impersonation(connection: Connection) -> dict[str, Any]:
    """The inverse of reading ``as``, ``as-uid``, ``as-groups`` and ``as-user-extra``."""
    found: dict[str, Any] = {}
    for header, value in connection.impersonate:
        name = header.removeprefix("Impersonate-")
        if name == "User":
            found["as"] = value
        elif name == "Uid":
            found["as-uid"] = value
        elif name == "Group":
            found.setdefault("as-groups", []).append(value)
        else:
            found.setdefault("as-user-extra", {}).setdefault(name.removeprefix("Extra-"), []).append(value)
    return found


def _given(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value}


def _base64(pem: str) -> str:
    return base64.b64encode(pem.encode()).decode()


def _standard_input() -> str:
    try:
        text = sys.stdin.buffer.read(MAX_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadableError(path="-", reason=getattr(error, "strerror", None) or "UTF-8") from error
    if not text.strip():
        raise FileUnreadableError(path="-", reason=os.strerror(61))
    return text
