"""Our own tree of errors: each has a stable code, and says where, what, whose, and what to do next.

A caller catches a branch; a person reads ``message`` and ``remedy`` in their language; a script reads ``code``.
The branch decides how the error leaves the process (HTTP status, exit code):

    GatewrightError                     HTTP  exit
    ├── InputError                      422   2    what the person gave cannot be used
    ├── NotFoundError                   404   4    a name that is not known
    ├── ConflictError                   409   5    it clashes with something that has an owner
    ├── StaleError                      409   6    the world moved since the plan was made
    ├── BlockedError                    409   7    a plan that must not run
    ├── ClusterError                    502   8    a cluster did not do what was asked (network, Kubernetes)
    ├── EnvironmentFailure              500   9    this machine lacks something (Go, disk, memory, a file)
    └── DeniedError                     403   10   the person may not

A concrete class has one ``code``, whose first word is the text catalogue that holds its sentences:
``kube.unreachable`` is explained by the keys ``kube.unreachable`` and ``kube.unreachable.remedy``.
Its docstring says when it is raised; ``docs/errors.md`` is checked against this tree by a test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from gatewright.text import Language, Message, Param


class ErrorReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error as data: what the API returns and the store keeps."""

    code: str
    params: dict[str, Param] = {}
    cluster: str | None = None
    object: str | None = None
    owner: str | None = None

    def message(self, language: Language) -> str:
        """What is, and why."""
        return Message(self.code, self._all()).render(language)

    def remedy(self, language: Language) -> str:
        """What to do next."""
        return Message(f"{self.code}.remedy", self._all()).render(language)

    def _all(self) -> dict[str, Param]:
        where: dict[str, Param] = {
            "cluster": self.cluster or "-",
            "object": self.object or "-",
            "owner": self.owner or "-",
        }
        return {**where, **self.params}


class GatewrightError(Exception):
    """The root. Parameters fill the templates of the code; ``cluster``, ``object`` and ``owner`` also do."""

    code: ClassVar[str] = ""
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        *,
        cluster: str | None = None,
        object: str | None = None,
        owner: str | None = None,
        **params: Param,
    ) -> None:
        self.report = ErrorReport(self.code, params, cluster, object, owner)
        super().__init__(self.code, self.report)

    def __str__(self) -> str:
        return f"{self.report.message('en')} {self.report.remedy('en')}"

    def within(self, cluster: str) -> GatewrightError:
        """The same error, naming the cluster it happened on (the Kubernetes client does not know the name)."""
        if self.report.cluster is None:
            self.report = msgspec.structs.replace(self.report, cluster=cluster)
        return self


class InputError(GatewrightError):
    http_status = 422
    exit_code = 2


class NotFoundError(GatewrightError):
    http_status = 404
    exit_code = 4


class ConflictError(GatewrightError):
    http_status = 409
    exit_code = 5


class StaleError(GatewrightError):
    http_status = 409
    exit_code = 6


class BlockedError(GatewrightError):
    http_status = 409
    exit_code = 7


class ClusterError(GatewrightError):
    http_status = 502
    exit_code = 8
    retryable: ClassVar[bool] = False


class EnvironmentFailure(GatewrightError):  # noqa: N818 - EnvironmentError is a builtin
    exit_code = 9


class DeniedError(GatewrightError):
    http_status = 403
    exit_code = 10


def error_classes(root: type[GatewrightError] = GatewrightError) -> Iterator[type[GatewrightError]]:
    """Every concrete error class that is imported now, depth first."""
    for child in root.__subclasses__():
        if child.code:
            yield child
        yield from error_classes(child)
