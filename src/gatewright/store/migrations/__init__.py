"""The migrations. ``REVISIONS`` tells the oldest-to-newest order without importing Alembic; a test compares them."""

from __future__ import annotations

from typing import Final

REVISIONS: Final[tuple[str, ...]] = ("0001", "0002", "0003", "0004")
HEAD: Final = REVISIONS[-1]
