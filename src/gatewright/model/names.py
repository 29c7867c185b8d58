"""Names that Kubernetes would refuse are refused here first, with the rule they break."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from gatewright.model.errors import InputError

DNS_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
MAX_LABEL: Final = 63
RESERVED_NAMESPACES: Final = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})


class InvalidNameError(InputError):
    """A name is not an RFC 1123 label (lower-case letters, digits and ``-``; at most 63 characters)."""

    code: ClassVar[str] = "model.invalid-name"


class ReservedNamespaceError(InputError):
    """A namespace belongs to Kubernetes itself and cannot be a team's or a controller's."""

    code: ClassVar[str] = "model.reserved-namespace"


def is_label(name: str) -> bool:
    """Whether ``name`` is an RFC 1123 label, the rule for names of namespaces, Services and ours."""
    return len(name) <= MAX_LABEL and DNS_LABEL.fullmatch(name) is not None


def require_label(name: str, field: str) -> str:
    """``name`` itself. Raises ``InvalidNameError`` naming ``field``."""
    if not is_label(name):
        raise InvalidNameError(name=name[:80], field=field)
    return name


def require_namespace(name: str, field: str) -> str:
    """``name`` itself. Raises ``InvalidNameError`` or ``ReservedNamespaceError``."""
    require_label(name, field)
    if name in RESERVED_NAMESPACES:
        raise ReservedNamespaceError(name=name, field=field)
    return name
