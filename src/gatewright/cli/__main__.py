"""``python -m gatewright.cli``: the command line of exactly this interpreter."""

from __future__ import annotations

import sys

from gatewright.cli.main import main

sys.exit(main())
