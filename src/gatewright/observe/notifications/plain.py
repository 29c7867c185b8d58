"""Text from strangers, made harmless for chat services. Pure.

Names and messages in a cluster may hold anything. Services differ in which escapes they know, so nothing is escaped:
characters that begin a mention, a link or markup become their full-width twins, which no service reads as markup, and
addresses are broken so that none becomes a link. Names that Kubernetes allows stay as they are.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_TWINS: Final = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in "@<>[]*`#!|~\\"})
_BREAK: Final = "\u2060"
"""WORD JOINER: without width, and no service takes it for part of a scheme or a mention."""
_SPACES: Final = re.compile(r"\s+")


def plain(text: str, limit: int = 1000) -> str:
    """One line of at most ``limit`` characters that mentions nobody, links nowhere and formats nothing."""
    visible = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    line = _SPACES.sub(" ", visible).strip()
    if len(line) > limit:
        line = line[: limit - 1] + "…"
    return line.translate(_TWINS).replace("://", f":{_BREAK}//")
