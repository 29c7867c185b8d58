"""Typed lists and watches on real API servers: over HTTP/2 and HTTP/1.1 alike, with every kind of credential."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from handles import ClusterHandle
from product import admin, unique

from gatewright.kube import errors
from gatewright.kube.client import KubeClient
from gatewright.kube.connection import Connection
from gatewright.kube.feed import Change, list_typed, watch_typed
from gatewright.kube.resources import (
    CLUSTER_ROLE_BINDINGS,
    CONFIG_MAPS,
    NAMESPACES,
    SECRETS,
    SERVICE_ACCOUNTS,
    SERVICES,
    Resource,
)
from gatewright.kube.transport import ClientOptions

pytestmark = pytest.mark.integration


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


class Meta(msgspec.Struct, frozen=True):
    name: str
    namespace: str = ""


class Config(msgspec.Struct, frozen=True):
    metadata: Meta
    data: dict[str, str] = {}


class Even(msgspec.Struct, frozen=True):
    """A shape that some ConfigMaps are not of: the value is a number."""

    n: float | None = None


class Picky(msgspec.Struct, frozen=True):
    metadata: Meta
    data: Even | None = None


class Relay:
    """A way to the API server that counts connections and cuts them."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.accepted = 0
        self.port = 0

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        there, back = await asyncio.open_connection(self._host, self._port)
        self._writers |= {writer, back}
        for pair in ((reader, back), (there, writer)):
            task = asyncio.ensure_future(self._pump(*pair))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    def cut(self) -> None:
        writers, self._writers = self._writers, set()
        for writer in writers:
            writer.transport.abort()

    async def end(self) -> None:
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def relayed(connection: Connection) -> AsyncGenerator[tuple[Relay, Connection]]:
    url = urlsplit(connection.server)
    relay = Relay(url.hostname or "", url.port or 443)
    listener = await asyncio.start_server(relay.connected, "127.0.0.1", 0)
    relay.port = listener.sockets[0].getsockname()[1]
    try:
        server = f"https://127.0.0.1:{relay.port}"
        yield relay, msgspec.structs.replace(connection, server=server, tls_server_name=url.hostname or "")
    finally:
        listener.close()
        await relay.end()
        await listener.wait_closed()


async def token_of(kube: KubeClient) -> Connection:
    """A connection as a ServiceAccount of its own that may do everything."""
    name = unique("feed")
    await kube.create(SERVICE_ACCOUNTS, {"metadata": {"name": name}}, "default")
    subject = {"kind": "ServiceAccount", "name": name, "namespace": "default"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"}
    await kube.create(CLUSTER_ROLE_BINDINGS, {"metadata": {"name": name}, "roleRef": role, "subjects": [subject]})
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    answer = await kube.create(SERVICE_ACCOUNTS, request, "default", subresource_of=(name, "token"))
    return Connection(kube.connection.server, ca_data=kube.connection.ca_data, token=answer["status"]["token"])


@pytest.fixture(params=["http2", "http1"])
def options(request: pytest.FixtureRequest) -> ClientOptions:
    return ClientOptions(http2=request.param == "http2")


@pytest.fixture(params=["certificate", "token"])
async def connection(request: pytest.FixtureRequest, cluster: ClusterHandle) -> Connection:
    if request.param == "certificate":
        return admin(cluster)
    async with KubeClient(admin(cluster)) as kube:
        return await token_of(kube)


@pytest.fixture
async def kube(cluster: ClusterHandle, options: ClientOptions) -> AsyncGenerator[KubeClient]:
    async with KubeClient(admin(cluster), options=options) as client:
        yield client


async def config(kube: KubeClient, name: str, namespace: str = "default", **data: str) -> str:
    """Its resource version."""
    meta = {"name": name, "namespace": namespace}
    applied = await kube.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data})
    return str(applied.object["metadata"]["resourceVersion"])


async def test_the_same_events_either_way(connection: Connection, options: ClientOptions) -> None:
    name = unique()
    async with KubeClient(connection, options=options) as kube:
        listed = await list_typed(kube, CONFIG_MAPS, Config, namespace="default", name=name)
        assert listed.items == []
        versions = [await config(kube, name, a="1"), await config(kube, name, a="2")]
        await config(kube, unique("other"))
        await kube.delete(CONFIG_MAPS, name, "default")
        watch = watch_typed(
            kube, CONFIG_MAPS, Config, namespace="default", name=name, resource_version=listed.resource_version
        )
        async with aclosing(watch) as changes, asyncio.timeout(60):
            seen = [await anext(changes) for _ in range(3)]
        one, two = (Config(Meta(name, "default"), {"a": a}) for a in ("1", "2"))
        assert seen[:2] == [
            Change("ADDED", versions[0], one, "default", name),
            Change("MODIFIED", versions[1], two, "default", name),
        ]
        assert (seen[2].type, seen[2].object) == ("DELETED", two)
        assert kube.transport.http2_connections == (1 if options.http2 else None)


async def test_a_watch_ends_when_it_was_told_to(kube: KubeClient) -> None:
    listed = await list_typed(kube, SECRETS, Config, metadata_only=True)
    watch = watch_typed(kube, SECRETS, Config, resource_version=listed.resource_version, seconds=1)
    async with asyncio.timeout(60):
        seen = [change.type async for change in watch]
    # The API server ends a watch with a bookmark about two seconds before its time, so of one second at once.
    assert set(seen) <= {"BOOKMARK"}


async def test_bookmarks(kube: KubeClient) -> None:
    """They carry only where to continue, which works."""
    listed = await list_typed(kube, CONFIG_MAPS, Config)
    await config(kube, unique())
    watch = watch_typed(kube, CONFIG_MAPS, Config, resource_version=listed.resource_version, seconds=5)
    bookmarks: list[Change[Config]] = []
    async with aclosing(watch) as changes, asyncio.timeout(60):
        assert (await anext(changes)).type == "ADDED"
        # An API server has a bookmark only for what it saw during the watch.
        await config(kube, unique())
        bookmarks += [change async for change in changes if change.type == "BOOKMARK"]
    assert bookmarks
    assert bookmarks[-1] == Change("BOOKMARK", bookmarks[-1].resource_version)
    name = unique()
    version = await config(kube, name)
    watch = watch_typed(kube, CONFIG_MAPS, Config, resource_version=bookmarks[-1].resource_version)
    async with aclosing(watch) as changes, asyncio.timeout(60):
        while (change := await anext(changes)).name != name:
            continue
    assert (change.type, change.resource_version) == ("ADDED", version)


async def test_pages_and_odd_objects(kube: KubeClient) -> None:
    namespace = unique("odd")
    await kube.create(NAMESPACES, {"metadata": {"name": namespace}})
    for n in range(5):
        await config(kube, f"fine-{n}", namespace)
    before = await list_typed(kube, CONFIG_MAPS, Picky, namespace=namespace)
    await config(kube, "odd", namespace, n="text")
    listed = await list_typed(kube, CONFIG_MAPS, Picky, namespace=namespace, limit=2)
    assert {item.metadata.name for item in listed.items} >= {f"fine-{n}" for n in range(5)}
    assert listed.unreadable == (f"{namespace}/odd",)
    await config(kube, "fine-5", namespace)
    watch = watch_typed(kube, CONFIG_MAPS, Picky, namespace=namespace, resource_version=before.resource_version)
    seen: list[Change[Picky]] = []
    async with aclosing(watch) as changes, asyncio.timeout(60):
        while len(seen) < 2:
            change = await anext(changes)
            # The controllers of the cluster write there too.
            seen += [change] if change.name in ("odd", "fine-5") else []
    assert [(c.name, c.unreadable, c.object is None) for c in seen] == [("odd", True, True), ("fine-5", False, False)]
    await kube.delete(NAMESPACES, namespace)


async def test_errors(kube: KubeClient, cluster: ClusterHandle, options: ClientOptions) -> None:
    nowhere = Resource("gateway.networking.k8s.io", "v1", "gateways", "Gateway", True)
    with pytest.raises(errors.NotServedError):
        _ = [c async for c in watch_typed(kube, nowhere, Config, resource_version="1")]
    with pytest.raises(errors.ServerError):
        _ = [c async for c in watch_typed(kube, CONFIG_MAPS, Config, resource_version="no-number")]
    stranger = msgspec.structs.replace(admin(cluster), client_certificate_data="", client_key_data="", token="garbage")
    async with KubeClient(stranger, options=options) as client:
        with pytest.raises(errors.UnauthorizedError):
            _ = [c async for c in watch_typed(client, CONFIG_MAPS, Config, resource_version="1")]
    limited = msgspec.structs.replace(admin(cluster), impersonate=(("Impersonate-User", "nobody"),))
    async with KubeClient(limited, options=options) as client:
        with pytest.raises(errors.ForbiddenError) as caught:
            _ = [c async for c in watch_typed(client, SECRETS, Config, resource_version="1")]
        assert caught.value.report.params["user"] == "nobody"
    another = msgspec.structs.replace(admin(cluster), tls_server_name="another.example")
    async with KubeClient(another, options=options) as client:
        with pytest.raises(errors.TlsHostnameError):
            _ = [c async for c in watch_typed(client, SECRETS, Config, resource_version="1")]


async def eventually(holds: Callable[[], bool]) -> None:
    ends = asyncio.get_running_loop().time() + 60
    while not holds():
        assert asyncio.get_running_loop().time() < ends
        await asyncio.sleep(0.05)


async def first_new(kube: KubeClient, resource: Any, version: str, name: str) -> Change[Config]:
    """The first change to ``name``, watched anew after every loss."""
    while True:
        with contextlib.suppress(errors.InterruptedAnswerError, errors.UnreachableError):
            async with aclosing(watch_typed(kube, resource, Config, resource_version=version)) as changes:
                async for change in changes:
                    if change.name == name:
                        return change
        await asyncio.sleep(0.1)


async def test_thirty_watches_share_one_connection_and_survive_its_loss(connection: Connection) -> None:
    name = unique()
    async with relayed(connection) as (relay, through), KubeClient(through) as kube, KubeClient(connection) as writer:
        listed = await list_typed(writer, CONFIG_MAPS, Config)
        tasks = [
            asyncio.ensure_future(first_new(kube, CONFIG_MAPS, listed.resource_version, f"{name}-{n}"))
            for n in range(30)
        ]
        await eventually(lambda: kube.transport.http2_streams == 30)
        assert relay.accepted == kube.transport.http2_connections == 1
        for n in range(15):
            await config(writer, f"{name}-{n}")
        async with asyncio.timeout(60):
            assert [change.name for change in await asyncio.gather(*tasks[:15])] == [f"{name}-{n}" for n in range(15)]
        relay.cut()
        for n in range(15, 30):
            await config(writer, f"{name}-{n}")
        async with asyncio.timeout(60):
            assert {change.type for change in await asyncio.gather(*tasks[15:])} == {"ADDED"}
        assert relay.accepted == 2


async def test_the_end_of_the_api_server(cluster: ClusterHandle, options: ClientOptions) -> None:
    """A graceful stop says GOAWAY and ends the watches; either way the reader learns that it is over."""
    async with KubeClient(admin(cluster), options=options) as kube:
        listed = await list_typed(kube, SERVICES, Config)
        watch = watch_typed(kube, SERVICES, Config, resource_version=listed.resource_version)
        following = asyncio.ensure_future(anext(aiter(watch), None))
        await asyncio.sleep(0)
        await asyncio.to_thread(cluster.stop_apiserver)
        try:
            async with asyncio.timeout(90):
                outcome = (await asyncio.gather(following, return_exceptions=True))[0]
            assert outcome is None or isinstance(outcome, errors.InterruptedAnswerError | errors.UnreachableError)
        finally:
            await asyncio.to_thread(cluster.start_apiserver)
            await watch.aclose()
