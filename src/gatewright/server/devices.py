"""Browsers in which somebody has signed in before, told from strangers by a cookie that only we can make.

A limit by name alone would let anybody close a name for the person it belongs to; no limit by name would let a thousand
addresses guess a thousand times as much. So failures of strangers are counted by name and address, by address, and,
far higher, by name; and a browser that brings this cookie has a count of its own, that no stranger's failures fill
("device cookies", OWASP: Slow Down Online Guessing Attacks). The cookie is no proof of who somebody is: whoever steals
one may guess that one name as often as from one address, no more. Nobody gets one for a name without having signed in
with it, so no answer to a stranger depends on which browsers, and which names, there are.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final

from gatewright.store.clock import Clock
from gatewright.store.secrets import KeyRing

COOKIE: Final = "gatewright_device"
LIFETIME: Final = timedelta(days=90)
_ABOUT: Final = b"gatewright/device/1"
_LARGEST: Final = 200


class Devices:
    """Makes and knows the cookies of one installation."""

    def __init__(self, ring: KeyRing, clock: Clock) -> None:
        self._keys = ring.derived(_ABOUT)
        self._clock = clock

    def make(self, name: str) -> str:
        """A cookie for the browser in which ``name`` has just signed in."""
        stated = f"{secrets.token_hex(16)}.{_seconds(self._clock() + LIFETIME)}"
        return f"{stated}.{_proof(self._keys[0], stated, name)}"

    def known(self, cookie: str, name: str) -> str:
        """What the browser with this cookie is counted under when it signs in as ``name``; empty for a stranger."""
        stated, _, proof = cookie[:_LARGEST].rpartition(".")
        device, _, until = stated.partition(".")
        if not (until.isascii() and until.isdigit() and int(until) > _seconds(self._clock())):
            return ""
        genuine = any(
            hmac.compare_digest(_proof(key, stated, name).encode(), proof.encode(errors="surrogatepass"))
            for key in self._keys
        )
        return device if genuine else ""


def _proof(key: bytes, stated: str, name: str) -> str:
    return hmac.digest(key, f"{stated}.{name}".encode(errors="surrogatepass"), "sha256").hex()


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
