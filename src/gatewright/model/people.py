"""People: who they are, what they may do where, and what proves it. Secrets and their hashes are no part of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar, Final, Literal, TypeAlias

import msgspec

from gatewright.model.errors import InputError
from gatewright.text import Language

Scope: TypeAlias = Literal["installation", "team"]
Theme: TypeAlias = Literal["system", "light", "dark"]
Method: TypeAlias = Literal["password", "oidc", "setup"]
INSTALLATION: Final = ""
"""The place of a grant that holds everywhere: no team's name."""
ADMINISTRATOR: Final = "administrator"
"""The role that may do everything; there is always somebody who has it, once there was."""
MAX_NAME: Final = 64
RESERVED: Final = frozenset({"gatewright", "operator"})
"""Under these names events and the audit tell what the installation did by itself, and with the token of its file."""
MAX_DISPLAY_NAME: Final = 100
NAME: Final = re.compile(r"[a-z0-9]([a-z0-9._@+-]*[a-z0-9])?")


class PersonNameError(InputError):
    """A person's name has characters that it cannot have, or too many."""

    code: ClassVar[str] = "people.name"


class ReservedPersonNameError(InputError):
    """The name is that under which the installation itself acts: nobody may be taken for it."""

    code: ClassVar[str] = "people.name-reserved"


class DisplayNameError(InputError):
    """The name to show is too long, or has characters that cannot be shown."""

    code: ClassVar[str] = "people.display-name"


class Preferences(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a person wants to see pages. ``language``: None for the browser's; ``pages``: what pages remember."""

    theme: Theme = "system"
    language: Language | None = None
    pages: Mapping[str, str] = {}


class Person(msgspec.Struct, frozen=True):
    """A person. ``grants``: the role by team, with the role in the installation under ``INSTALLATION``. ``issuer``:
    the OpenID provider that they sign in with, empty for none; ``password``: whether they have one."""

    id: str
    name: str
    display_name: str
    disabled: bool
    password: bool
    issuer: str
    created_at: str
    last_sign_in_at: str | None
    preferences: Preferences
    grants: Mapping[str, str] = {}


class Role(msgspec.Struct, frozen=True):
    """Permissions under a name, to grant in the installation or in a team. ``builtin``: it cannot be changed."""

    name: str
    scope: Scope
    permissions: tuple[str, ...]
    builtin: bool = False


class Grant(msgspec.Struct, frozen=True):
    """The role of a person in a place."""

    user: str
    team: str
    role: str
    display_name: str = ""
    disabled: bool = False


class OpenSession(msgspec.Struct, frozen=True):
    """A browser in which a person is signed in, until ``expires_at`` unless it is used again before."""

    id: str
    method: Method
    created_at: str
    seen_at: str
    expires_at: str
    address: str
    agent: str


class ApiToken(msgspec.Struct, frozen=True):
    """What lets a program act for a person. None: not narrowed, all that the person may."""

    id: str
    user: str
    name: str
    prefix: str
    permissions: tuple[str, ...] | None
    teams: tuple[str, ...] | None
    created_at: str
    expires_at: str
    last_used_at: str | None
    revoked_at: str | None


class MadeToken(msgspec.Struct, frozen=True):
    """A token that was just made. ``secret`` is all of it, and told this once."""

    token: ApiToken
    secret: str


def require_person_name(name: str) -> str:
    """``name`` itself. Raises ``PersonNameError``, ``ReservedPersonNameError``."""
    if name in RESERVED:
        raise ReservedPersonNameError(name=name)
    if len(name) > MAX_NAME or NAME.fullmatch(name) is None:
        raise PersonNameError(name=name[:80], limit=MAX_NAME)
    return name


def require_display_name(name: str) -> str:
    """``name`` without the white space around it. Raises ``DisplayNameError``."""
    stripped = name.strip()
    if len(stripped) > MAX_DISPLAY_NAME or not stripped.isprintable():
        raise DisplayNameError(limit=MAX_DISPLAY_NAME)
    return stripped
