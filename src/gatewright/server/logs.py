"""The log of this process: one JSON object per line on standard error, so that ``-o json`` on standard output is whole.

Quiet below warnings, everything with ``GATEWRIGHT_DEBUG``. Credentials are never given to it: errors carry codes and
names.
"""

from __future__ import annotations

import logging
import sys

import structlog


def configure(*, debug: bool) -> None:
    """Sets up structlog for the process; the composition root calls it once."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if debug else logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
