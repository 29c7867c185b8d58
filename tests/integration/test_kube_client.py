"""The client against a real API server: what the fault server only imitates."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import msgspec
import pytest
from handles import ClusterFactory, ClusterHandle

from gatewright.kube import errors, kubeconfig
from gatewright.kube.client import ABSENT, KubeClient, Permission
from gatewright.kube.connection import Connection
from gatewright.kube.discovery import listable
from gatewright.kube.resources import (
    CLUSTER_ROLE_BINDINGS,
    CLUSTER_ROLES,
    CONFIG_MAPS,
    CRDS,
    NAMESPACES,
    SERVICE_ACCOUNTS,
    Resource,
)
from gatewright.kube.transport import ClientOptions
from gatewright.model.observation import MissingPermission

pytestmark = pytest.mark.integration

T = TypeVar("T")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def connection_of(cluster: ClusterHandle) -> Connection:
    return kubeconfig.load(cluster.kubeconfig, trust="operator")


@pytest.fixture(scope="module", params=["1.36", "1.34"])
def cluster(request: pytest.FixtureRequest, cluster_factory: ClusterFactory) -> ClusterHandle:
    """The same behaviour is needed of an old and a new API server."""
    return cluster_factory(kubernetes=request.param)


@pytest.fixture
async def kube(cluster: ClusterHandle) -> AsyncIterator[KubeClient]:
    async with KubeClient(connection_of(cluster)) as client:
        yield client


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": data,
    }


async def test_version_and_identity(kube: KubeClient) -> None:
    assert (await kube.version()).startswith("v1.")
    assert (await kube.get(NAMESPACES, "kube-system"))["metadata"]["uid"]


async def test_apply_creates_updates_and_does_nothing(kube: KubeClient) -> None:
    dry = await kube.apply(config_map("apply", a="1"), dry_run=True)
    assert dry.created
    assert await kube.find(CONFIG_MAPS, "apply", "default") is None
    first = await kube.apply(config_map("apply", a="1"))
    same = await kube.apply(config_map("apply", a="1"))
    other = await kube.apply(config_map("apply", a="2"))
    assert (first.created, same.created, other.created) == (True, False, False)
    versions = [a.object["metadata"]["resourceVersion"] for a in (first, same, other)]
    assert versions[0] == versions[1] != versions[2]
    assert first.object["metadata"]["managedFields"][0]["manager"] == "gatewright"


async def test_an_apply_may_answer_with_metadata_only(kube: KubeClient) -> None:
    first = await kube.apply(config_map("slim", a="1"), metadata_only=True)
    again = await kube.apply(config_map("slim", a="2"), metadata_only=True)
    assert (first.created, again.created) == (True, False)
    assert "data" not in again.object
    assert again.object["metadata"]["resourceVersion"] != first.object["metadata"]["resourceVersion"]
    assert (await kube.get(CONFIG_MAPS, "slim", "default"))["data"] == {"a": "2"}


async def test_a_conflict_names_the_manager(kube: KubeClient) -> None:
    await kube.apply(config_map("conflict", a="1", b="1"), manager="helm")
    with pytest.raises(errors.FieldConflictError) as caught:
        await kube.apply(config_map("conflict", a="2", b="2"))
    assert caught.value.managers == ("helm",)
    assert {cause.field for cause in caught.value.causes} == {".data.a", ".data.b"}
    assert "helm" in str(caught.value)
    taken = await kube.apply(config_map("conflict", a="2", b="2"), force=True)
    assert taken.object["data"] == {"a": "2", "b": "2"}


async def test_the_optimistic_lock(kube: KubeClient) -> None:
    first = await kube.apply(config_map("lock", a="1"))
    seen = first.object["metadata"]["resourceVersion"]
    second = await kube.apply(config_map("lock", a="2"), resource_version=seen)
    assert second.object["data"] == {"a": "2"}
    with pytest.raises(errors.ObjectConflictError) as caught:
        await kube.apply(config_map("lock", a="3"), resource_version=seen)
    assert not isinstance(caught.value, errors.FieldConflictError)
    with pytest.raises(errors.ObjectConflictError):
        await kube.delete(CONFIG_MAPS, "lock", "default", uid="another")
    assert await kube.delete(CONFIG_MAPS, "lock", "default", uid=first.object["metadata"]["uid"])
    assert not await kube.delete(CONFIG_MAPS, "lock", "default")


async def test_a_uid_forbids_to_create_again_what_was_deleted(kube: KubeClient) -> None:
    first = await kube.apply(config_map("deleted", a="1"))
    meta = first.object["metadata"]
    lock = {"uid": meta["uid"], "resource_version": meta["resourceVersion"]}
    assert not (await kube.apply(config_map("deleted", a="1"), **lock)).created
    await kube.delete(CONFIG_MAPS, "deleted", "default")
    with pytest.raises(errors.ObjectConflictError):
        await kube.apply(config_map("deleted", a="1"), **lock)
    await kube.apply(config_map("deleted", a="1"))
    with pytest.raises(errors.ObjectConflictError):
        await kube.apply(config_map("deleted", a="1"), **lock)


async def test_the_lock_on_absence(kube: KubeClient) -> None:
    assert (await kube.apply(config_map("absence", a="1"), resource_version=ABSENT)).created
    with pytest.raises(errors.ObjectConflictError):
        await kube.apply(config_map("absence", a="1"), resource_version=ABSENT)
    with pytest.raises(errors.ObjectConflictError):
        await kube.apply(config_map("absence", b="1"), resource_version=ABSENT, manager="other")


async def test_refused_content(kube: KubeClient) -> None:
    with pytest.raises(errors.InvalidObjectError) as caught:
        await kube.apply(config_map("invalid", **{"no spaces": "1"}))
    assert "data[no spaces]" in str(caught.value)
    with pytest.raises((errors.InvalidObjectError, errors.BadRequestError)) as unknown:
        await kube.apply({**config_map("unknown"), "dada": {}})
    assert "dada" in str(unknown.value)
    with pytest.raises(errors.InvalidObjectError):
        await kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "Not_A_Name"}})


async def test_create_twice(kube: KubeClient) -> None:
    await kube.create(CONFIG_MAPS, config_map("twice"))
    with pytest.raises(errors.AlreadyExistsError):
        await kube.create(CONFIG_MAPS, config_map("twice"))


async def test_what_is_not_there(kube: KubeClient) -> None:
    with pytest.raises(errors.ObjectNotFoundError) as caught:
        await kube.get(CONFIG_MAPS, "absent", "default")
    assert type(caught.value) is errors.ObjectNotFoundError
    with pytest.raises(errors.NotServedError):
        await kube.list(Resource("no-such.group", "v1", "things", "Thing", True))
    with pytest.raises(errors.NotServedError):
        await kube.discover("no-such.group/v1", "Thing")
    with pytest.raises(errors.KindUnknownError):
        await kube.discover("apps/v1", "Thing")
    assert (await kube.discover("networking.k8s.io/v1", "Ingress")).plural == "ingresses"


async def test_everything_listable(kube: KubeClient) -> None:
    found = {(r.group, r.kind): r for r in await listable(kube)}
    assert found["apps", "Deployment"].version == "v1"
    assert CRDS in found.values()
    assert ("authorization.k8s.io", "SelfSubjectAccessReview") not in found


async def test_patches(kube: KubeClient) -> None:
    await kube.apply(config_map("patches", a="1"))
    merged = await kube.patch(CONFIG_MAPS, "patches", {"data": {"b": "2"}}, namespace="default")
    assert merged["data"] == {"a": "1", "b": "2"}
    operations = [{"op": "remove", "path": "/data/a"}]
    assert (await kube.patch(CONFIG_MAPS, "patches", operations, namespace="default", kind="json"))["data"] == {
        "b": "2"
    }


async def test_list_in_pages(kube: KubeClient) -> None:
    names = [f"page-{n}" for n in range(7)]
    for name in names:
        await kube.create(CONFIG_MAPS, {"metadata": {"name": name, "labels": {"p": "1"}}}, "default")
    whole = await kube.list(CONFIG_MAPS, "default", label_selector="p=1", limit=2)
    assert sorted(o["metadata"]["name"] for o in whole) == names
    assert {(o["apiVersion"], o["kind"]) for o in whole} == {("v1", "ConfigMap")}
    light = await kube.list(CONFIG_MAPS, "default", label_selector="p=1", metadata_only=True)
    assert len(light) == 7
    assert all("data" not in o and o["kind"] == "ConfigMap" for o in light)


async def test_watch(kube: KubeClient) -> None:
    start = await kube.apply(config_map("watched", a="1"))
    version = start.object["metadata"]["resourceVersion"]
    watch = aiter(kube.watch(CONFIG_MAPS, "default", resource_version=version, field_selector="metadata.name=watched"))
    following = asyncio.ensure_future(anext(watch))
    await kube.apply(config_map("watched", a="2"))
    event = await following
    assert (event.type, event.object["data"]) == ("MODIFIED", {"a": "2"})
    await kube.delete(CONFIG_MAPS, "watched", "default")
    assert (await anext(watch)).type == "DELETED"
    await watch.aclose()  # type: ignore[attr-defined]
    rest = [e async for e in kube.watch(CONFIG_MAPS, "default", metadata_only=True, seconds=1)]
    assert rest
    assert all("data" not in e.object for e in rest if e.type == "ADDED")


async def until(act: Callable[[], Awaitable[T]], not_yet: type[BaseException]) -> T:
    """What ``act`` gives once it no longer raises ``not_yet``: RBAC and policies take effect a moment later."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await act()
            except not_yet:
                await asyncio.sleep(0.1)


async def limited(kube: KubeClient, name: str, *rules: dict[str, Any]) -> str:
    """A token of a ServiceAccount with these rules only."""
    meta = {"name": name}
    rbac = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": meta}
    await kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {**meta, "namespace": "default"}})
    await kube.apply({**rbac, "kind": CLUSTER_ROLES.kind, "rules": list(rules)})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
    subject = {"kind": "ServiceAccount", "name": name, "namespace": "default"}
    await kube.apply({**rbac, "kind": CLUSTER_ROLE_BINDINGS.kind, "roleRef": role, "subjects": [subject]})
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    answer = await kube.create(SERVICE_ACCOUNTS, request, "default", subresource_of=(name, "token"))
    return answer["status"]["token"]


async def test_a_limited_account(kube: KubeClient) -> None:
    token = await limited(kube, "reader", {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["get", "list"]})
    connection = Connection(kube.connection.server, ca_data=kube.connection.ca_data, token=token)
    async with KubeClient(connection) as reader:
        await until(lambda: reader.list(NAMESPACES), errors.ForbiddenError)
        with pytest.raises(errors.ForbiddenError) as caught:
            await reader.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team-a"}})
        assert caught.value.report.params["user"] == "system:serviceaccount:default:reader"
        assert caught.value.report.params["verb"] == "patch"
        assert caught.value.report.params["resource"] == "namespaces"
        assert token not in str(caught.value)
        wanted = [Permission(v, "apps", "deployments/status", "web") for v in ("get", "patch")]
        missing = await reader.can([*wanted, Permission("get", "", "namespaces")])
        assert missing == [MissingPermission(p.verb, p.group, p.resource, p.namespace) for p in wanted]


async def test_bad_credentials(kube: KubeClient) -> None:
    token = await limited(kube, "nobody")
    header, claims, signature = token.split(".")
    padded = base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))
    expired = msgspec.json.encode({**msgspec.json.decode(padded), "exp": 1})
    forged = base64.urlsafe_b64encode(expired).decode().rstrip("=")
    for bad in ("garbage", f"{header}.{forged}.{signature}"):
        connection = Connection(kube.connection.server, ca_data=kube.connection.ca_data, token=bad)
        async with KubeClient(connection) as client:
            with pytest.raises(errors.UnauthorizedError) as caught:
                await client.list(NAMESPACES)
            assert bad not in str(caught.value)
    async with KubeClient(Connection(kube.connection.server, ca_data=kube.connection.ca_data)) as anonymous:
        with pytest.raises((errors.UnauthorizedError, errors.ForbiddenError)):
            await anonymous.list(NAMESPACES)


async def test_wrong_trust(kube: KubeClient) -> None:
    async with KubeClient(Connection(kube.connection.server)) as client:
        with pytest.raises(errors.TlsUntrustedError):
            await client.version()
    renamed = msgspec.structs.replace(kube.connection, tls_server_name="another.example")
    async with KubeClient(renamed) as client:
        with pytest.raises(errors.TlsHostnameError):
            await client.version()
    insecure = Connection(kube.connection.server, insecure_skip_tls_verify=True)
    async with KubeClient(insecure) as client:
        with pytest.raises((errors.UnauthorizedError, errors.ForbiddenError)):
            await client.list(NAMESPACES)


async def test_a_terminating_namespace(kube: KubeClient) -> None:
    await kube.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "leaving", "finalizers": ["x.io/wait"]}}
    )
    await kube.delete(NAMESPACES, "leaving")
    inside = {**config_map("late"), "metadata": {"name": "late", "namespace": "leaving"}}
    with pytest.raises(errors.TerminatingError):
        await kube.apply(inside)
    await kube.patch(NAMESPACES, "leaving", {"metadata": {"finalizers": None}})


async def test_an_admission_policy(kube: KubeClient) -> None:
    api = {"apiVersion": "admissionregistration.k8s.io/v1"}
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]
    spec = {
        "matchConstraints": {"resourceRules": rules},
        "matchConditions": [{"name": "one", "expression": "object.metadata.name == 'forbidden-fruit'"}],
        "validations": [{"expression": "false", "message": "not this one"}],
    }
    await kube.apply({**api, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "fruit"}, "spec": spec})
    binding = {"policyName": "fruit", "validationActions": ["Deny"]}
    await kube.apply(
        {**api, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "fruit"}, "spec": binding}
    )

    async def refused() -> str:
        with pytest.raises(errors.DeniedByAdmissionError) as caught:
            await kube.apply(config_map("forbidden-fruit"), dry_run=True)
        return str(caught.value)

    assert "not this one" in await until(refused, pytest.fail.Exception)


async def test_the_api_server_restarts(cluster_factory: ClusterFactory) -> None:
    cluster = cluster_factory()
    options = ClientOptions(attempts=12, deadline=60.0)
    async with KubeClient(connection_of(cluster), options=options) as kube:
        before = await kube.apply(config_map("survivor", a="1"))
        watch = aiter(kube.watch(CONFIG_MAPS, "default", field_selector="metadata.name=survivor"))
        assert (await anext(watch)).type == "ADDED"
        await asyncio.to_thread(cluster.kill_apiserver)
        with contextlib.suppress(errors.InterruptedAnswerError):
            async for _ in watch:
                pass
        async with KubeClient(connection_of(cluster), options=ClientOptions(attempts=1)) as hasty:
            with pytest.raises(errors.UnreachableError) as caught:
                await hasty.get(CONFIG_MAPS, "survivor", "default")
            assert caught.value.retryable
        patient = asyncio.ensure_future(kube.apply(config_map("survivor", a="1")))
        await asyncio.to_thread(cluster.start_apiserver)
        after = await patient
        assert after.object["metadata"]["resourceVersion"] == before.object["metadata"]["resourceVersion"]
