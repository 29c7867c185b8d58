"""What holds for every test."""

from __future__ import annotations

import signal

# A run that was started in the background of a script inherits an ignored SIGINT, and so would every process that a
# test starts: Ctrl-C could then not be tested. (A handler is not inherited, an ignored signal is.)
signal.signal(signal.SIGINT, signal.default_int_handler)
