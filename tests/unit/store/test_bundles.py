"""Bundles: every object checked against the catalogue, kept whole or not at all, whatever the source does."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
import yaml

from gatewright.gatewayapi.catalogue import (
    BundleFacts,
    Catalogue,
    CrdFacts,
    KubernetesRange,
    UnknownBundleError,
    VersionFacts,
)
from gatewright.gatewayapi.crds import content_digest, spec_digest
from gatewright.model.desired import BundleName
from gatewright.model.errors import GatewrightError
from gatewright.model.objects import Manifest
from gatewright.store.bundle_sources import (
    BadSourceError,
    FetchFailedError,
    GoSource,
    NoSourceError,
    PathSource,
    SourceFile,
    UrlSource,
    source_of,
)
from gatewright.store.bundles import (
    BundleStore,
    CacheUnwritableError,
    DigestMismatchError,
    ExtraObjectError,
    MissingFileError,
    UnreadableFileError,
    checked,
)

GROUP = "example.test"


def crd(kind: str, maximum: float = 5) -> Manifest:
    plural = kind.lower() + "s"
    schema = {"type": "object", "properties": {"n": {"type": "number", "maximum": maximum}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced",
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


CRDS = [crd("Apple"), crd("Pear", 7)]


def crd_facts(document: Manifest) -> CrdFacts:
    name = document["metadata"]["name"]
    version = VersionFacts("v1", served=True, storage=True)
    return CrdFacts(
        name, "K", "Namespaced", "v9.0.0", (version,), f"{name}.yaml", "0" * 64,
        content_digest(document), spec_digest(document["spec"]),
    )  # fmt: skip


FACTS = BundleFacts(
    "v9.0.0", "standard", "2026-01-01", KubernetesRange("1.31", ("", "")), "d" * 64, tuple(map(crd_facts, CRDS)), ()
)


def file(*documents: Manifest, label: str = "install.yaml") -> SourceFile:
    return SourceFile(label, yaml.safe_dump_all(documents).encode())


class Listed:
    """A source that gives the files it was made with."""

    def __init__(self, *files: SourceFile) -> None:
        self.files = files
        self.asked = 0

    def describe(self, facts: BundleFacts) -> str:
        return "a list"

    async def fetch(self, facts: BundleFacts) -> Sequence[SourceFile]:
        self.asked += 1
        return self.files


def test_documents_in_any_order_and_split_give_the_catalogues_order() -> None:
    lines = checked([file(CRDS[1]), file(CRDS[0])], FACTS, "x")
    assert [json.loads(line) for line in lines] == CRDS
    assert lines == checked([file(*CRDS)], FACTS, "x")


def test_status_and_null_timestamps_of_old_releases_are_not_applied() -> None:
    old = {**CRDS[0], "status": {"conditions": None}}
    old["metadata"] = {**old["metadata"], "creationTimestamp": None}
    assert json.loads(checked([file(old, CRDS[1])], FACTS, "x")[0]) == CRDS[0]


def refused(error: type[GatewrightError], *files: SourceFile) -> GatewrightError:
    with pytest.raises(error) as caught:
        checked(files, FACTS, "the source")
    assert caught.value.report.message("zh")
    assert caught.value.report.remedy("en")
    return caught.value


def test_a_changed_object_is_refused_with_both_digests() -> None:
    found = refused(DigestMismatchError, file(crd("Apple", 6), CRDS[1]))
    assert f"apples.{GROUP}" in str(found)
    assert FACTS.crds[0].content in str(found)
    assert content_digest(crd("Apple", 6)) in str(found)


def test_a_missing_object_is_named() -> None:
    assert f"pears.{GROUP}" in str(refused(MissingFileError, file(CRDS[0])))
    refused(MissingFileError)


def test_an_extra_object_is_named() -> None:
    assert f"plums.{GROUP}" in str(refused(ExtraObjectError, file(*CRDS, crd("Plum"))))


@pytest.mark.parametrize(
    "content",
    [
        b"<html>proxy login</html>",
        b"a: [",
        b"- 1\n- 2\n",
        b"kind: X\n",
        b"kind: X\nmetadata: 3\n",
        b"\x00\xff\xfe",
        b"a: &a [1]\nb: *a\nkind: X\nmetadata: {name: x}\n",
        b"!!python/object/apply:os.system ['true']",
        b"[" * 5000,
    ],
)
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    refused(UnreadableFileError, SourceFile("evil.yaml", content))


def test_a_yaml_bomb_is_refused_before_it_goes_off() -> None:
    levels = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    levels += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    found = refused(UnreadableFileError, SourceFile("bomb.yaml", "\n".join(levels).encode()))
    assert "alias" in str(found)


@pytest.fixture
def store_of(tmp_path: Path):
    """A store that knows the small bundle above only (the real ones need the network)."""
    return lambda source: BundleStore(tmp_path / "cache" / "bundles", source, Catalogue((FACTS,)))


async def test_the_second_load_comes_from_the_cache(store_of, tmp_path: Path) -> None:
    source = Listed(file(*CRDS))
    store = store_of(source)
    assert not store.cached(FACTS.name)
    first = await store.load(FACTS.name)
    assert store.cached(FACTS.name)
    assert list(first.crds) == CRDS
    assert first.content.crds == {c["metadata"]["name"]: c for c in CRDS}
    first.crds[0]["spec"]["scope"] = "Cluster"
    second = await store_of(Listed()).load(FACTS.name)
    assert list(second.crds) == CRDS
    assert source.asked == 1
    assert [p.name for p in (tmp_path / "cache" / "bundles").iterdir()] == [f"{FACTS.digest}.jsonl"]


@pytest.mark.parametrize("damage", [b"", b"{}\n", None, b"\xff\xfe"])
async def test_a_damaged_cache_entry_is_fetched_anew(store_of, tmp_path: Path, damage: bytes | None) -> None:
    source = Listed(file(*CRDS))
    await store_of(source).load(FACTS.name)
    entry = tmp_path / "cache" / "bundles" / f"{FACTS.digest}.jsonl"
    entry.write_bytes(entry.read_bytes().replace(b"Apple", b"Maple") if damage is None else damage)
    assert list((await store_of(source).load(FACTS.name)).crds) == CRDS
    assert source.asked == 2
    assert store_of(Listed()).cached(FACTS.name)


async def test_loads_side_by_side_fetch_once(store_of) -> None:
    source = Listed(file(*CRDS))
    store = store_of(source)
    await asyncio.gather(*(store.load(FACTS.name) for _ in range(5)))
    assert source.asked == 1


async def test_nothing_is_kept_of_what_is_refused(store_of, tmp_path: Path) -> None:
    with pytest.raises(DigestMismatchError):
        await store_of(Listed(file(crd("Apple", 6), CRDS[1]))).load(FACTS.name)
    assert not (tmp_path / "cache").exists()


async def test_a_full_disk_is_said_and_leaves_no_half_file(store_of, tmp_path: Path, monkeypatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CacheUnwritableError, match="No space left"):
        await store_of(Listed(file(*CRDS))).load(FACTS.name)
    assert list((tmp_path / "cache" / "bundles").iterdir()) == []


async def test_a_cache_path_that_is_a_file_is_said(store_of, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    with pytest.raises(CacheUnwritableError):
        await store_of(Listed(file(*CRDS))).load(FACTS.name)


async def test_unknown_bundle(tmp_path: Path) -> None:
    with pytest.raises(UnknownBundleError):
        await BundleStore(tmp_path).load(BundleName("v0.1.0"))


@pytest.mark.parametrize("layout", ["config/crd/standard", "standard", "."])
async def test_a_folder_in_the_layouts_of_a_release(store_of, tmp_path: Path, layout: str) -> None:
    folder = tmp_path / "release" / layout
    folder.mkdir(parents=True)
    for document in CRDS:
        (folder / f"{document['metadata']['name']}.yaml").write_text(yaml.safe_dump(document))
    (folder / "kustomization.yaml").write_text("resources: []\n")
    (folder / "README.md").write_text("x")
    assert list((await store_of(str(tmp_path / "release")).load(FACTS.name)).crds) == CRDS


async def test_a_path_may_name_version_and_channel(store_of, tmp_path: Path) -> None:
    (tmp_path / "v9.0.0-standard.yaml").write_bytes(file(*CRDS).content)
    assert list((await store_of(f"{tmp_path}/{{version}}-{{channel}}.yaml").load(FACTS.name)).crds) == CRDS


async def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadSourceError):
        await PathSource(str(tmp_path / "none")).fetch(FACTS)


async def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "big.yaml").open("wb") as big:
        big.truncate(17 << 20)
    with pytest.raises(FetchFailedError, match="16 MiB"):
        await PathSource(str(tmp_path)).fetch(FACTS)


@pytest.mark.parametrize("text", ["http://example.test/x.yaml", "ftp://x", "/no/such/path", "file:///etc", "oci://x"])
def test_bad_sources(text: str) -> None:
    with pytest.raises(BadSourceError):
        source_of(text)


def test_sources(tmp_path: Path) -> None:
    assert isinstance(source_of("go"), GoSource)
    assert isinstance(source_of(""), GoSource)
    assert isinstance(source_of("https://example.test/{version}/"), UrlSource)
    assert isinstance(source_of(str(tmp_path)), PathSource)


def url(answers: dict[str, httpx.Response], address: str) -> UrlSource:
    def handle(request: httpx.Request) -> httpx.Response:
        return answers.get(str(request.url), httpx.Response(404))

    return UrlSource(address, httpx.MockTransport(handle))


async def test_one_file_over_https(store_of) -> None:
    body = httpx.Response(200, content=file(*CRDS).content)
    source = url(
        {"https://m.test/v9.0.0/standard-install.yaml": body}, "https://m.test/{version}/{channel}-install.yaml"
    )
    assert list((await store_of(source).load(FACTS.name)).crds) == CRDS


async def test_a_folder_over_https(store_of) -> None:
    answers = {
        f"https://m.test/{d['metadata']['name']}.yaml": httpx.Response(200, content=file(d).content) for d in CRDS
    }
    assert list((await store_of(url(answers, "https://m.test/")).load(FACTS.name)).crds) == CRDS


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404),
        httpx.Response(302, headers={"location": "http://m.test/plain"}),
        httpx.Response(302, headers={"location": "https://m.test/x"}),
        httpx.Response(200, content=b"x" * (17 << 20)),
    ],
)
async def test_https_that_does_not_deliver(answer: httpx.Response) -> None:
    answers = {"https://m.test/x": answer, "http://m.test/plain": httpx.Response(200, content=b"")}
    with pytest.raises(FetchFailedError) as caught:
        await url(answers, "https://m.test/x").fetch(FACTS)
    assert "https://m.test/x" in str(caught.value)


async def test_no_network() -> None:
    def unreachable(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    with pytest.raises(FetchFailedError, match="no route"):
        await UrlSource("https://m.test/x", httpx.MockTransport(unreachable)).fetch(FACTS)


async def test_no_go() -> None:
    with pytest.raises(NoSourceError) as caught:
        await GoSource("/no/such/go").fetch(FACTS)
    assert "v9.0.0" in str(caught.value)


def go(tmp_path: Path, script: str) -> GoSource:
    program = tmp_path / "go"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return GoSource(str(program))


async def test_the_go_module(store_of, tmp_path: Path) -> None:
    folder = tmp_path / "mod" / "config" / "crd" / "standard"
    folder.mkdir(parents=True)
    (folder / "all.yaml").write_bytes(file(*CRDS).content)
    source = go(tmp_path, f"""[ "$4" = sigs.k8s.io/gateway-api@v9.0.0 ] && echo '{{"Dir": "{tmp_path}/mod"}}'""")
    assert list((await store_of(source).load(FACTS.name)).crds) == CRDS


@pytest.mark.parametrize(
    ("script", "cause"),
    [
        ("""echo '{"Error": "proxy says 403"}'; exit 1""", "proxy says 403"),
        ("echo 'go: cannot find GOROOT' >&2; exit 2", "cannot find GOROOT"),
        ("exit 3", "exit status 3"),
        ("echo '{}'", "no module folder"),
    ],
)
async def test_go_that_fails(tmp_path: Path, script: str, cause: str) -> None:
    with pytest.raises(FetchFailedError, match=cause):
        await go(tmp_path, script).fetch(FACTS)


async def test_a_cancelled_fetch_leaves_no_process(tmp_path: Path) -> None:
    source = go(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    task = asyncio.create_task(source.fetch(FACTS))
    pid = tmp_path / "pid"
    while not (pid.exists() and pid.read_text().strip()):  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
