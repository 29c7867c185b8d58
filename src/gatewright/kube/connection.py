"""How to reach one cluster and as whom: the outcome of reading a kubeconfig, and what is encrypted at rest.

PEM data is held as text, already decoded from base64. ``repr`` shows which kinds of credential are there,
never their values.
"""

from __future__ import annotations

from typing import Final

import msgspec

from gatewright.model.objects import JSON

_KINDS: Final = ("client_certificate_data", "token", "token_file", "exec", "username")


class ExecPlugin(msgspec.Struct, frozen=True, omit_defaults=True):
    """A credential plugin (``client.authentication.k8s.io``): a command of the operator's own machine.

    ``directory`` is where the kubeconfig lies: a command with a slash is relative to it. ``cluster_config`` is the
    cluster's extension ``client.authentication.k8s.io/exec``.
    """

    command: str
    api_version: str
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    install_hint: str = ""
    provide_cluster_info: bool = False
    interactive_mode: str = "IfAvailable"
    directory: str = ""
    cluster_config: JSON = None

    def __repr__(self) -> str:
        return f"ExecPlugin(command={self.command!r}, args=<{len(self.args)}>, env=<{len(self.env)}>)"


class Connection(msgspec.Struct, frozen=True, omit_defaults=True):
    """The address of an API server, what its certificate must prove, and our credential.

    ``server`` is an URL, perhaps with a path. Without ``ca_data`` the system's roots are trusted.
    ``impersonate`` holds HTTP header pairs.
    """

    server: str
    ca_data: str = ""
    client_certificate_data: str = ""
    client_key_data: str = ""
    token: str = ""
    token_file: str = ""
    username: str = ""
    password: str = ""
    exec: ExecPlugin | None = None
    proxy_url: str = ""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    impersonate: tuple[tuple[str, str], ...] = ()

    def __repr__(self) -> str:
        credentials = "+".join(kind for kind in _KINDS if getattr(self, kind)) or "anonymous"
        insecure = ", insecure" if self.insecure_skip_tls_verify else ""
        return f"Connection({without_userinfo(self.server)!r}, {credentials}{insecure})"

    def secrets(self) -> tuple[str, ...]:
        """The values that must appear in no message."""
        plugin = tuple(value for _, value in self.exec.env) if self.exec else ()
        userinfo = tuple(_userinfo(url) for url in (self.server, self.proxy_url))
        return tuple(s for s in (self.token, self.password, self.client_key_data, *plugin, *userinfo) if len(s) >= 4)

    def to_secret(self) -> bytes:
        """JSON for encrypted storage."""
        return msgspec.json.encode(self)

    @classmethod
    def from_secret(cls, secret: bytes) -> Connection:
        """The inverse of ``to_secret``. Raises ``msgspec.DecodeError``."""
        return msgspec.json.decode(secret, type=cls)


def _userinfo(url: str) -> str:
    authority = url.partition("://")[2].partition("/")[0]
    return authority.rpartition("@")[0]


def without_userinfo(url: str) -> str:
    """The URL without ``user:password@``."""
    info = _userinfo(url)
    return url.replace(f"{info}@", "", 1) if info else url
