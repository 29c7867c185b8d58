"""Registering a cluster by a one-line script: what a person is given, and what became of it."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from gatewright.model.errors import ErrorReport

RegistrationState: TypeAlias = Literal["waiting", "started", "registered", "failed", "expired"]
"""``started``: the script was fetched; ``failed``: what it sent did not lead to a cluster (``error``); it may be run
again until it expires."""


class RegistrationStatus(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a registration. ``cluster``: what the cluster is called, once it is registered. Moments: RFC 3339,
    UTC."""

    id: str
    name: str
    state: RegistrationState
    created_at: str
    expires_at: str
    created_by: str
    namespace: str = "gatewright"
    cluster: str = ""
    started_at: str = ""
    ended_at: str = ""
    error: ErrorReport | None = None


class RegistrationOffer(msgspec.Struct, frozen=True):
    """A registration with its token, which is told this once. ``command``: what to run where ``kubectl`` reaches the
    cluster with the rights of an administrator."""

    registration: RegistrationStatus
    token: str
    url: str
    command: str
