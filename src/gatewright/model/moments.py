"""Moments as Kubernetes writes them: RFC 3339 in UTC, to the second. Such moments compare as text."""

from __future__ import annotations

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """E.g. ``2026-11-22T11:43:48Z``; what is less than a second is cut off."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"
