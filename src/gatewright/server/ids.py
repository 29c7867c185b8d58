"""Numbers of things that everybody shares, as they leave the API: nobody learns from them how much others do.

Events and live changes are counted over the whole installation, and what is missing between two of them would tell of
those that one may not see. A number goes out as one block of AES under a key of this installation, one for each kind:
it says nothing of order or distance, it is the same for every reader, and only this installation can read it back.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final, Literal, TypeAlias

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from gatewright.server.errors import EventIdError
from gatewright.store.secrets import KeyRing

Kind: TypeAlias = Literal["event", "change"]
START: Final = "0"
"""Stands for the place before the first of all."""
_SHAPE: Final = 26
"""Characters of a block in base32."""
PATTERN: Final = "[a-z2-7]{26}"
SEALED: Final[dict[str, Any]] = {"format": "event-id"}
"""For the document: ``START``, or what this installation has sealed, which no pattern can tell."""
_NUMBER: Final = 8
_BLANK: Final = 4


class Ids:
    """The identifiers of one installation. Keys that were replaced still open what they sealed."""

    def __init__(self, ring: KeyRing) -> None:
        self._keys: dict[Kind, tuple[bytes, ...]] = {
            "event": ring.derived(b"gatewright/id/1/event"),
            "change": ring.derived(b"gatewright/id/1/change"),
        }
        self.page_key = ring.derived(b"gatewright/page/1")[0]
        """For the tokens of lists in pages (``server.paging``)."""

    def seal(self, kind: Kind, number: int, epoch: bytes = bytes(4)) -> str:
        """26 characters for a number below 2**64 (and an epoch of four bytes)."""
        block = number.to_bytes(_NUMBER, "big") + epoch + bytes(_BLANK)
        made = _cipher(self._keys[kind][0]).encryptor().update(block)
        return base64.b32encode(made).decode().rstrip("=").lower()

    def open(self, kind: Kind, text: str) -> int:
        """The number. Raises ``EventIdError`` for what was not sealed here, or is of another kind."""
        return self.open_with_epoch(kind, text)[1]

    def open_with_epoch(self, kind: Kind, text: str) -> tuple[bytes, int]:
        """The epoch and the number. Raises ``EventIdError``."""
        if text == START:
            return bytes(4), 0
        try:
            sealed = base64.b32decode(text.upper() + "======") if len(text) == _SHAPE else b""
        except (binascii.Error, ValueError):
            sealed = b""
        for key in self._keys[kind] if len(sealed) == 16 else ():
            block = _cipher(key).decryptor().update(sealed)
            if block[-_BLANK:] == bytes(_BLANK):
                return block[_NUMBER:-_BLANK], int.from_bytes(block[:_NUMBER], "big")
        raise EventIdError(id=text[:80])


def _cipher(key: bytes) -> Cipher[modes.ECB]:
    # One block that is never longer and always different: what other modes add would make equal numbers differ.
    return Cipher(algorithms.AES256(key), modes.ECB())
