"""How this server signs people in with an OpenID provider, from the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from gatewright.model.names import MAX_LABEL
from gatewright.model.people import INSTALLATION
from gatewright.server.errors import SettingError

LABEL: Final = "OpenID Connect"
SCOPES: Final = "openid profile email"
GROUPS_CLAIM: Final = "groups"
_NAME: Final = rf"[a-z0-9]([-a-z0-9]{{0,{MAX_LABEL - 2}}}[a-z0-9])?"
_RULE: Final = re.compile(rf"(?P<group>[^=]+)=(?:(?P<team>{_NAME}):)?(?P<role>{_NAME})")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_SECRET_BYTES: Final = 4096


class Rule(msgspec.Struct, frozen=True):
    """Whoever is in ``group`` has ``role`` in ``team`` (``model.people.INSTALLATION``: in the installation)."""

    group: str
    team: str
    role: str


class OidcOptions(msgspec.Struct, frozen=True):
    """A provider and what it says of people. ``rules``: where several give one place a role, the first one does.
    ``public_url``: where browsers reach this server; empty: where the request says that it came to."""

    issuer: str
    client_id: str
    client_secret: str = ""
    scopes: str = SCOPES
    label: str = LABEL
    groups_claim: str = GROUPS_CLAIM
    rules: tuple[Rule, ...] = ()
    public_url: str = ""

    def __repr__(self) -> str:
        return f"OidcOptions({self.issuer!r}, {self.client_id!r})"


def from_environment(environ: Mapping[str, str]) -> OidcOptions | None:
    """The provider of ``environ``, None where there is none. Raises ``SettingError``."""
    issuer = environ.get("GATEWRIGHT_OIDC_ISSUER", "").strip()
    if not issuer:
        return None
    client_id = environ.get("GATEWRIGHT_OIDC_CLIENT_ID", "").strip()
    if not client_id:
        raise SettingError(name="GATEWRIGHT_OIDC_CLIENT_ID", value="", wanted="gatewright")
    scopes = environ.get("GATEWRIGHT_OIDC_SCOPES") or SCOPES
    if "openid" not in scopes.split():
        raise SettingError(name="GATEWRIGHT_OIDC_SCOPES", value=scopes[:200], wanted=SCOPES)
    return OidcOptions(
        _safe("GATEWRIGHT_OIDC_ISSUER", issuer),
        client_id,
        _secret(environ),
        " ".join(scopes.split()),
        environ.get("GATEWRIGHT_OIDC_NAME", "").strip()[:80] or LABEL,
        environ.get("GATEWRIGHT_OIDC_GROUPS_CLAIM", "").strip() or GROUPS_CLAIM,
        rules(environ.get("GATEWRIGHT_OIDC_GROUPS", "")),
        public_url(environ),
    )


def rules(given: str) -> tuple[Rule, ...]:
    """``GROUP=ROLE`` and ``GROUP=TEAM:ROLE``, with commas between them. Raises ``SettingError``."""
    return tuple(_rule(part.strip()) for part in given.split(",") if part.strip())


def _rule(part: str) -> Rule:
    found = _RULE.fullmatch(part)
    if found is None:
        wanted = "platform=administrator, payments-dev=payments:developer"
        raise SettingError(name="GATEWRIGHT_OIDC_GROUPS", value=part[:200], wanted=wanted)
    return Rule(found["group"].strip(), found["team"] or INSTALLATION, found["role"])


def is_safe(url: str) -> bool:
    """Whether what is sent there can only be read there: over TLS, or on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def _safe(name: str, url: str) -> str:
    parts = urlsplit(url) if is_safe(url) else None
    if parts is None or parts.query or parts.fragment or parts.username:
        raise SettingError(name=name, value=url[:200], wanted="https://id.example.com")
    return url


def public_url(environ: Mapping[str, str]) -> str:
    """Where browsers reach this server, empty where that is not said. Raises ``SettingError``."""
    given = environ.get("GATEWRIGHT_URL", "").strip().rstrip("/")
    try:
        parts = urlsplit(given)
        fits = parts.scheme in ("http", "https") and parts.hostname and not parts.path and not parts.query
    except ValueError:
        fits = False
    if given and not fits:
        raise SettingError(name="GATEWRIGHT_URL", value=given[:200], wanted="https://gatewright.example.com")
    return given


def _secret(environ: Mapping[str, str]) -> str:
    """The client's secret, itself or from a file. A public client has none."""
    given = environ.get("GATEWRIGHT_OIDC_CLIENT_SECRET", "")
    path = environ.get("GATEWRIGHT_OIDC_CLIENT_SECRET_FILE", "")
    if given or not path:
        return given
    try:
        with Path(path).open("rb") as file:
            return file.read(_SECRET_BYTES).decode().strip()
    except (OSError, ValueError) as error:
        raise SettingError(name="GATEWRIGHT_OIDC_CLIENT_SECRET_FILE", value=path[:200], wanted="/...") from error
