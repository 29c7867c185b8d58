"""What the command line refuses by itself, and how it repeats what the API refused."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from gatewright.model.errors import (
    BlockedError,
    DeniedError,
    EnvironmentFailure,
    GatewrightError,
    InputError,
    NotFoundError,
)
from gatewright.text import Language


class UsageError(InputError):
    """The command line cannot be understood; the words are those of the parser."""

    code: ClassVar[str] = "cli.usage"


class NoSuchCommandError(InputError):
    """There is no command of that name."""

    code: ClassVar[str] = "cli.no-such-command"


class NoSuchOptionError(InputError):
    """The command has no option of that name."""

    code: ClassVar[str] = "cli.no-such-option"


class MissingArgumentError(InputError):
    """The command needs an argument or option that was not given."""

    code: ClassVar[str] = "cli.missing-argument"


class BadValueError(InputError):
    """An argument or option has a value that cannot be used."""

    code: ClassVar[str] = "cli.bad-value"


class BadParameterError(InputError):
    """The parser refuses the value of an argument or option; the detail is in its words."""

    code: ClassVar[str] = "cli.bad-parameter"


class FileUnreadableError(InputError):
    """A file that was named cannot be read."""

    code: ClassVar[str] = "cli.file-unreadable"


class FileUnwritableError(InputError):
    """A file that was named cannot be written."""

    code: ClassVar[str] = "cli.file-unwritable"


class NothingToReadError(InputError):
    """A folder that was named holds no manifest."""

    code: ClassVar[str] = "cli.nothing-to-read"


class NoTeamError(InputError):
    """The command needs a team, and neither the command line nor the context names one."""

    code: ClassVar[str] = "cli.no-team"


class NotBoundError(NotFoundError):
    """The team is not bound to the cluster."""

    code: ClassVar[str] = "cli.not-bound"


class ContextDamagedError(EnvironmentFailure):
    """The file that remembers the current team and cluster cannot be read or written."""

    code: ClassVar[str] = "cli.context-damaged"


class UnknownCodeError(NotFoundError):
    """No error has the code."""

    code: ClassVar[str] = "cli.unknown-code"


class NotConfirmedError(DeniedError):
    """The person said no, or nobody could be asked."""

    code: ClassVar[str] = "cli.not-confirmed"


class PlanStoppedError(BlockedError):
    """The plan has a wait, a conflict or a blocking finding, so it is not started."""

    code: ClassVar[str] = "cli.plan-stopped"


class ServerUnreachableError(EnvironmentFailure):
    """The server of ``GATEWRIGHT_SERVER`` does not answer."""

    code: ClassVar[str] = "cli.server-unreachable"


class NotOurServerError(EnvironmentFailure):
    """Something answers at ``GATEWRIGHT_SERVER``, and it is no Gatewright."""

    code: ClassVar[str] = "cli.not-our-server"


class LabMissingError(EnvironmentFailure):
    """This installation was made without the lab."""

    code: ClassVar[str] = "cli.lab-missing"


class Detail(msgspec.Struct, frozen=True):
    """One of several problems of manifests, as the API tells it."""

    file: str
    line: int
    field: str
    message: str


class RemoteError(GatewrightError):
    """A problem that the API told, already in the person's language."""

    def __init__(self, *, code: str, message: str, remedy: str, exit: int, told: dict[str, object]) -> None:
        super().__init__()
        self.remote_code = code
        self.exit = exit
        self.message = message
        self.remedy = remedy
        self.told = told


def details(error: GatewrightError) -> list[str]:
    """Every single problem of manifests, each with its place, where there are several."""
    problems = error.told.get("problems") if isinstance(error, RemoteError) else None
    if not isinstance(problems, list):
        return []
    found = msgspec.convert(problems, list[Detail])
    return [f"{p.file}:{p.line} {p.field}: {p.message}".replace(" :", ":") for p in found] if len(found) > 1 else []


def exit_code(error: GatewrightError) -> int:
    """What the command line exits with."""
    return error.exit if isinstance(error, RemoteError) else error.exit_code


def told(error: GatewrightError, language: Language) -> tuple[str, str, str]:
    """Heading, sentence and remedy of an error, whichever side made it. The heading is the code, with the cluster
    where the sentence does not name it."""
    if isinstance(error, RemoteError):
        code, cluster, sentence, remedy = error.remote_code, error.told.get("cluster"), error.message, error.remedy
    else:
        report = error.report
        code, cluster, sentence, remedy = report.code, report.cluster, report.message(language), report.remedy(language)
    return f"{code} ({cluster})" if cluster and str(cluster) not in sentence else code, sentence, remedy
