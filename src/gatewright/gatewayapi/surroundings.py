"""What Gateway API stands on and refers to: CRDs, and objects of Kubernetes itself. Decoded as ``shapes`` are."""

from __future__ import annotations

import msgspec

from gatewright.gatewayapi.kinds import Key
from gatewright.gatewayapi.metadata import Conditions, Meta, Shape, WrittenMeta
from gatewright.model.probe import CertificateFacts


class CrdVersionShape(Shape, frozen=True):
    name: str
    served: bool = False
    storage: bool = False


class Names(Shape, frozen=True):
    plural: str = ""
    kind: str = ""


class CrdSpec(Shape, frozen=True):
    group: str = ""
    scope: str = ""
    names: Names = Names()
    versions: tuple[CrdVersionShape, ...] = ()


class CrdStatus(Shape, frozen=True):
    stored_versions: tuple[str, ...] | None = None
    conditions: Conditions = None


class Crd(Shape, frozen=True):
    """A CustomResourceDefinition without its schemas."""

    metadata: WrittenMeta
    spec: CrdSpec = CrdSpec()
    status: CrdStatus | None = None


class Namespace(Shape, frozen=True):
    """Labels for listeners that select namespaces; annotations and writers for those that are ours."""

    metadata: WrittenMeta


class Owned(Shape, frozen=True):
    """Any object that we wrote: whether it is still what we wrote shows in its metadata first."""

    metadata: WrittenMeta


class Container(Shape, frozen=True):
    image: str = ""
    args: tuple[str, ...] | None = None


class PodSpec(Shape, frozen=True):
    containers: tuple[Container, ...] | None = None


class PodTemplate(Shape, frozen=True):
    spec: PodSpec = PodSpec()


class WorkloadSpec(Shape, frozen=True):
    replicas: int = 1
    template: PodTemplate = PodTemplate()


class WorkloadStatus(Shape, frozen=True):
    conditions: Conditions = None


class Workload(Shape, frozen=True):
    """A Deployment, as far as it may run a gateway controller."""

    metadata: WrittenMeta
    spec: WorkloadSpec = WorkloadSpec()
    status: WorkloadStatus | None = None


class ServicePort(Shape, frozen=True):
    port: int
    name: str = ""
    protocol: str = "TCP"
    app_protocol: str | None = None


class ServiceSpec(Shape, frozen=True):
    type: str = "ClusterIP"
    ports: tuple[ServicePort, ...] | None = None
    selector: dict[str, str] | None = None
    cluster_ip: str | None = msgspec.field(default=None, name="clusterIP")


class Service(Shape, frozen=True):
    metadata: Meta
    spec: ServiceSpec = ServiceSpec()


class EndpointConditions(Shape, frozen=True):
    ready: bool | None = None


class Endpoint(Shape, frozen=True):
    conditions: EndpointConditions | None = None


class EndpointPort(Shape, frozen=True):
    name: str | None = None
    port: int | None = None


class EndpointSlice(Shape, frozen=True):
    """Belongs to the Service in its label ``kubernetes.io/service-name``. ``ready`` absent means ready (KEP-752)."""

    metadata: Meta
    endpoints: tuple[Endpoint, ...] | None = None
    ports: tuple[EndpointPort, ...] | None = None

    @property
    def service(self) -> Key:
        return (self.metadata.namespace, (self.metadata.labels or {}).get("kubernetes.io/service-name", ""))

    def ready(self) -> int:
        return sum(1 for e in self.endpoints or () if e.conditions is None or e.conditions.ready is not False)


class Secret(msgspec.Struct, frozen=True, omit_defaults=True):
    """A TLS Secret after its certificate was parsed; the key is never kept. ``problem``: a code why it cannot serve
    (``type``, ``no-certificate``, ``no-key``, ``unparsable``, ``key-mismatch``)."""

    metadata: Meta
    type: str = ""
    certificate: CertificateFacts | None = None
    problem: str = ""
