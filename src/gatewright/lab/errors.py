"""What can stop a lab from starting or being used; every class says when it is raised."""

# ruff: noqa: N818 - an error is named after what is wrong; every class here is one

from __future__ import annotations

from gatewright.model.errors import ConflictError, EnvironmentFailure, InputError, NotFoundError


class BadName(InputError):
    """A lab or cluster name that is no DNS label, or names a cluster twice."""

    code = "lab.bad-name"


class UnknownKubernetes(InputError):
    """A Kubernetes minor for which the lab has no sources."""

    code = "lab.unknown-kubernetes"


class UnknownLab(NotFoundError):
    """No lab of that name has a directory here."""

    code = "lab.unknown"


class UnknownCluster(NotFoundError):
    """The lab has no cluster of that name."""

    code = "lab.unknown-cluster"


class AlreadyRunning(ConflictError):
    """A lab of that name is running."""

    code = "lab.already-running"


class ClusterExists(ConflictError):
    """The lab already has a cluster of that name."""

    code = "lab.cluster-exists"


class WrongPlatform(EnvironmentFailure):
    """The lab needs Linux (loopback network 127/8, parent-death signals, pidfd)."""

    code = "lab.platform"


class TooLittleMemory(EnvironmentFailure):
    """Less memory is available than the clusters asked for need."""

    code = "lab.memory"


class TooLittleDisk(EnvironmentFailure):
    """Less disk is free than a build or a lab needs."""

    code = "lab.disk"


class GoMissing(EnvironmentFailure):
    """Binaries must be built, and there is no Go toolchain."""

    code = "lab.go-missing"


class GoTooOld(EnvironmentFailure):
    """The Go toolchain is older than the sources ask for."""

    code = "lab.go-too-old"


class BuildFailed(EnvironmentFailure):
    """``go build`` failed; its output is kept."""

    code = "lab.build-failed"


class ControllerUnobtainable(EnvironmentFailure):
    """The binary of a gateway controller version cannot be had."""

    code = "lab.controller-binary"


class PortTaken(EnvironmentFailure):
    """No port near the wanted one is free on a cluster's loopback address."""

    code = "lab.port-taken"


class NoAddresses(EnvironmentFailure):
    """Every loopback or backend subnet that labs use is claimed."""

    code = "lab.no-addresses"


class NoBackendAddress(EnvironmentFailure):
    """There is no address that is not loopback to serve backends on."""

    code = "lab.no-backend-address"


class StartFailed(EnvironmentFailure):
    """A process of the lab ended, or was not ready in time; its log is named."""

    code = "lab.start-failed"


class SupervisorLost(EnvironmentFailure):
    """The background process of a lab ended before the lab was ready, or does not answer."""

    code = "lab.supervisor-lost"
