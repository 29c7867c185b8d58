"""The simulated fleet against a real API server: the same assertions hold for both.

Only what a watcher can see is compared: lists, watches, resource versions, errors, discovery. Server-side apply,
schemas and admission are not simulated.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import ssl
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import msgspec
import pytest
import yaml
from handles import ClusterHandle

from gatewright.kube import errors, kubeconfig
from gatewright.kube.auth import authenticator
from gatewright.kube.client import KubeClient, Permission
from gatewright.kube.connection import Connection
from gatewright.kube.discovery import group_version, listable
from gatewright.kube.resources import (
    CONFIG_MAPS,
    CRDS,
    GATEWAY_CLASSES,
    HTTP_ROUTES,
    NAMESPACES,
    SERVICES,
    Resource,
)
from gatewright.kube.tls import context_of
from gatewright.kube.watch import WatchEvent
from gatewright.lab.simulator import FleetOptions, SimulatedFleet, simulated_fleet

pytestmark = pytest.mark.integration

T = TypeVar("T")
Object = dict[str, Any]
METADATA_TYPE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST_TYPE = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def crds(gateway_api: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle's CRDs as one JSON file."""
    documents = [d for path in sorted(gateway_api.glob("*.yaml")) for d in yaml.safe_load_all(path.read_text())]
    path = tmp_path_factory.mktemp("crds") / "crds.json"
    path.write_text(json.dumps([d for d in documents if d and d["kind"] == "CustomResourceDefinition"]))
    return path


@pytest.fixture(scope="module")
async def fleet(crds: Path) -> AsyncIterator[SimulatedFleet]:
    async with simulated_fleet(FleetOptions(crds=crds, clusters=1, routes=0)) as fleet:
        yield fleet


@pytest.fixture(scope="module", params=["real", "simulated"])
def side(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def real(side: str, request: pytest.FixtureRequest, gateway_api: Path) -> ClusterHandle | None:
    if side != "real":
        return None
    cluster: ClusterHandle = request.getfixturevalue("cluster")
    cluster.install_gateway_api(gateway_api)
    return cluster


@pytest.fixture(scope="module")
def connection(side: str, real: ClusterHandle | None, request: pytest.FixtureRequest) -> Connection:
    if real is not None:
        return kubeconfig.load(real.kubeconfig, trust="operator")
    fleet: SimulatedFleet = request.getfixturevalue("fleet")
    return fleet.connection(fleet.names[0])


@pytest.fixture
async def kube(connection: Connection) -> AsyncIterator[KubeClient]:
    async with KubeClient(connection) as client:
        yield client


@pytest.fixture
async def space(kube: KubeClient, request: pytest.FixtureRequest) -> str:
    """A namespace of the test's own."""
    name = request.node.name.partition("[")[0].replace("_", "-")[:60].strip("-")
    await kube.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return name


def config_map(name: str, labels: dict[str, str] | None = None, **data: str) -> Object:
    # an API server drops a map that is empty
    content = {"data": data} if data else {}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": labels or {}}, **content}


def route(name: str, hostname: str = "a.example.test") -> Object:
    spec = {"parentRefs": [{"name": "web"}], "hostnames": [hostname]}
    return {"apiVersion": HTTP_ROUTES.api_version, "kind": "HTTPRoute", "metadata": {"name": name}, "spec": spec}


def route_status(accepted: str) -> Object:
    condition = {
        "type": "Accepted",
        "status": accepted,
        "reason": "Accepted",
        "message": "",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    parent = {"parentRef": {"name": "web"}, "controllerName": "example.com/c", "conditions": [condition]}
    return {"status": {"parents": [parent]}}


def version(o: Object) -> str:
    return o["metadata"]["resourceVersion"]


async def page(kube: KubeClient, path: str, accept: str = "application/json", **params: str) -> Object:
    return msgspec.json.decode(await kube.get_raw(path, params, accept))


async def raw_status(kube: KubeClient, method: str, path: str, body: Object | None = None, **params: str) -> Object:
    """What a request brings, with nothing of it translated, and the HTTP code."""
    credential = await authenticator(kube.connection).credential()
    headers = {"Authorization": credential.authorization} if credential.authorization else {}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(
            method,
            f"{kube.connection.server}{path}",
            params=params,
            json=body,
            ssl=context_of(kube.connection, credential),
        ) as response,
    ):
        text = await response.text()
        found = json.loads(text) if response.content_type == "application/json" else {"text": text}
        return {"http": response.status, **found}


async def events(kube: KubeClient, path: str, accept: str = "application/json", **params: str) -> list[Object]:
    """The whole of a short watch, as it came."""
    content = await kube.get_raw(path, {"watch": "true", **params}, accept)
    return [msgspec.json.decode(line) for line in content.splitlines()]


async def take(watch: AsyncIterator[WatchEvent], count: int) -> list[WatchEvent]:
    """The next events that are no bookmarks, nor of the ConfigMap that Kubernetes puts into every new namespace."""
    found: list[WatchEvent] = []
    async with asyncio.timeout(60):
        async for event in watch:
            if event.type != "BOOKMARK" and event.object["metadata"]["name"] != "kube-root-ca.crt":
                found.append(event)
            if len(found) == count:
                break
    return found


# --- lists


async def test_a_list_comes_in_pages_of_one_moment(kube: KubeClient, space: str) -> None:
    names = [f"page-{n}" for n in range(5)]
    for name in names:
        await kube.create(CONFIG_MAPS, config_map(name, {"p": "1"}), space)
    path = CONFIG_MAPS.path(space)
    first = await page(kube, path, limit="2", labelSelector="p=1")
    await kube.delete(CONFIG_MAPS, "page-4", space)
    await kube.patch(CONFIG_MAPS, "page-3", {"data": {"late": "1"}}, namespace=space)
    await kube.create(CONFIG_MAPS, config_map("page-9", {"p": "1"}), space)
    second = await page(kube, path, limit="2", labelSelector="p=1", **{"continue": first["metadata"]["continue"]})
    third = await page(kube, path, limit="2", labelSelector="p=1", **{"continue": second["metadata"]["continue"]})
    assert [[o["metadata"]["name"] for o in p["items"]] for p in (first, second, third)] == [
        names[:2],
        names[2:4],
        names[4:],
    ]
    assert not any("data" in o for o in second["items"])
    assert version(first) == version(second) == version(third)
    assert "continue" not in third["metadata"]
    assert [o["metadata"]["name"] for o in await kube.list(CONFIG_MAPS, space, label_selector="p=1", limit=2)] == [
        *names[:4],
        "page-9",
    ]


async def test_pages_across_namespaces_and_what_remains(kube: KubeClient, space: str) -> None:
    for name in ("a", "b", "c"):
        await kube.create(HTTP_ROUTES, route(name), space)
    path = HTTP_ROUTES.path(space)
    first = await page(kube, path, limit="1")
    assert first["metadata"]["remainingItemCount"] == 2
    assert (first["kind"], first["apiVersion"]) == ("HTTPRouteList", HTTP_ROUTES.api_version)
    assert {(o["kind"], o["apiVersion"]) for o in first["items"]} == {("HTTPRoute", HTTP_ROUTES.api_version)}
    every = await page(kube, HTTP_ROUTES.path(), limit="2")
    rest = await page(kube, HTTP_ROUTES.path(), **{"continue": every["metadata"]["continue"]})
    shown = [(o["metadata"]["namespace"], o["metadata"]["name"]) for o in (*every["items"], *rest["items"])]
    assert shown == sorted(shown)
    assert {(space, name) for name in ("a", "b", "c")} <= set(shown)
    # any version will do: answered from the cache, whole
    assert len((await page(kube, path, limit="1", resourceVersion="0"))["items"]) == 3


async def test_items_of_built_in_lists_have_no_kind(kube: KubeClient) -> None:
    found = await page(kube, NAMESPACES.path())
    assert (found["kind"], found["apiVersion"]) == ("NamespaceList", "v1")
    assert not any("kind" in o or "apiVersion" in o for o in found["items"])


async def test_selectors(kube: KubeClient, space: str) -> None:
    for name, labels in (("a", {"x": "1"}), ("b", {"x": "2", "y": "1"}), ("c", {})):
        await kube.create(CONFIG_MAPS, config_map(f"sel-{name}", labels), space)

    async def names(**selectors: str) -> list[str]:
        found = (await page(kube, CONFIG_MAPS.path(space), **selectors))["items"]
        return [o["metadata"]["name"][4:] for o in found if o["metadata"]["name"].startswith("sel-")]

    assert await names(fieldSelector="metadata.name=sel-b") == ["b"]
    assert await names(fieldSelector=f"metadata.name!=sel-b,metadata.namespace={space}") == ["a", "c"]
    assert await names(fieldSelector="metadata.namespace=elsewhere") == []
    assert await names(labelSelector="x=1") == ["a"]
    assert await names(labelSelector="x!=1") == ["b", "c"]
    assert await names(labelSelector="x in (1,2),!y") == ["a"]
    assert await names(labelSelector="x notin (1)") == ["b", "c"]
    assert await names(labelSelector="x") == ["a", "b"]
    for field in ("spec.nothing=1", "metadata.uid=1"):
        refused = await raw_status(kube, "GET", HTTP_ROUTES.path(space), fieldSelector=field)
        assert (refused["http"], refused["reason"]) == (400, "BadRequest")
        assert "field label not supported" in refused["message"]


async def test_metadata_only(kube: KubeClient, space: str) -> None:
    await kube.create(HTTP_ROUTES, route("slim"), space)
    found = await page(kube, HTTP_ROUTES.path(space), METADATA_LIST_TYPE)
    assert (found["kind"], found["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    (item,) = found["items"]
    assert set(item) <= {"kind", "apiVersion", "metadata"}
    assert item["metadata"]["name"] == "slim"
    one = await page(kube, HTTP_ROUTES.path(space, "slim"), METADATA_TYPE)
    assert (one["kind"], one["apiVersion"], set(one)) == (
        "PartialObjectMetadata",
        "meta.k8s.io/v1",
        {"kind", "apiVersion", "metadata"},
    )
    for name in ("watch", "built-in"):
        resource = HTTP_ROUTES if name == "watch" else NAMESPACES
        seen = await events(kube, resource.path(), METADATA_TYPE, timeoutSeconds="1", allowWatchBookmarks="true")
        assert {(e["object"]["kind"], e["object"]["apiVersion"]) for e in seen} == {
            ("PartialObjectMetadata", "meta.k8s.io/v1")
        }
        assert all(set(e["object"]) == {"kind", "apiVersion", "metadata"} for e in seen if e["type"] == "ADDED")
        assert "ADDED" in {e["type"] for e in seen}


# --- watches


async def test_a_list_and_its_watch_lose_nothing(kube: KubeClient, space: str) -> None:
    await kube.create(CONFIG_MAPS, config_map("kept"), space)
    listed = await page(kube, CONFIG_MAPS.path(space))
    await kube.create(CONFIG_MAPS, config_map("new", a="1"), space)
    changed = await kube.patch(CONFIG_MAPS, "new", {"data": {"a": "2"}}, namespace=space)
    await kube.delete(CONFIG_MAPS, "new", space)
    async with contextlib.aclosing(kube.watch(CONFIG_MAPS, space, resource_version=version(listed))) as watch:
        seen = [e for e in await take(watch, 3) if e.object["metadata"]["name"] == "new"]
        assert [(e.type, e.object["data"]["a"]) for e in seen] == [("ADDED", "1"), ("MODIFIED", "2"), ("DELETED", "2")]
        versions = [int(e.resource_version) for e in seen]
        assert versions == sorted(set(versions))
        assert str(versions[1]) == version(changed)
        assert {e.object["kind"] for e in seen} == {"ConfigMap"}
        await kube.create(CONFIG_MAPS, config_map("later"), space)
        assert [(e.type, e.object["metadata"]["name"]) for e in await take(watch, 1)] == [("ADDED", "later")]


@pytest.mark.parametrize("start", ["", "0"])
async def test_a_watch_without_a_version_begins_with_what_is_there(kube: KubeClient, start: str) -> None:
    listed = {o["metadata"]["name"] for o in await kube.list(CRDS)}
    params = {"resourceVersion": start} if start else {}
    seen = await events(kube, CRDS.path(), timeoutSeconds="1", **params)
    assert {e["type"] for e in seen} <= {"ADDED", "MODIFIED"}
    assert {e["object"]["metadata"]["name"] for e in seen} == listed


async def test_initial_events_end_with_a_bookmark(kube: KubeClient, space: str) -> None:
    await kube.create(HTTP_ROUTES, route("there"), space)
    params = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    seen = await events(kube, HTTP_ROUTES.path(space), timeoutSeconds="1", **params)
    assert [(e["type"], e["object"]["metadata"].get("name")) for e in seen[:2]] == [
        ("ADDED", "there"),
        ("BOOKMARK", None),
    ]
    assert seen[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    refused = await raw_status(kube, "GET", HTTP_ROUTES.path(space), watch="true", sendInitialEvents="true")
    assert (refused["http"], refused["reason"]) == (422, "Invalid")


async def test_bookmarks_and_the_end(kube: KubeClient, space: str) -> None:
    """About two seconds before the end comes a bookmark, if anything happened in the cluster since the beginning."""
    listed = await page(kube, HTTP_ROUTES.path(space))
    watch = kube.watch(HTTP_ROUTES, space, resource_version=version(listed), seconds=12)
    async with contextlib.aclosing(watch):
        await kube.create(HTTP_ROUTES, route("here"), space)
        assert [e.type for e in await take(watch, 1)] == ["ADDED"]
        other = await kube.create(HTTP_ROUTES, route("elsewhere"), "default")
        async with asyncio.timeout(60):
            rest = [event async for event in watch]
    assert {e.type for e in rest} == {"BOOKMARK"}
    mark = rest[-1]
    assert (mark.object["kind"], mark.object["apiVersion"]) == ("HTTPRoute", HTTP_ROUTES.api_version)
    assert set(mark.object) <= {"kind", "apiVersion", "metadata", "spec"}
    assert int(mark.resource_version) >= int(version(other))
    await kube.delete(HTTP_ROUTES, "elsewhere", "default")
    silent = await events(kube, HTTP_ROUTES.path(space), resourceVersion=mark.resource_version, timeoutSeconds="1")
    assert silent == []


async def test_what_enters_and_leaves_a_selection(kube: KubeClient, space: str) -> None:
    made = await kube.create(CONFIG_MAPS, config_map("moving"), space)
    watch = kube.watch(CONFIG_MAPS, space, resource_version=version(made), label_selector="in=yes")
    async with contextlib.aclosing(watch):
        for label in ("yes", "no", "yes"):
            await kube.patch(CONFIG_MAPS, "moving", {"metadata": {"labels": {"in": label}}}, namespace=space)
        await kube.patch(CONFIG_MAPS, "moving", {"data": {"a": "1"}}, namespace=space)
        await kube.delete(CONFIG_MAPS, "moving", space)
        seen = await take(watch, 5)
    assert [e.type for e in seen] == ["ADDED", "DELETED", "ADDED", "MODIFIED", "DELETED"]
    assert seen[1].object["metadata"]["labels"] == {"in": "yes"}
    versions = [int(e.resource_version) for e in seen]
    assert versions == sorted(set(versions))


async def test_a_watch_of_one_object(kube: KubeClient, space: str) -> None:
    watch = kube.watch(CONFIG_MAPS, space, field_selector="metadata.name=chosen")
    async with contextlib.aclosing(watch):
        following = asyncio.ensure_future(take(watch, 1))
        await kube.create(CONFIG_MAPS, config_map("other"), space)
        made = await kube.create(CONFIG_MAPS, config_map("chosen"), space)
        assert [(e.type, e.resource_version) for e in await following] == [("ADDED", version(made))]


# --- versions that are too old, and too new


async def test_a_watch_from_too_long_ago(kube: KubeClient) -> None:
    """The kind was first served after version 1: an API server's cache knows nothing from before."""
    seen = await events(kube, GATEWAY_CLASSES.path(), resourceVersion="1", timeoutSeconds="5")
    assert [e["type"] for e in seen] == ["ERROR"]
    status = seen[0]["object"]
    assert (status["kind"], status["status"], status["code"], status["reason"]) == ("Status", "Failure", 410, "Expired")
    assert status["message"].startswith("too old resource version: 1 (")
    with pytest.raises(errors.GoneError):
        await anext(aiter(kube.watch(GATEWAY_CLASSES, resource_version="1")))


async def test_a_continue_token_that_was_compacted(kube: KubeClient, space: str, real: ClusterHandle | None) -> None:
    """A real token of a moment that etcd has forgotten: versions from before the kind existed are in no cache."""
    for name in ("a", "b", "c"):
        last = await kube.create(HTTP_ROUTES, route(name), space)
    path = HTTP_ROUTES.path(space)
    token = (await page(kube, path, limit="1"))["metadata"]["continue"]
    if real is not None:
        await asyncio.to_thread(compact, real, int(version(last)))
    padded = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    old = base64.urlsafe_b64encode(msgspec.json.encode({**msgspec.json.decode(padded), "rv": 2})).decode().rstrip("=")
    answer = await raw_status(kube, "GET", path, limit="1", **{"continue": old})
    assert (answer["http"], answer["kind"], answer["code"], answer["reason"]) == (410, "Status", 410, "Expired")
    assert answer["message"].startswith("The provided continue parameter is too old")
    # the answer offers to go on without consistency
    rest = await page(kube, path, **{"continue": answer["metadata"]["continue"]})
    assert [o["metadata"]["name"] for o in rest["items"]] == ["b", "c"]
    whole = {"resourceVersion": "2", "resourceVersionMatch": "Exact"}
    exact = await raw_status(kube, "GET", path, **whole)
    assert (exact["http"], exact["reason"]) == (410, "Expired")


def compact(cluster: ClusterHandle, revision: int) -> None:
    """Compact the cluster's etcd over its JSON gateway."""
    process = next(p for p in cluster.state.processes if p.role == "etcd")
    words = Path(f"/proc/{process.pid}/cmdline").read_text().split("\0")
    options = dict(word[2:].split("=", 1) for word in words if word.startswith("--") and "=" in word)
    context = ssl.create_default_context(cafile=options["trusted-ca-file"])
    context.load_cert_chain(options["cert-file"], options["key-file"])
    url = f"{options['advertise-client-urls']}/v3/kv/compaction"
    body = json.dumps({"revision": revision, "physical": True}).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body), context=context, timeout=30) as answer:
        assert answer.status == 200


async def test_a_token_that_is_none(kube: KubeClient) -> None:
    for token in ("garbage!", base64.urlsafe_b64encode(b'{"v":"other","rv":1,"start":"a"}').decode().rstrip("=")):
        answer = await raw_status(kube, "GET", CONFIG_MAPS.path(), limit="1", **{"continue": token})
        assert (answer["http"], answer["reason"]) == (400, "BadRequest")
        assert answer["message"].startswith("invalid continue token: continue key is not valid")


async def test_a_version_that_is_yet_to_come(kube: KubeClient) -> None:
    answer = await raw_status(kube, "GET", CONFIG_MAPS.path(), resourceVersion="999999999999")
    assert (answer["http"], answer["reason"]) == (504, "Timeout")
    assert answer["message"].startswith("Timeout: Too large resource version: 999999999999, current: ")
    assert answer["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"
    assert answer["details"]["retryAfterSeconds"] == 1


async def test_a_list_of_the_past(kube: KubeClient, space: str) -> None:
    first = await kube.create(CONFIG_MAPS, config_map("past"), space)
    await kube.patch(CONFIG_MAPS, "past", {"data": {"a": "1"}}, namespace=space)
    await kube.delete(CONFIG_MAPS, "past", space)
    params = {"resourceVersion": version(first), "resourceVersionMatch": "Exact", "fieldSelector": "metadata.name=past"}
    found = await page(kube, CONFIG_MAPS.path(space), **params)
    assert version(found) == version(first)
    assert [version(o) for o in found["items"]] == [version(first)]


# --- objects


async def test_what_a_new_object_has(kube: KubeClient, space: str) -> None:
    first = await kube.create(HTTP_ROUTES, {**route("new"), **route_status("True")}, space)
    metadata = first["metadata"]
    assert metadata["generation"] == 1
    assert len(metadata["uid"]) == 36
    assert metadata["creationTimestamp"].endswith("Z")
    assert "status" not in first
    (owner,) = metadata["managedFields"]
    assert (owner["manager"], owner["operation"], owner["fieldsType"]) == ("gatewright", "Update", "FieldsV1")
    assert {"f:hostnames", "f:parentRefs"} <= set(owner["fieldsV1"]["f:spec"])
    second = await kube.create(HTTP_ROUTES, route("newer"), space)
    assert int(version(second)) > int(version(first))
    assert second["metadata"]["uid"] != metadata["uid"]


async def test_status_and_generation(kube: KubeClient, space: str) -> None:
    first = await kube.create(HTTP_ROUTES, route("gen"), space)
    status = await kube.patch(HTTP_ROUTES, "gen", route_status("True"), namespace=space, subresource="status")
    assert (status["metadata"]["generation"], len(status["status"]["parents"])) == (1, 1)
    assert int(version(status)) > int(version(first))
    by_status = [m for m in status["metadata"]["managedFields"] if m.get("subresource") == "status"]
    assert [m["fieldsV1"] for m in by_status] == [{"f:status": {".": {}, "f:parents": {}}}] or [
        m["fieldsV1"] for m in by_status
    ] == [{"f:status": {"f:parents": {}}}]
    # the main resource does not take a status, and the status no spec
    same = await kube.patch(HTTP_ROUTES, "gen", route_status("False"), namespace=space)
    assert version(same) == version(status)
    both = {**route_status("Unknown"), "spec": {"hostnames": ["b.example.test"]}}
    only = await kube.patch(HTTP_ROUTES, "gen", both, namespace=space, subresource="status")
    assert only["spec"]["hostnames"] == ["a.example.test"]
    assert only["status"]["parents"][0]["conditions"][0]["status"] == "Unknown"
    labelled = await kube.patch(HTTP_ROUTES, "gen", {"metadata": {"labels": {"a": "1"}}}, namespace=space)
    assert labelled["metadata"]["generation"] == 1
    spec = await kube.patch(HTTP_ROUTES, "gen", {"spec": {"hostnames": ["b.example.test"]}}, namespace=space)
    assert spec["metadata"]["generation"] == 2
    assert spec["status"] == only["status"]
    again = await kube.patch(HTTP_ROUTES, "gen", {"spec": {"hostnames": ["b.example.test"]}}, namespace=space)
    assert version(again) == version(spec)


async def test_kinds_without_a_generation(kube: KubeClient, space: str) -> None:
    first = await kube.create(CONFIG_MAPS, config_map("plain", a="1"), space)
    assert "generation" not in first["metadata"]
    refused = await raw_status(kube, "GET", CONFIG_MAPS.path(space, "plain", "status"))
    assert (refused["http"], refused["reason"]) == (404, "NotFound")


async def test_an_update_needs_the_latest_version(kube: KubeClient, space: str) -> None:
    path = HTTP_ROUTES.path(space, "locked")
    first = await kube.create(HTTP_ROUTES, route("locked"), space)
    latest = await kube.patch(HTTP_ROUTES, "locked", {"metadata": {"labels": {"a": "1"}}}, namespace=space)
    stale = await raw_status(kube, "PUT", path, first)
    assert (stale["http"], stale["code"], stale["reason"]) == (409, 409, "Conflict")
    assert stale["message"] == (
        'Operation cannot be fulfilled on httproutes.gateway.networking.k8s.io "locked": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    assert stale["details"] == {"name": "locked", "group": "gateway.networking.k8s.io", "kind": "httproutes"}
    blind = await raw_status(kube, "PUT", path, {**route("locked", "c.example.test")})
    assert (blind["http"], blind["reason"]) == (422, "Invalid")
    assert blind["details"]["causes"][0]["field"] == "metadata.resourceVersion"
    done = await raw_status(kube, "PUT", path, {**latest, "spec": route("x", "c.example.test")["spec"]})
    assert (done["http"], done["metadata"]["generation"]) == (200, 2)
    with pytest.raises(errors.ObjectConflictError):
        await kube.patch(HTTP_ROUTES, "locked", {"metadata": {"resourceVersion": version(latest)}}, namespace=space)
    with pytest.raises(errors.ObjectConflictError):
        await kube.delete(HTTP_ROUTES, "locked", space, uid="another")
    assert await kube.delete(HTTP_ROUTES, "locked", space, uid=first["metadata"]["uid"])
    assert not await kube.delete(HTTP_ROUTES, "locked", space)


async def test_what_is_not_there_and_what_is(kube: KubeClient, space: str) -> None:
    absent = await raw_status(kube, "GET", HTTP_ROUTES.path(space, "absent"))
    assert (absent["http"], absent["kind"], absent["status"]) == (404, "Status", "Failure")
    assert absent["message"] == 'httproutes.gateway.networking.k8s.io "absent" not found'
    assert absent["details"] == {"name": "absent", "group": "gateway.networking.k8s.io", "kind": "httproutes"}
    core = await raw_status(kube, "GET", SERVICES.path(space, "absent"))
    assert (core["message"], core["details"]) == (
        'services "absent" not found',
        {"name": "absent", "kind": "services"},
    )
    await kube.create(CONFIG_MAPS, config_map("twice"), space)
    twice = await raw_status(kube, "POST", CONFIG_MAPS.path(space), config_map("twice"))
    assert (twice["http"], twice["reason"], twice["message"]) == (
        409,
        "AlreadyExists",
        'configmaps "twice" already exists',
    )
    nowhere = await raw_status(kube, "POST", CONFIG_MAPS.path("no-such"), config_map("a"))
    assert (nowhere["http"], nowhere["message"]) == (404, 'namespaces "no-such" not found')
    bad = await raw_status(kube, "POST", CONFIG_MAPS.path(space), config_map("Not_A_Name"))
    assert (bad["http"], bad["reason"], bad["details"]["causes"][0]["field"]) == (422, "Invalid", "metadata.name")
    for kind in (Resource("no-such.group", "v1", "things", "Thing", True), Resource("", "v1", "things", "Thing", True)):
        with pytest.raises(errors.NotServedError):
            await kube.list(kind)
    for path in ("/apis/gateway.networking.k8s.io/v1/things", "/apis/no-such.group/v1/things"):
        unknown = await raw_status(kube, "GET", path)
        assert (unknown["http"], unknown["text"]) == (404, "404 page not found\n")
    unserved = await raw_status(kube, "GET", "/api/v1/things")
    assert (unserved["http"], unserved["message"]) == (404, "the server could not find the requested resource")


async def test_finalizers_hold_an_object(kube: KubeClient, space: str) -> None:
    held = {**config_map("held"), "metadata": {"name": "held", "finalizers": ["example.com/wait"]}}
    made = await kube.create(CONFIG_MAPS, held, space)
    watch = kube.watch(CONFIG_MAPS, space, resource_version=version(made))
    async with contextlib.aclosing(watch):
        await kube.delete(CONFIG_MAPS, "held", space)
        (marked,) = await take(watch, 1)
        assert (marked.type, "deletionTimestamp" in marked.object["metadata"]) == ("MODIFIED", True)
        await kube.patch(CONFIG_MAPS, "held", {"metadata": {"finalizers": None}}, namespace=space)
        (gone,) = await take(watch, 1)
        assert (gone.type, gone.object["metadata"]["name"]) == ("DELETED", "held")
    assert await kube.find(CONFIG_MAPS, "held", space) is None


async def test_a_namespace_ends_with_what_is_in_it(kube: KubeClient, space: str) -> None:
    await kube.create(HTTP_ROUTES, route("inside"), space)
    made = await kube.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "short-lived"}})
    inside = await kube.create(HTTP_ROUTES, route("inside"), "short-lived")
    await kube.delete(NAMESPACES, "short-lived")
    watch = kube.watch(NAMESPACES, resource_version=version(made), field_selector="metadata.name=short-lived")
    routes = kube.watch(HTTP_ROUTES, "short-lived", resource_version=version(inside))
    async with contextlib.aclosing(watch), contextlib.aclosing(routes):
        assert [e.type for e in await take(routes, 1)] == ["DELETED"]
        (ending,) = await take(watch, 1)
        assert (ending.type, ending.object["status"]["phase"]) == ("MODIFIED", "Terminating")
        async with asyncio.timeout(60):
            assert "DELETED" in [e.type async for e in until_deleted(watch)]
    assert await kube.find(NAMESPACES, "short-lived") is None
    assert len(await kube.list(HTTP_ROUTES, space)) == 1


async def until_deleted(watch: AsyncIterator[WatchEvent]) -> AsyncIterator[WatchEvent]:
    async for event in watch:
        yield event
        if event.type == "DELETED":
            break


# --- what is served


async def test_version_and_permissions(kube: KubeClient) -> None:
    assert (await kube.version()).startswith("v1.36.")
    assert await kube.can([Permission("list", "", "secrets"), Permission("watch", "apps", "deployments")]) == []
    assert len((await kube.get(NAMESPACES, "kube-system"))["metadata"]["uid"]) == 36


async def test_discovery_names_the_same(kube: KubeClient) -> None:
    found = {(r.group, r.version, r.plural, r.kind, r.namespaced) for r in await listable(kube)}
    known = [NAMESPACES, CONFIG_MAPS, SERVICES, CRDS, HTTP_ROUTES, GATEWAY_CLASSES]
    assert {(r.group, r.version, r.plural, r.kind, r.namespaced) for r in known} <= found
    gateway = {r.plural for r in await group_version(kube, HTTP_ROUTES.group, "v1")}
    assert {"httproutes", "gateways", "gatewayclasses"} <= gateway
    plain = await page(kube, "/apis/gateway.networking.k8s.io/v1")
    entries = {r["name"]: r for r in plain["resources"]}
    assert entries["httproutes"]["singularName"] == "httproute"
    assert set(entries["httproutes/status"]["verbs"]) == {"get", "patch", "update"}
    group = await page(kube, "/apis/gateway.networking.k8s.io")
    assert (group["kind"], group["preferredVersion"]["version"]) == ("APIGroup", "v1")
    with pytest.raises(errors.NotServedError):
        await group_version(kube, "no-such.group", "v1")


async def test_a_kind_comes_and_goes_with_its_crd(kube: KubeClient, space: str) -> None:
    things = Resource("example.com", "v1", "things", "Thing", True)
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    spec = {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
    }
    crd = {
        "apiVersion": CRDS.api_version,
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.com"},
    }
    await kube.create(CRDS, {**crd, "spec": spec})
    thing = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "one"}, "a": 1}
    made = await until(lambda: kube.create(things, thing, space), errors.NotServedError)
    changed = await kube.patch(things, "one", {"a": 2}, namespace=space)
    # without a status subresource everything but the metadata counts
    assert changed["metadata"]["generation"] == 2
    stored = (await kube.get(CRDS, "things.example.com"))["status"]
    assert {c["type"]: c["status"] for c in stored["conditions"]} == {"NamesAccepted": "True", "Established": "True"}
    assert stored["storedVersions"] == ["v1"]
    watch = kube.watch(things, space, resource_version=version(made))
    async with contextlib.aclosing(watch):
        (open_now,) = await take(watch, 1)
        assert open_now.resource_version == version(changed)
        await kube.delete(CRDS, "things.example.com")
        (last,) = await take(watch, 1)
        assert last.type in ("MODIFIED", "DELETED")
    await until(lambda: refused(kube, things), pytest.fail.Exception)
    assert things not in await listable(kube)


async def refused(kube: KubeClient, resource: Resource) -> None:
    with pytest.raises(errors.NotServedError):
        await kube.list(resource)


async def until(act: Callable[[], Awaitable[T]], not_yet: type[BaseException]) -> T:
    async with asyncio.timeout(60):
        while True:
            try:
                return await act()
            except not_yet:
                await asyncio.sleep(0.1)


async def test_a_wrong_token(kube: KubeClient) -> None:
    wrong = Connection(kube.connection.server, ca_data=kube.connection.ca_data, token="wrong")
    async with KubeClient(wrong) as client:
        answer = await raw_status(client, "GET", NAMESPACES.path())
    assert (answer["http"], answer["kind"], answer["reason"], answer["message"]) == (
        401,
        "Status",
        "Unauthorized",
        "Unauthorized",
    )


async def test_media_types(kube: KubeClient, space: str) -> None:
    await kube.create(HTTP_ROUTES, route("media"), space)
    with pytest.raises(errors.BadRequestError):
        await kube.patch(HTTP_ROUTES, "media", {"spec": {}}, namespace=space, kind="strategic")
