"""The audit as files: JSON lines, and comma-separated values that a spreadsheet may open without running anything."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncGenerator
from typing import Final

import msgspec

from gatewright.model.audit import Entry

JSONL: Final = "application/jsonl"
CSV: Final = "text/csv"
_COLUMNS: Final = Entry.__struct_fields__
_CALCULATED: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


async def json_lines(entries: AsyncGenerator[Entry]) -> AsyncGenerator[bytes]:
    """One object per line, every field in each."""
    async for entry in entries:
        yield msgspec.json.encode(msgspec.structs.asdict(entry)) + b"\n"


async def csv_lines(entries: AsyncGenerator[Entry]) -> AsyncGenerator[bytes]:
    """A line of names, then one line per entry (RFC 4180); ``before`` and ``after`` are JSON."""
    yield _line(_COLUMNS)
    async for entry in entries:
        yield _line([_cell(getattr(entry, name)) for name in _COLUMNS])


def _cell(value: object) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"'{text}" if text.startswith(_CALCULATED) else text


def _line(cells: list[str] | tuple[str, ...]) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue().encode()
