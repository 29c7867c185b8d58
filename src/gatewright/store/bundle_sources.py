"""Where the released files of Gateway API come from: a path, an HTTPS address, or the Go module.

A source gives files; it is never trusted. ``store.bundles`` checks every object against the catalogue.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol

import httpx
import msgspec

from gatewright.gatewayapi.catalogue import BundleFacts
from gatewright.model.errors import EnvironmentFailure, InputError

MODULE: Final = "sigs.k8s.io/gateway-api"
MAX_BYTES: Final = 16 << 20
FETCH_TIMEOUT: Final = 60.0
GO_TIMEOUT: Final = 600.0
_SUFFIXES: Final = (".yaml", ".yml", ".json")


class NoSourceError(EnvironmentFailure):
    """A bundle is needed that is not in the cache, and the Go toolchain that would fetch it is not installed."""

    code: ClassVar[str] = "bundle.no-source"


class FetchFailedError(EnvironmentFailure):
    """A source was asked and did not deliver: network, proxy, an HTTP status, the Go toolchain's own error."""

    code: ClassVar[str] = "bundle.fetch-failed"


class BadSourceError(InputError):
    """What was named as a source is neither an existing path nor an HTTPS address."""

    code: ClassVar[str] = "bundle.bad-source"


class SourceFile(msgspec.Struct, frozen=True):
    """A file as a source gave it; ``label`` is how an error names it."""

    label: str
    content: bytes


class Source(Protocol):
    """Gives the files that hold a bundle's objects; more than one object per file is fine."""

    def describe(self, facts: BundleFacts) -> str:
        """How an error names the source."""
        ...

    async def fetch(self, facts: BundleFacts) -> Sequence[SourceFile]:
        """Raises ``NoSourceError``, ``FetchFailedError``, ``BadSourceError``."""
        ...


class PathSource:
    """A file, or a folder: the release's own layout (``config/crd/CHANNEL``), or the files directly in it.
    ``{version}`` and ``{channel}`` in the path are filled in."""

    def __init__(self, path: str) -> None:
        self._path = path

    def describe(self, facts: BundleFacts) -> str:
        return filled(self._path, facts)

    async def fetch(self, facts: BundleFacts) -> Sequence[SourceFile]:
        return await asyncio.to_thread(self._read, facts)

    def _read(self, facts: BundleFacts) -> Sequence[SourceFile]:
        path = Path(self.describe(facts)).expanduser()
        try:
            files = [path] if path.is_file() else _members(path, facts)
            return [SourceFile(str(file), file.read_bytes()) for file in files if _small(file)]
        except OSError as error:
            raise FetchFailedError(bundle=str(facts.name), source=str(path), cause=_cause(error)) from error


class UrlSource:
    """An HTTPS address: of one file with many documents (``.../{version}/{channel}-install.yaml``), or, with a ``/``
    at its end, of a folder that holds the release's files under their names."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = url
        self._transport = transport

    def describe(self, facts: BundleFacts) -> str:
        return filled(self._url, facts)

    async def fetch(self, facts: BundleFacts) -> Sequence[SourceFile]:
        url = self.describe(facts)
        urls = [url + name for name in file_names(facts)] if url.endswith("/") else [url]
        try:
            async with httpx.AsyncClient(
                transport=self._transport, timeout=FETCH_TIMEOUT, follow_redirects=True, max_redirects=5
            ) as client:
                return [await self._get(client, one) for one in urls]
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            cause = str(error) or type(error).__name__
            raise FetchFailedError(bundle=str(facts.name), source=url, cause=cause) from error

    async def _get(self, client: httpx.AsyncClient, url: str) -> SourceFile:
        content = bytearray()
        async with client.stream("GET", url) as response:
            response.raise_for_status()
            if response.url.scheme != "https":
                raise httpx.UnsupportedProtocol(f"redirected to {response.url.scheme}")
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise httpx.DecodingError(f"more than {MAX_BYTES >> 20} MiB")
        return SourceFile(url, bytes(content))


class GoSource:
    """The module ``sigs.k8s.io/gateway-api`` through the Go toolchain, which verifies its checksum."""

    def __init__(self, go: str = "go") -> None:
        self._go = go

    def describe(self, facts: BundleFacts) -> str:
        return f"{MODULE}@{facts.version}"

    async def fetch(self, facts: BundleFacts) -> Sequence[SourceFile]:
        answer = await self._download(facts)
        if answer.get("Error") or not answer.get("Dir"):
            raise self._failed(facts, str(answer.get("Error") or "no module folder"))
        return await PathSource(str(answer["Dir"])).fetch(facts)

    async def _download(self, facts: BundleFacts) -> dict[str, Any]:
        command = (self._go, "mod", "download", "-json", self.describe(facts))
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd="/"
            )
        except FileNotFoundError as error:
            raise NoSourceError(
                bundle=str(facts.name), go=self._go, version=facts.version, channel=facts.channel
            ) from error
        except OSError as error:
            raise self._failed(facts, _cause(error)) from error
        try:
            async with asyncio.timeout(GO_TIMEOUT):
                out, err = await process.communicate()
        except TimeoutError as error:
            raise self._failed(facts, f"no answer in {GO_TIMEOUT:.0f} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        try:
            return json.loads(out)
        except ValueError as error:
            lines = err.decode(errors="replace").strip().splitlines() or [f"exit status {process.returncode}"]
            raise self._failed(facts, lines[-1][:300]) from error

    def _failed(self, facts: BundleFacts, cause: str) -> FetchFailedError:
        return FetchFailedError(bundle=str(facts.name), source=self.describe(facts), cause=cause)


def source_of(text: str) -> Source:
    """The source that a setting names: ``go`` or nothing for the Go module, an HTTPS address, or a path.
    Raises ``BadSourceError`` for anything else, plain HTTP included."""
    if text in ("", "go"):
        return GoSource()
    if text.startswith("https://"):
        return UrlSource(text)
    plain = text.partition("{")[0] if "{" in text else text
    if "://" in text or not (Path(plain).expanduser().exists() or "{" in text):
        raise BadSourceError(source=text[:300])
    return PathSource(text)


def filled(template: str, facts: BundleFacts) -> str:
    """The template with ``{version}`` and ``{channel}`` replaced; other braces stay."""
    return template.replace("{version}", facts.version).replace("{channel}", facts.channel)


def file_names(facts: BundleFacts) -> list[str]:
    """The names of the release's files, each once."""
    return list(dict.fromkeys([c.file for c in facts.crds] + [p.file for p in facts.policy]))


def _members(folder: Path, facts: BundleFacts) -> list[Path]:
    candidates = (folder / "config" / "crd" / facts.channel, folder / facts.channel, folder)
    found = next((c for c in candidates if c.is_dir()), None)
    if found is None:
        raise BadSourceError(source=str(folder))
    return sorted(f for f in found.iterdir() if f.suffix in _SUFFIXES and not f.name.startswith("kustomization."))


def _small(file: Path) -> bool:
    if file.stat().st_size > MAX_BYTES:
        raise OSError(0, f"{file.name}: more than {MAX_BYTES >> 20} MiB")
    return True


def _cause(error: OSError) -> str:
    return error.strerror or str(error)
