"""The fields of each kind of manifest: one function per kind, reading ``metadata`` and ``spec``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, cast

from gatewright.model.desired import (
    Binding,
    BundleName,
    Channel,
    Cluster,
    ControllerSpec,
    Custody,
    Desired,
    Stack,
    Team,
)
from gatewright.model.fields import Reader, label_problem, namespace_problem, subdomain_problem
from gatewright.text import Message, message

_BUNDLE_VERSION: Final = re.compile(r"v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", re.ASCII)
_CONTROLLER_VERSION: Final = re.compile(r"v?\d+(\.\d+){1,3}([-+][0-9A-Za-z.+-]+)?", re.ASCII)
# Names of fields that hold a credential in a kubeconfig or elsewhere, without hyphens and in lower case.
_CREDENTIALS: Final = frozenset({
    "token", "tokenfile", "password", "username", "clientkey", "clientkeydata", "clientcertificate",
    "clientcertificatedata", "certificateauthoritydata", "authprovider", "exec", "user", "users", "credential",
    "credentials", "secret", "bearertoken", "clusters", "contexts",
})  # fmt: skip


def _cluster(metadata: Reader, spec: Reader) -> Cluster:
    name = _name(metadata)
    inline = message("manifest.inline-credentials")
    spec.refuse_where(_CREDENTIALS, inline)
    cluster = Cluster(
        name,
        cast("Custody | None", spec.choice("custody", ("own", "observe")) or None),
        spec.string("kubeconfig", required=False, check=_path_problem) or None,
        spec.string("context", required=False) or None,
        spec.boolean("insecureSkipTLSVerify"),
    )
    spec.finish()
    return cluster


def _team(metadata: Reader, spec: Reader) -> Team:
    team = Team(_name(metadata), spec.string("defaultNamespace", required=False, check=namespace_problem))
    spec.finish()
    return team


def _stack(metadata: Reader, spec: Reader) -> Stack:
    name = _name(metadata)
    team = spec.string("team", check=label_problem)
    bundle = spec.mapping("bundle")
    version = bundle.string("version", check=_bundle_version_problem)
    channel = bundle.choice("channel", ("standard", "experimental")) or "standard"
    bundle.finish()
    controller = _controller(spec.mapping("controller")) if spec.has("controller") else None
    spec.finish()
    return Stack(team, name, BundleName(version, cast(Channel, channel)), controller)


def _controller(spec: Reader) -> ControllerSpec:
    controller = ControllerSpec(
        spec.string("name", check=label_problem),
        spec.string("version", check=_controller_version_problem),
        spec.string("namespace", required=False, check=namespace_problem),
        spec.string("gatewayClass", required=False, check=subdomain_problem),
        spec.integers("ports", 1, 65535) or ControllerSpec("", "").ports,
    )
    spec.finish()
    return controller


def _binding(metadata: Reader, spec: Reader) -> Binding:
    binding = Binding(
        spec.string("team", check=label_problem),
        spec.string("cluster", check=label_problem),
        spec.string("namespace", required=False, check=namespace_problem),
        spec.string("stack", required=False, check=label_problem),
    )
    spec.finish()
    given = metadata.string("name", required=False)
    if given and given != binding.name:
        metadata.refuse("name", message("manifest.binding-name", given=given[:130], expected=binding.name))
    metadata.finish()
    return binding


def _name(metadata: Reader) -> str:
    name = metadata.string("name", check=label_problem)
    metadata.finish()
    return name


def _bundle_version_problem(value: str) -> Message | None:
    return None if _BUNDLE_VERSION.fullmatch(value) else message("manifest.version", given=value[:80], like="v1.6.1")


def _controller_version_problem(value: str) -> Message | None:
    return None if _CONTROLLER_VERSION.fullmatch(value) else message("manifest.version", given=value[:80], like="3.7.0")


def _path_problem(value: str) -> Message | None:
    """A kubeconfig pasted where its path belongs is a credential in a manifest."""
    return message("manifest.inline-credentials") if "\n" in value or "{" in value else None


SPECS: Final[Mapping[str, Callable[[Reader, Reader], Desired]]] = {
    "Cluster": _cluster,
    "Team": _team,
    "Stack": _stack,
    "Binding": _binding,
}
