"""Why a rollout could not start or a step stopped (``waits`` and ``lease`` have theirs beside their code)."""

from __future__ import annotations

from typing import ClassVar

from gatewright.model.errors import BlockedError, ClusterError, ConflictError, InputError, StaleError


class ObjectMovedError(StaleError):
    """An object is neither what the plan was made on nor what the plan would make of it."""

    code: ClassVar[str] = "rollout.object-moved"


class PlanStaleError(StaleError):
    """The plan, made anew on what the cluster is now, would not be allowed to start."""

    code: ClassVar[str] = "rollout.plan-stale"


class FormerTeamError(StaleError):
    """The plan was made for a team that was deleted since, even if another has its name now."""

    code: ClassVar[str] = "rollout.former-team"


class IdentityChangedError(ConflictError):
    """The address of a registered cluster answers with another ``kube-system`` UID."""

    code: ClassVar[str] = "rollout.identity-changed"


class PlanStoppedError(BlockedError):
    """A plan with a conflict, a wait or a blocking finding was asked to run."""

    code: ClassVar[str] = "rollout.plan-stopped"


class NothingToDoError(BlockedError):
    """A plan without steps was asked to run."""

    code: ClassVar[str] = "rollout.nothing-to-do"
    exit_code = 3


class NothingBoundError(InputError):
    """A team without bindings (on the clusters asked for) was to be planned."""

    code: ClassVar[str] = "rollout.nothing-bound"


class NotEmptyError(ConflictError):
    """A CRD or namespace that was empty when the plan was made is not when it is to be removed."""

    code: ClassVar[str] = "rollout.not-empty"


class UnexpectedFailureError(ClusterError):
    """A step raised something that is not an error of ours: a bug. The log has the traceback."""

    code: ClassVar[str] = "rollout.failed"
