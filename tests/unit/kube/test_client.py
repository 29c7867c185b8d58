"""The verbs: what is sent, and how answers are read."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from gatewright.kube import errors
from gatewright.kube.client import Permission
from gatewright.kube.discovery import listable
from gatewright.kube.proxies import environment_proxy
from gatewright.kube.resources import (
    CRDS,
    DEPLOYMENTS,
    HTTP_ROUTES,
    NAMESPACES,
    SERVICE_ACCOUNTS,
    WELL_KNOWN,
    Resource,
    resource_of,
)
from gatewright.model.names import InvalidNameError
from gatewright.model.observation import MissingPermission

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "managedFields": [{}]}}


def query(seen: Any) -> dict[str, list[str]]:
    return parse_qs(urlsplit(seen.target).query)


def test_paths() -> None:
    assert NAMESPACES.path() == "/api/v1/namespaces"
    assert NAMESPACES.path(None, "team-a", "finalize") == "/api/v1/namespaces/team-a/finalize"
    assert DEPLOYMENTS.path() == "/apis/apps/v1/deployments"
    assert DEPLOYMENTS.path("web", "front") == "/apis/apps/v1/namespaces/web/deployments/front"
    assert resource_of("rbac.authorization.k8s.io/v1", "ClusterRole").path(None, "system:node").endswith("system:node")
    assert resource_of("gateway.networking.k8s.io/v1beta1", "HTTPRoute").version == "v1beta1"
    assert len({(r.group, r.plural) for r in WELL_KNOWN}) == len(WELL_KNOWN)


@pytest.mark.parametrize("name", ["", ".", "..", "../secrets", "a/b", "a%2fb"])
def test_no_name_climbs_out_of_its_path(name: str) -> None:
    with pytest.raises(InvalidNameError):
        NAMESPACES.path(None, name)


def test_an_object_needs_its_namespace() -> None:
    with pytest.raises(ValueError, match="namespace"):
        DEPLOYMENTS.path(None, "front")


async def test_apply(faults: Any) -> None:
    script = (faults.answer(201, {"new": 1}), faults.answer(200, {"new": 0}))
    async with faults.serve(*script) as server, server.client(token="t0ken") as client:
        first = await client.apply(NAMESPACE, resource_version="7", dry_run=True, manager="m")
        second = await client.apply(NAMESPACE, force=True)
    assert (first.created, first.certain, second.created) == (True, True, False)
    one, two = server.seen
    assert one.method == "PATCH"
    assert one.headers["content-type"] == "application/apply-patch+yaml"
    assert one.headers["authorization"] == "Bearer t0ken"
    assert one.json["metadata"] == {"name": "a", "resourceVersion": "7"}
    assert query(one) == {"fieldManager": ["m"], "dryRun": ["All"], "fieldValidation": ["Strict"]}
    assert query(two) == {"fieldManager": ["gatewright"], "force": ["true"], "fieldValidation": ["Strict"]}
    assert "managedFields" in NAMESPACE["metadata"], "the caller's manifest is left alone"


async def test_a_repeated_apply_does_not_claim_to_know_who_created(faults: Any) -> None:
    async with faults.serve(faults.reset, faults.answer(200, {})) as server, server.client() as client:
        assert not (await client.apply(NAMESPACE)).certain


async def test_a_locked_apply_is_not_repeated_after_an_unknown_outcome(faults: Any) -> None:
    async with faults.serve(faults.reset) as server, server.client() as client:
        with pytest.raises(errors.InterruptedAnswerError):
            await client.apply(NAMESPACE, resource_version="7")
    assert len(server.seen) == 1


async def test_list_follows_pages_and_names_kinds(faults: Any) -> None:
    pages = (
        faults.answer(200, {"metadata": {"continue": "c+1"}, "items": [{"metadata": {"name": "a"}}]}),
        faults.answer(200, {"metadata": {}, "items": [{"metadata": {"name": "b"}}]}),
    )
    async with faults.serve(*pages) as server, server.client() as client:
        found = await client.list(HTTP_ROUTES, "web", label_selector="a=b,c", metadata_only=True, limit=1)
    assert [(o["metadata"]["name"], o["kind"]) for o in found] == [("a", "HTTPRoute"), ("b", "HTTPRoute")]
    assert query(server.seen[1]) == {"labelSelector": ["a=b,c"], "limit": ["1"], "continue": ["c+1"]}
    assert "PartialObjectMetadataList" in server.seen[0].headers["accept"]


async def test_list_restarts_once_when_its_token_expires(faults: Any) -> None:
    first = faults.answer(200, {"metadata": {"continue": "x"}, "items": [{"n": 1}]})
    whole = faults.answer(200, {"metadata": {}, "items": [{"n": 2}]})
    gone = faults.status(410, "Expired", "continue token expired")
    async with faults.serve(first, gone, whole) as server, server.client() as client:
        assert [o["n"] for o in await client.list(NAMESPACES)] == [2]
    async with faults.serve(gone) as server, server.client() as client:
        with pytest.raises(errors.GoneError):
            await client.list(NAMESPACES)
    assert len(server.seen) == 2


async def test_a_list_without_end_is_cut(faults: Any) -> None:
    async def page(seen: Any, writer: asyncio.StreamWriter) -> None:
        token = str(len(server.seen))
        await faults.answer(200, {"metadata": {"continue": token}, "items": [{"n": "y" * 1000}]})(seen, writer)

    by_size = msgspec.structs.replace(faults.quick, max_list=100_000)
    async with faults.serve(page) as server, server.client(by_size) as client:
        with pytest.raises(errors.TooLargeError):
            await client.list(NAMESPACES)
    by_time = msgspec.structs.replace(faults.quick, list_deadline=0.3)
    async with faults.serve(page) as server, server.client(by_time) as client:
        with pytest.raises(errors.TimedOutError):
            await client.list(NAMESPACES)


async def test_delete(faults: Any) -> None:
    gone = faults.status(404, "NotFound", "", {"name": "a"})
    async with faults.serve(faults.answer(200, {}), gone) as server, server.client() as client:
        assert await client.delete(NAMESPACES, "a", uid="u-1")
        assert not await client.delete(NAMESPACES, "a")
    assert server.seen[0].json["preconditions"] == {"uid": "u-1"}
    assert server.seen[1].json == {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"}


async def test_patch_and_subresource(faults: Any) -> None:
    async with faults.serve(faults.answer(200, {})) as server, server.client() as client:
        await client.patch(DEPLOYMENTS, "front", {"status": {}}, namespace="web", subresource="status")
        await client.patch(CRDS, "x", [{"op": "remove", "path": "/a"}], kind="json")
        await client.create(SERVICE_ACCOUNTS, {"spec": {}}, "web", subresource_of=("agent", "token"))
    assert server.seen[0].target.startswith("/apis/apps/v1/namespaces/web/deployments/front/status?")
    assert server.seen[0].headers["content-type"] == "application/merge-patch+json"
    assert server.seen[1].headers["content-type"] == "application/json-patch+json"
    assert server.seen[2].target.startswith("/api/v1/namespaces/web/serviceaccounts/agent/token?")


async def test_can_names_what_is_missing(faults: Any) -> None:
    async def review(seen: Any, writer: asyncio.StreamWriter) -> None:
        verb = seen.json["spec"]["resourceAttributes"]["verb"]
        await faults.answer(201, {"status": {"allowed": verb == "get"}})(seen, writer)

    wanted = [Permission("patch", "apps", "deployments/status", "web"), Permission("get", "", "nodes")]
    async with faults.serve(review) as server, server.client() as client:
        assert await client.can(wanted) == [MissingPermission("patch", "apps", "deployments/status", "web")]
    attributes = [s.json["spec"]["resourceAttributes"] for s in server.seen]
    assert {
        "verb": "patch",
        "group": "apps",
        "resource": "deployments",
        "subresource": "status",
        "namespace": "web",
    } in (attributes)


async def test_version(faults: Any) -> None:
    script = (faults.answer(200, {"gitVersion": "v1.36.3"}), faults.answer(200, {}))
    async with faults.serve(*script) as server, server.client() as client:
        assert await client.version() == "v1.36.3"
        with pytest.raises(errors.NotKubernetesError):
            await client.version()


async def test_discovery_is_kept_and_refreshed_on_a_miss(faults: Any) -> None:
    def served(*kinds: str) -> Any:
        entries = [{"name": f"{k.lower()}s", "kind": k, "namespaced": True} for k in kinds]
        return faults.answer(200, {"resources": [*entries, {"name": "as/status", "kind": "A"}]})

    async with faults.serve(served("A"), served("A", "B")) as server, server.client() as client:
        assert await client.discover("x.io/v1", "A") == Resource("x.io", "v1", "as", "A", True)
        await client.discover("x.io/v1", "A")
        assert len(server.seen) == 1
        assert (await client.discover("x.io/v1", "B")).plural == "bs"
        with pytest.raises(errors.KindUnknownError) as caught:
            await client.discover("x.io/v1", "C")
    assert "x.io/v1" in str(caught.value)


async def test_everything_that_can_be_listed(faults: Any) -> None:
    kinds = [
        {"resource": "as", "responseKind": {"kind": "A"}, "scope": "Namespaced", "verbs": ["get", "list"]},
        {"resource": "bs", "responseKind": {"kind": "B"}, "scope": "Cluster", "verbs": ["create"]},
    ]
    document = {
        "items": [{"metadata": {"name": "x.io"}, "versions": [{"version": v, "resources": kinds} for v in "21"]}]
    }
    async with faults.serve(faults.answer(200, document)) as server, server.client() as client:
        assert await listable(client) == [Resource("x.io", "2", "as", "A", True)]


async def test_watch(faults: Any) -> None:
    def line(kind: str, version: str, **more: Any) -> bytes:
        return json.dumps({"type": kind, "object": {"metadata": {"resourceVersion": version}, **more}}).encode() + b"\n"

    events = [line("ADDED", "1", big="x" * 200_000), b"\n", line("MODIFIED", "2"), line("BOOKMARK", "9")]
    async with faults.serve(faults.answer(200, b"".join(events))) as server, server.client() as client:
        seen = [(e.type, e.resource_version) async for e in client.watch(NAMESPACES, resource_version="0")]
    assert seen == [("ADDED", "1"), ("MODIFIED", "2"), ("BOOKMARK", "9")]
    assert query(server.seen[0])["allowWatchBookmarks"] == ["true"]


async def test_watch_that_is_too_old(faults: Any) -> None:
    expired = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}}
    for script in (faults.answer(200, json.dumps(expired).encode() + b"\n"), faults.status(410, "Expired", "old")):
        async with faults.serve(script) as server, server.client() as client:
            with pytest.raises(errors.GoneError):
                _ = [event async for event in client.watch(NAMESPACES, resource_version="1")]


@pytest.mark.parametrize("body", [b"<html>\n", b'{"type":"ODD","object":{}}\n', b'{"type":"ADDED","object":[]}\n'])
async def test_watch_of_something_else(faults: Any, body: bytes) -> None:
    async with faults.serve(faults.answer(200, body)) as server, server.client() as client:
        with pytest.raises(errors.NotKubernetesError):
            _ = [event async for event in client.watch(NAMESPACES)]


async def test_watch_with_faults(faults: Any) -> None:
    small = msgspec.structs.replace(faults.quick, max_body=1 << 20)
    for script, kind in ((faults.endless, errors.TooLargeError), (faults.reset_in_body, errors.InterruptedAnswerError)):
        async with faults.serve(script) as server, server.client(small) as client:
            with pytest.raises(kind):
                _ = [event async for event in client.watch(NAMESPACES)]


async def test_a_watch_holds_no_budget(faults: Any) -> None:
    watching = asyncio.Event()

    async def quiet(_: Any, writer: asyncio.StreamWriter) -> None:
        watching.set()
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(3600)

    single = msgspec.structs.replace(faults.quick, concurrency=1)
    async with faults.serve(quiet, faults.answer(200, {"ok": 1})) as server, server.client(single) as client:
        watch = asyncio.ensure_future(anext(aiter(client.watch(NAMESPACES))))
        await watching.wait()
        assert await client.get(NAMESPACES, "a") == {"ok": 1}
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)


async def test_impersonation_sends_every_group(faults: Any) -> None:
    headers = (("Impersonate-User", "a"), ("Impersonate-Group", "g"), ("Impersonate-Group", "h"))
    lines: list[bytes] = []

    async def raw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.extend((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    listener = await asyncio.start_server(raw, "127.0.0.1", 0)
    async with faults.serve(faults.hang) as server:
        server.port = listener.sockets[0].getsockname()[1]
        async with server.client(impersonate=headers) as client:
            await client.get(NAMESPACES, "a")
    listener.close()
    assert sum(line.lower().startswith(b"impersonate-group:") for line in lines) == 2


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://k8s.example:6443", "http://p:1"),
        ("http://k8s.example", ""),
        ("https://127.0.0.1:6443", ""),
        ("https://localhost:6443", ""),
        ("https://a.internal", ""),
        ("https://10.1.2.3", ""),
        ("https://11.1.2.3", "http://p:1"),
    ],
)
def test_environment_proxies(url: str, proxy: str) -> None:
    assert environment_proxy(url, {"https": "http://p:1", "no": ".internal, 10.0.0.0/8"}) == proxy
