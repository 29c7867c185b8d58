"""The little HTTP/1.1 that a probe speaks (RFC 9112): a GET, and the head of the answer, read with a bound."""

from __future__ import annotations

import asyncio
import re
from typing import Final

import msgspec

from gatewright.text import Message, message

MAX_HEAD: Final = 32 * 1024
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\r\n]*)?")
_MAX_LOCATION: Final = 500


class Answer(msgspec.Struct, frozen=True):
    """The status of the final answer, and its ``Location`` (printable, at most 500 characters; empty: none)."""

    status: int
    location: str = ""


class NotHttpError(Exception):
    """What came is no head of an HTTP/1.1 answer; ``why`` says in what way."""

    def __init__(self, why: Message) -> None:
        super().__init__(why)
        self.why = why


def request(host: str, path: str) -> bytes:
    """The whole request. ``host`` and ``path`` must have been checked: they stand in it as they are."""
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: gatewright-probe",
        "X-Gatewright-Probe: 1",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: close",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


async def read_head(reader: asyncio.StreamReader) -> Answer:
    """The head of the final answer; interim ones (1xx) are passed over. All of them together may have 32 KiB.

    ``reader`` must have been opened with ``MAX_HEAD`` as its limit. Raises ``NotHttpError``, and
    ``asyncio.IncompleteReadError`` where the connection ends before anything was said.
    """
    left = MAX_HEAD
    while True:
        # the first line tells at once that another protocol is spoken, whose peer would wait for us
        line = await _line(reader, first=left == MAX_HEAD)
        status = _STATUS.fullmatch(line)
        if status is None:
            raise NotHttpError(message("probe.protocol.line"))
        left -= len(line) + 2
        location = ""
        while field := await _line(reader):
            left -= len(field) + 2
            if left < 0:
                raise NotHttpError(message("probe.protocol.long", limit=MAX_HEAD // 1024))
            location = location or _location(field)
        if int(status[1]) >= 200:
            return Answer(int(status[1]), location)


async def _line(reader: asyncio.StreamReader, *, first: bool = False) -> bytes:
    try:
        return (await reader.readuntil(b"\r\n"))[:-2]
    except asyncio.LimitOverrunError:
        raise NotHttpError(message("probe.protocol.long", limit=MAX_HEAD // 1024)) from None
    except asyncio.IncompleteReadError as error:
        if first and not error.partial:
            raise
        raise NotHttpError(message("probe.protocol.cut")) from None


def _location(field: bytes) -> str:
    name, _, value = field.partition(b":")
    if name.lower() != b"location":
        return ""
    text = value.decode("latin-1").strip()[:_MAX_LOCATION]
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
