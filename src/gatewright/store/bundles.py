"""The released files of Gateway API, checked and kept: what a plan applies is what the release contains.

Every object of a bundle must have the digest that the catalogue records. Checked bundles are cached by content, as
canonical JSON, one object a line: a load then hashes a megabyte and parses no YAML. A cache entry that does not match
its own name is fetched anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

import msgspec
import yaml

from gatewright.gatewayapi.catalogue import BundleFacts, Catalogue, CrdFacts, PolicyFacts, catalogue
from gatewright.gatewayapi.crds import applicable, numbers
from gatewright.model.desired import BundleName
from gatewright.model.errors import EnvironmentFailure, InputError
from gatewright.model.objects import Manifest, canonical
from gatewright.planning.request import BundleContent
from gatewright.store.bundle_sources import Source, SourceFile, source_of

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_KEY = tuple[str, str]


class DigestMismatchError(InputError):
    """An object of a source is not the released one."""

    code: ClassVar[str] = "bundle.digest-mismatch"


class MissingFileError(InputError):
    """A source lacks an object of the bundle."""

    code: ClassVar[str] = "bundle.missing-file"


class ExtraObjectError(InputError):
    """A source holds an object that is not in the bundle."""

    code: ClassVar[str] = "bundle.extra-object"


class UnreadableFileError(InputError):
    """A file of a source is not YAML, or not Kubernetes objects, or uses YAML aliases (released files never do)."""

    code: ClassVar[str] = "bundle.unreadable"


class CacheUnwritableError(EnvironmentFailure):
    """A bundle could not be kept: the disk is full, or the folder cannot be written."""

    code: ClassVar[str] = "bundle.cache-unwritable"


class Bundle(msgspec.Struct, frozen=True):
    """A bundle's objects, ready to apply, in the catalogue's order; nobody else holds these manifests."""

    facts: BundleFacts
    crds: tuple[Manifest, ...]
    policy: tuple[Manifest, ...] = ()

    @property
    def name(self) -> BundleName:
        return self.facts.name

    @property
    def content(self) -> BundleContent:
        """The same objects in the shape that planning and rollouts read."""
        return BundleContent(self.name, {c["metadata"]["name"]: c for c in self.crds}, self.policy)


class BundleStore:
    """Bundles from the cache folder, and from the source where the cache has them not.

    ``source``: a ``Source``, or text for ``source_of``; it is looked at only when the cache does not answer.
    ``known``: the releases to know, by default those of Gatewright's own catalogue.
    """

    def __init__(self, cache_dir: Path, source: Source | str = "go", known: Catalogue | None = None) -> None:
        self._cache = cache_dir
        self._known = catalogue() if known is None else known
        self._source = source
        self._locks: dict[str, asyncio.Lock] = {}

    def __repr__(self) -> str:
        return f"BundleStore({str(self._cache)!r}, {self._source!r})"

    async def load(self, name: BundleName) -> Bundle:
        """The bundle, from the cache or fetched, checked either way.

        Raises ``UnknownBundleError``, the errors of ``bundle_sources``, and this module's.
        """
        facts = self._known.bundle(name)
        async with self._locks.setdefault(facts.digest, asyncio.Lock()):
            lines = await asyncio.to_thread(_cached, self._entry(facts), facts)
            if lines is None:
                lines = await self._fetch(facts)
                await asyncio.to_thread(_keep, self._entry(facts), lines)
        objects = [cast(Manifest, msgspec.json.decode(line)) for line in lines]
        return Bundle(facts, tuple(objects[: len(facts.crds)]), tuple(objects[len(facts.crds) :]))

    def cached(self, name: BundleName) -> bool:
        """Whether the cache has the bundle, whole and unchanged. Raises ``UnknownBundleError``."""
        facts = self._known.bundle(name)
        return _cached(self._entry(facts), facts) is not None

    def _entry(self, facts: BundleFacts) -> Path:
        return self._cache / f"{facts.digest}.jsonl"

    async def _fetch(self, facts: BundleFacts) -> list[bytes]:
        source = source_of(self._source) if isinstance(self._source, str) else self._source
        files = await source.fetch(facts)
        return await asyncio.to_thread(checked, files, facts, source.describe(facts))


def checked(files: Sequence[SourceFile], facts: BundleFacts, source: str) -> list[bytes]:
    """The canonical JSON of every object of the bundle, in the catalogue's order, each with the catalogue's digest.

    Raises ``UnreadableFileError``, ``ExtraObjectError``, ``DigestMismatchError`` and ``MissingFileError``.
    """
    wanted = _wanted(facts)
    found: dict[_KEY, bytes] = {}
    released = {c.sha256 for c in facts.crds}
    for file in files:
        for key, document in _documents(file, trusted=hashlib.sha256(file.content).hexdigest() in released):
            if key not in wanted:
                raise ExtraObjectError(source=file.label, name=" ".join(key), bundle=str(facts.name))
            found[key] = _line(document, wanted[key], file, facts)
    for key, expected in wanted.items():
        if key not in found:
            raise MissingFileError(
                source=source, name=f"{' '.join(key)} ({expected.file})", bundle=str(facts.name), channel=facts.channel
            )
    return [found[key] for key in wanted]


def _wanted(facts: BundleFacts) -> Mapping[_KEY, CrdFacts | PolicyFacts]:
    return {(f.ref.kind, f.name): f for f in (*facts.crds, *facts.policy)}


def _line(document: Manifest, expected: CrdFacts | PolicyFacts, file: SourceFile, facts: BundleFacts) -> bytes:
    line = canonical(numbers(applicable(document)))
    got = hashlib.sha256(line).hexdigest()
    if got != expected.content:
        where = f"{expected.name} ({file.label})"
        raise DigestMismatchError(file=where, bundle=str(facts.name), expected=expected.content, got=got)
    return line


def _documents(file: SourceFile, *, trusted: bool) -> Iterable[tuple[_KEY, Manifest]]:
    try:
        if not trusted:
            _refuse_aliases(file)
        documents = [d for d in yaml.load_all(file.content, _LOADER) if d is not None]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UnreadableFileError(file=file.label, cause=" ".join(str(error).split())[:300]) from error
    for document in documents:
        yield _key(document, file), document


def _refuse_aliases(file: SourceFile) -> None:
    """A few aliases can stand for gigabytes; they are refused before anything is built from them."""
    for event in yaml.parse(file.content, _LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise UnreadableFileError(file=file.label, cause=f"YAML alias *{event.anchor}")


def _key(document: Any, file: SourceFile) -> _KEY:
    try:
        kind, name = document["kind"], document["metadata"]["name"]
    except (KeyError, TypeError, IndexError) as error:
        raise UnreadableFileError(file=file.label, cause="kind, metadata.name") from error
    return str(kind), str(name)


def _cached(entry: Path, facts: BundleFacts) -> list[bytes] | None:
    """The lines of a cache entry whose every line has its digest; None for no entry or one that was damaged."""
    try:
        lines = entry.read_bytes().splitlines()
    except OSError:
        return None
    digests = [f.content for f in _wanted(facts).values()]
    if len(lines) != len(digests):
        return None
    good = all(hashlib.sha256(line).hexdigest() == digest for line, digest in zip(lines, digests, strict=True))
    return lines if good else None


def _keep(entry: Path, lines: list[bytes]) -> None:
    """Atomically: a reader sees the whole entry or none, and a failure leaves no half file."""
    temporary: str | None = None
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=entry.parent)
        with os.fdopen(handle, "wb") as file:
            file.writelines(line + b"\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, entry)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise CacheUnwritableError(path=str(entry.parent), cause=error.strerror or str(error)) from error
