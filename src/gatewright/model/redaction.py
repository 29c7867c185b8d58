"""Takes secrets out of values that are kept for people to read: by the name of a field, and by what secrets look like.

A field whose name says that it holds a credential loses its value whatever that is; any text loses what has the shape
of one of ours or of a common credential. A secret without a telling name and without a shape cannot be recognised: what
is recorded must not be given one (``docs/audit.md`` lists both).
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

from gatewright.model.objects import JSON

HIDDEN: Final = "***"
_DEEPEST: Final = 64
_NAMES: Final = (
    "password",
    "passwords",
    "passwd",
    "passphrase",
    "passwordhash",
    "secret",
    "secrets",
    "token",
    "tokens",
    "csrf",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "keydata",
    "credential",
    "credentials",
    "kubeconfig",
    "authorization",
    "cookie",
    "codeverifier",
)
"""Endings of names, in lower case without punctuation: ``clientSecret`` and ``client-key-data`` end in one."""
_ADDRESSES: Final = ("url", "webhook")
"""Endings of names of addresses, whose path or query may be the credential: only the host is kept."""
_KEY: Final = re.compile(r"[^a-z0-9]")
_HOST: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)(?:[^/?#\s]*@)?([^/?#\s@]*)")
_SHAPES: Final = (
    # tokens of ours: the operator's, API tokens, sessions, set-up codes
    (re.compile(r"\b(gw[a-z])_[A-Za-z0-9_-]{8,}"), rf"\1_{HIDDEN}"),
    (re.compile(r"-----BEGIN [^-]+-----.*?(?:-----END [^-]+-----|\Z)", re.DOTALL), HIDDEN),
    # a PEM block in base64, as kubeconfigs have it
    (re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]*"), HIDDEN),
    # a JSON Web Token
    (re.compile(r"\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)*"), HIDDEN),
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    # name: value and name=value in a text, quoted or not
    (
        re.compile(
            r"((?:pass(?:word|wd|phrase)|secret|token|api-?_?key|access-?_?key|private-?_?key|key-data|authorization"
            r"|sign(?:ature)?|credentials?)[\"']?\s*[:=]\s*)(\"[^\"]*\"?|'[^']*'?|[^\s,;&}\]]+)",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    # a long random word, as tokens in addresses are: names have no capitals, digests no letters beyond f
    (
        re.compile(
            r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]{0,400}[A-Z])(?=[A-Za-z0-9_-]{0,400}[a-z])(?=[A-Za-z0-9_-]{0,400}[0-9])"
            r"[A-Za-z0-9_-]{32,}"
        ),
        HIDDEN,
    ),
    # name and password in an address
    (re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s@]*@"), rf"\1{HIDDEN}@"),
)


def redact(value: JSON) -> JSON:
    """``value`` without secrets; what holds none is equal to what was given."""
    return _value(value, 0)


def redact_text(text: str) -> str:
    """``text`` without what has the shape of a secret."""
    for shape, instead in _SHAPES:
        text = shape.sub(instead, text)
    return text


def _value(value: JSON, depth: int) -> JSON:
    if depth > _DEEPEST:
        return HIDDEN
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, dict):
        given = cast(dict[Any, Any], value)
        return {_name(key): _field(str(key), found, depth + 1) for key, found in given.items()}
    if isinstance(value, (list, tuple)):
        return [_value(found, depth + 1) for found in cast(list[Any], value)]
    return value


def _name(key: Any) -> Any:
    return redact_text(key) if isinstance(key, str) else key


def _field(key: str, value: JSON, depth: int) -> JSON:
    """Whether there is a secret may be told, and that there is none."""
    plain = _KEY.sub("", key.lower())
    if plain.endswith(_NAMES):
        return value if value is None or value is True or value is False or value in ("", [], {}) else HIDDEN
    if plain.endswith(_ADDRESSES) and isinstance(value, str):
        return _host_only(value)
    return _value(value, depth)


def _host_only(address: str) -> str:
    found = _HOST.match(address)
    if found is None:
        return HIDDEN if address else ""
    told = f"{found[1]}{redact_text(found[2])}"
    return told if found.end() == len(address) and "@" not in address else f"{told}/{HIDDEN}"
