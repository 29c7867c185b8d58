"""Exit codes that no error stands for; the others are the branches of ``model.errors``.

0 done; 1 an unexpected fault; 2 bad input; 3 nothing to do; 4 not found; 5 conflict; 6 stale; 7 blocked or stopped;
8 a cluster failed; 9 this machine lacks something; 10 denied; 11 the rollout was aborted or is paused; 12 something
that was looked at is degraded, unhealthy or unknown; 130 Ctrl-C.
"""

from __future__ import annotations

from typing import Final

FAULT: Final = 1
NOTHING_TO_DO: Final = 3
STOPPED: Final = 7
CLUSTER_FAILED: Final = 8
NOT_FINISHED: Final = 11
UNHEALTHY: Final = 12
INTERRUPTED: Final = 130
