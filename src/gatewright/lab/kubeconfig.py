"""Kubeconfig files for lab clusters: one each, and one with them all."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from gatewright.lab.certs import Pair


class Access(msgspec.Struct, frozen=True):
    """How an administrator reaches a cluster."""

    context: str
    server: str
    authority: bytes
    client: Pair


def document(accesses: Sequence[Access]) -> dict[str, Any]:
    """A kubeconfig with a context per access; the first is current."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": accesses[0].context if accesses else "",
        "preferences": {},
        "clusters": [
            {
                "name": access.context,
                "cluster": {"server": access.server, "certificate-authority-data": _text(access.authority)},
            }
            for access in accesses
        ],
        "users": [
            {
                "name": access.context,
                "user": {
                    "client-certificate-data": _text(access.client.certificate),
                    "client-key-data": _text(access.client.key),
                },
            }
            for access in accesses
        ],
        "contexts": [
            {"name": access.context, "context": {"cluster": access.context, "user": access.context}}
            for access in accesses
        ],
    }


def token_document(server: str, authority: Path, token_file: Path) -> dict[str, Any]:
    """A kubeconfig for a ServiceAccount whose token is renewed in a file, as in a Pod."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "lab",
        "clusters": [{"name": "lab", "cluster": {"server": server, "certificate-authority": str(authority)}}],
        "users": [{"name": "lab", "user": {"tokenFile": str(token_file)}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "lab"}}],
    }


def render(content: dict[str, Any]) -> bytes:
    """As YAML."""
    return yaml.safe_dump(content, sort_keys=False).encode()


def _text(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
