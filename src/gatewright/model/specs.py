"""The fields of each kind of manifest: one function per kind, reading ``metadata`` and ``spec``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import ClassVar, Final, cast

from gatewright.model.desired import (
    NOTIFICATION_TYPES,
    TOLD_BY_DEFAULT,
    Binding,
    BundleName,
    Channel,
    Cluster,
    ControllerSpec,
    Custody,
    Desired,
    DriftMode,
    Notification,
    NotificationType,
    SkewLevel,
    SkewPolicy,
    Stack,
    Team,
)
from gatewright.model.durations import duration_of
from gatewright.model.errors import InputError
from gatewright.model.events import SEVERITIES, Severity
from gatewright.model.fields import Reader, label_problem, namespace_problem, subdomain_problem
from gatewright.text import LANGUAGES, Language, Message, message

_BUNDLE_VERSION: Final = re.compile(r"v\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?", re.ASCII)
_CONTROLLER_VERSION: Final = re.compile(r"v?\d+(\.\d+){1,3}([-+][0-9A-Za-z.+-]+)?", re.ASCII)
# Names of fields that hold a credential in a kubeconfig or elsewhere, without hyphens and in lower case.
_CREDENTIALS: Final = frozenset({
    "token", "tokenfile", "password", "username", "clientkey", "clientkeydata", "clientcertificate",
    "clientcertificatedata", "certificateauthoritydata", "authprovider", "exec", "user", "users", "credential",
    "credentials", "secret", "bearertoken", "clusters", "contexts",
})  # fmt: skip


# The same for a notification, whose address is one too.
_ADDRESSES: Final = _CREDENTIALS | {"url", "webhook", "webhookurl", "address", "accesstoken", "key", "signingsecret"}
EVENT_PREFIX: Final = r"[a-z][a-z-]*(\.[a-z-]*)*"
"""The beginning of a kind of event, as a regular expression."""


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
        spec.boolean("readSecrets"),
        spec.boolean("probes", default=True),
    )
    spec.finish()
    return cluster


def _team(metadata: Reader, spec: Reader) -> Team:
    name = _name(metadata)
    namespace = spec.string("defaultNamespace", required=False, check=namespace_problem)
    versions = _skew_policy(spec.mapping("versions", required=False)) if spec.has("versions") else None
    spec.finish()
    return Team(name, namespace, versions)


def _skew_policy(spec: Reader) -> SkewPolicy:
    default = SkewPolicy()
    policy = SkewPolicy(
        cast("SkewLevel", spec.choice("skew", ("none", "patch", "minor", "any")) or default.skew),
        spec.string("for", required=False, check=_duration_problem) or default.for_,
    )
    spec.finish()
    return policy


def _stack(metadata: Reader, spec: Reader) -> Stack:
    name = _name(metadata)
    team = spec.string("team", check=label_problem)
    bundle = spec.mapping("bundle")
    version = bundle.string("version", check=_bundle_version_problem)
    channel = bundle.choice("channel", ("standard", "experimental")) or "standard"
    bundle.finish()
    controller = _controller(spec.mapping("controller")) if spec.has("controller") else None
    drift = spec.choice("drift", ("report", "heal")) or "report"
    spec.finish()
    return Stack(team, name, BundleName(version, cast(Channel, channel)), controller, cast(DriftMode, drift))


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


def _notification(metadata: Reader, spec: Reader) -> Notification:
    name = _name(metadata)
    spec.refuse_where(_ADDRESSES, message("manifest.inline-address"))
    service = spec.choice("type", NOTIFICATION_TYPES, required=True)
    notification = Notification(
        name,
        cast(NotificationType, service),
        spec.string("team", required=False, check=label_problem),
        spec.strings("events", _event_problem) or TOLD_BY_DEFAULT,
        cast(Severity, spec.choice("minimum", SEVERITIES) or "info"),
        cast(Language, spec.choice("language", LANGUAGES) or "en"),
        spec.string("urlFile", required=False, check=_address_problem),
        spec.string("secretFile", required=False, check=_address_problem),
    )
    spec.finish()
    return notification


def _name(metadata: Reader) -> str:
    name = metadata.string("name", check=label_problem)
    metadata.finish()
    return name


def _bundle_version_problem(value: str) -> Message | None:
    return None if _BUNDLE_VERSION.fullmatch(value) else message("manifest.version", given=value[:80], like="v1.6.1")


def _controller_version_problem(value: str) -> Message | None:
    return None if _CONTROLLER_VERSION.fullmatch(value) else message("manifest.version", given=value[:80], like="3.7.0")


def _duration_problem(value: str) -> Message | None:
    return None if duration_of(value) else message("manifest.duration", given=value[:40])


def _path_problem(value: str) -> Message | None:
    """A kubeconfig pasted where its path belongs is a credential in a manifest."""
    return message("manifest.inline-credentials") if "\n" in value or "{" in value else None


class InvalidEventError(InputError):
    """What should be the beginning of a kind of event is not, or none is given."""

    code: ClassVar[str] = "model.invalid-event"


def require_events(events: tuple[str, ...]) -> tuple[str, ...]:
    """``events`` without repetitions. Raises ``InvalidEventError``."""
    wrong = next((event for event in events if _event_problem(event) is not None), None)
    if wrong is not None or not events:
        raise InvalidEventError(event=(wrong or "")[:80])
    return tuple(dict.fromkeys(events))


def _event_problem(value: str) -> Message | None:
    if len(value) <= 63 and re.fullmatch(EVENT_PREFIX, value, re.ASCII):
        return None
    return message("manifest.event", given=value[:80])


def _address_problem(value: str) -> Message | None:
    """An address where the path of its file belongs is a credential in a manifest."""
    return message("manifest.inline-address") if "\n" in value or "://" in value else None


SPECS: Final[Mapping[str, Callable[[Reader, Reader], Desired]]] = {
    "Cluster": _cluster,
    "Team": _team,
    "Stack": _stack,
    "Binding": _binding,
    "Notification": _notification,
}
