"""One cluster of a lab: etcd, a real API server, and the controllers that make plain Kubernetes work without nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gatewright.lab import kubeconfig
from gatewright.lab.api import Api
from gatewright.lab.binaries import Binaries
from gatewright.lab.certs import Authority, Pair, signing_key
from gatewright.lab.errors import StartFailed
from gatewright.lab.network import Addresses, free_port, listening
from gatewright.lab.process import Child
from gatewright.lab.state import ClusterState, write_atomically

# No Deployment or ReplicaSet controller: no kubelet runs, and the host runtime speaks for Deployments.
_CONTROLLERS: Final = (
    "namespace-controller",
    "garbage-collector-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "root-ca-certificate-publisher-controller",
    "clusterrole-aggregation-controller",
    "resourcequota-controller",
    "endpointslice-controller",
    "endpointslice-mirroring-controller",
    "validatingadmissionpolicy-status-controller",
)
_READY_SECONDS = 90.0


class Cluster:
    """A cluster whose processes belong to this process. Call ``start`` once; ``changed`` is called whenever
    what ``state`` returns has changed."""

    def __init__(
        self,
        name: str,
        *,
        index: int,
        context: str,
        addresses: Addresses,
        directory: Path,
        binaries: Binaries,
        changed: Callable[[], None],
    ) -> None:
        self.name = name
        self.index = index
        self.addresses = addresses
        self.directory = directory
        self._context = context
        self._binaries = binaries
        self._changed = changed
        self._children: dict[str, Child] = {}
        self._api: Api | None = None
        self._ports = {"api": 0, "etcd": 0, "peer": 0}
        self._access: kubeconfig.Access | None = None

    def __repr__(self) -> str:
        return f"Cluster({self.name!r}, {self.server!r})"

    @property
    def server(self) -> str:
        """URL of the API server."""
        return f"https://{self.addresses.control}:{self._ports['api']}"

    @property
    def authority_file(self) -> Path:
        """The certificate that signs the API server's."""
        return self.directory / "pki" / "ca.crt"

    @property
    def api(self) -> Api:
        """The API server, as administrator; after ``start``."""
        assert self._api is not None
        return self._api

    @property
    def access(self) -> kubeconfig.Access:
        """How an administrator reaches it; after ``start``."""
        assert self._access is not None
        return self._access

    @property
    def kubeconfig_file(self) -> Path:
        """The administrator's kubeconfig."""
        return self.directory / "kubeconfig"

    def state(self) -> ClusterState:
        """As others see it now."""
        running = {role: child for role, child in self._children.items() if child.returncode is None}
        return ClusterState(
            name=self.name,
            index=self.index,
            kubernetes=self._binaries.minor,
            server=self.server,
            address=self.addresses.data,
            kubeconfig=str(self.kubeconfig_file),
            context=self._context,
            kubectl=str(self._binaries.kubectl),
            processes=tuple(child.ref for child in running.values()),
            apiserver="kube-apiserver" in running,
        )

    async def start(self) -> None:
        """Start everything; returns when the API server is ready. Raises ``StartFailed`` or ``PortTaken``."""
        control = self.addresses.control
        self._ports = {
            "api": free_port(control, 6443),
            "etcd": free_port(control, 2379),
            "peer": free_port(control, 2380),
        }
        for folder in ("pki", "logs"):
            (self.directory / folder).mkdir(parents=True, mode=0o700)
        self._write_credentials()
        await self._start("etcd", self._etcd_arguments())
        # an API server that finds no etcd waits a second before it looks again; its own start says what is wrong
        await listening(control, self._ports["etcd"], seconds=10)
        await self.start_apiserver()
        await self._start("kube-controller-manager", self._controller_manager_arguments())

    async def start_apiserver(self) -> None:
        """Start the API server, on the same port and data as before; returns when it is ready.

        Raises ``StartFailed``. Nothing happens if it runs.
        """
        if "kube-apiserver" not in self._children:
            await self._start("kube-apiserver", self._apiserver_arguments())
        child = self._children["kube-apiserver"]
        if not await self.api.wait_ready(seconds=_READY_SECONDS, alive=lambda: child.returncode is None):
            raise StartFailed(cluster=self.name, process="kube-apiserver", log=str(child.log), line=child.last_words())

    async def stop_apiserver(self) -> None:
        """Ask the API server to end, and kill it after five seconds."""
        await self._end("kube-apiserver", grace=5)

    async def kill_apiserver(self) -> None:
        """``kill -9`` the API server."""
        await self._end("kube-apiserver", grace=0)

    async def stop(self) -> None:
        """End everything at once: the data is thrown away with the directory."""
        if self._api:
            await self._api.close()
            self._api = None
        await asyncio.gather(*(self._end(role, grace=0) for role in list(self._children)))

    async def _end(self, role: str, *, grace: float) -> None:
        child = self._children.pop(role, None)
        if child is None:
            return
        if grace:
            await child.stop(grace=grace)
        else:
            await child.kill()
        self._changed()

    async def _start(self, role: str, arguments: list[str]) -> None:
        program = {
            "etcd": self._binaries.etcd,
            "kube-apiserver": self._binaries.kube_apiserver,
            "kube-controller-manager": self._binaries.kube_controller_manager,
        }[role]
        log = self.directory / "logs" / f"{role}.log"
        self._children[role] = await Child.start(role, [str(program), *arguments], log=log)
        self._changed()

    def _write_credentials(self) -> None:
        pki = self.directory / "pki"
        kubernetes, etcd = Authority.create("gatewright-lab"), Authority.create("gatewright-lab-etcd")
        (pki / "ca.crt").write_bytes(kubernetes.pem)
        (pki / "etcd-ca.crt").write_bytes(etcd.pem)
        hosts = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
        own = (self.addresses.control, "127.0.0.1", "10.96.0.1")
        kubernetes.server("kube-apiserver", addresses=own, hosts=hosts).write(pki, "apiserver")
        # an authority of its own: a Kubernetes client certificate must not open etcd
        etcd.server("etcd", addresses=(self.addresses.control,)).write(pki, "etcd")
        private, public = signing_key()
        Pair(public, private).write(pki, "service-accounts")
        administrator = kubernetes.client("gatewright-lab-admin", "system:masters")
        certificate, key = administrator.write(pki, "admin")
        self._access = kubeconfig.Access(self._context, self.server, kubernetes.pem, administrator)
        self._api = Api(self.server, authority=pki / "ca.crt", certificate=certificate, key=key)
        manager = kubernetes.client("system:kube-controller-manager")
        manager_access = kubeconfig.Access("lab", self.server, kubernetes.pem, manager)
        for file, access in (
            (self.kubeconfig_file, self._access),
            (self.directory / "pki" / "controller-manager.kubeconfig", manager_access),
        ):
            write_atomically(file, kubeconfig.render(kubeconfig.document([access])))

    def _etcd_arguments(self) -> list[str]:
        pki, control = self.directory / "pki", self.addresses.control
        clients = f"https://{control}:{self._ports['etcd']}"
        peers = f"https://{control}:{self._ports['peer']}"
        return [
            "--name=lab",
            f"--data-dir={self.directory / 'etcd'}",
            f"--listen-client-urls={clients}",
            f"--advertise-client-urls={clients}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=lab={peers}",
            *(f"{at}cert-file={pki / 'etcd.crt'}" for at in ("--", "--peer-")),
            *(f"{at}key-file={pki / 'etcd.key'}" for at in ("--", "--peer-")),
            *(f"{at}trusted-ca-file={pki / 'etcd-ca.crt'}" for at in ("--", "--peer-")),
            "--client-cert-auth",
            "--peer-client-cert-auth",
            # the data is thrown away with the lab; it survives a crash of any process, not of the machine
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]

    def _apiserver_arguments(self) -> list[str]:
        pki, control = self.directory / "pki", self.addresses.control
        return [
            f"--etcd-servers=https://{control}:{self._ports['etcd']}",
            f"--etcd-cafile={pki / 'etcd-ca.crt'}",
            f"--etcd-certfile={pki / 'etcd.crt'}",
            f"--etcd-keyfile={pki / 'etcd.key'}",
            f"--bind-address={control}",
            f"--secure-port={self._ports['api']}",
            # loopback may not be advertised as an Endpoint, and no Pod would use it
            "--advertise-address=10.255.255.1",
            "--endpoint-reconciler-type=none",
            f"--tls-cert-file={pki / 'apiserver.crt'}",
            f"--tls-private-key-file={pki / 'apiserver.key'}",
            f"--client-ca-file={pki / 'ca.crt'}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={pki / 'service-accounts.crt'}",
            f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--allow-privileged",
            "--profiling=false",
        ]

    def _controller_manager_arguments(self) -> list[str]:
        pki = self.directory / "pki"
        access = pki / "controller-manager.kubeconfig"
        return [
            f"--kubeconfig={access}",
            f"--controllers={','.join(_CONTROLLERS)}",
            "--leader-elect=false",
            "--secure-port=0",
            "--use-service-account-credentials",
            f"--root-ca-file={pki / 'ca.crt'}",
            f"--service-account-private-key-file={pki / 'service-accounts.key'}",
            "--concurrent-namespace-syncs=4",
        ]
