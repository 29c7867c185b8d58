"""Foreign words made safe to show: a server, a plugin or a file may say anything, in any length, even our token."""

from __future__ import annotations

import re
from typing import Final

_SECRET_SHAPES: Final = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]+(\.[\w-]*)?"
    r"|(?i:bearer|basic)\s+[\w.~+/=-]{8,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)"
    r"|(?<=://)[^/@\s]+(?=@)",
    re.DOTALL,
)


def scrub(words: str, secrets: tuple[str, ...] = (), limit: int = 400) -> str:
    """``words`` on one line, at most ``limit`` characters, with everything secret replaced by ``***``."""
    for secret in sorted(secrets, key=len, reverse=True):
        words = words.replace(secret, "***")
    words = _SECRET_SHAPES.sub("***", words[: limit * 8])
    words = "".join(c if c.isprintable() else " " for c in words)
    words = " ".join(words.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"
