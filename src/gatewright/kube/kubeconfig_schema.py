"""The fields of a kubeconfig that we read (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/)."""

from __future__ import annotations

from typing import Any

import msgspec


class _Schema(msgspec.Struct, frozen=True, rename="kebab"):
    """Base: kubeconfig fields are kebab-case and any of them may be null."""


class Extension(_Schema, frozen=True):
    name: str | None = None
    extension: Any = None


class Cluster(_Schema, frozen=True):
    server: str | None = None
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool | None = None
    tls_server_name: str | None = None
    proxy_url: str | None = None
    extensions: list[Extension] | None = None


class EnvVar(_Schema, frozen=True):
    name: str
    value: str | None = None


class Exec(msgspec.Struct, frozen=True, rename="camel"):
    command: str = ""
    api_version: str = ""
    args: list[str] | None = None
    env: list[EnvVar] | None = None
    install_hint: str | None = None
    provide_cluster_info: bool | None = None
    interactive_mode: str | None = None


class User(_Schema, frozen=True):
    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    token: str | None = None
    token_file: str | None = msgspec.field(default=None, name="tokenFile")
    username: str | None = None
    password: str | None = None
    exec: Exec | None = None
    auth_provider: dict[str, Any] | None = None
    impersonate: str | None = msgspec.field(default=None, name="as")
    impersonate_uid: str | None = msgspec.field(default=None, name="as-uid")
    impersonate_groups: list[str] | None = msgspec.field(default=None, name="as-groups")
    impersonate_extra: dict[str, list[str]] | None = msgspec.field(default=None, name="as-user-extra")


class Context(_Schema, frozen=True):
    cluster: str | None = None
    user: str | None = None
    namespace: str | None = None


class NamedCluster(_Schema, frozen=True):
    name: str
    cluster: Cluster | None = None


class NamedUser(_Schema, frozen=True):
    name: str
    user: User | None = None


class NamedContext(_Schema, frozen=True):
    name: str
    context: Context | None = None


class Config(_Schema, frozen=True):
    current_context: str | None = None
    clusters: list[NamedCluster] | None = None
    users: list[NamedUser] | None = None
    contexts: list[NamedContext] | None = None
