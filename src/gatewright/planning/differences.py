"""Where two objects differ, field by field, the way the API server sees it.

The API server fills defaults and drops empty values, so a live object never equals the manifest that made it.
``missing`` therefore compares only the fields that the manifest sets; ``between`` compares both ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final, cast

from gatewright.model.objects import JSON, Manifest, canonical
from gatewright.model.plan import FieldDifference

LIMIT: Final = 20
"""How many differences a plan lists of one object."""

CLIP: Final = 400
"""How many characters of a value are shown: a version that is missing would bring its whole schema into the plan."""

_KEYED: Final[Mapping[str, tuple[str, ...]]] = {
    "containers": ("name",),
    "initContainers": ("name",),
    "env": ("name",),
    "ports": ("containerPort", "port"),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "imagePullSecrets": ("name",),
    "versions": ("name",),
}
"""Lists that Kubernetes merges by a key (``listType: map``), so that others may add entries of their own. Every
other list is one value: an entry that somebody added to the subjects of a binding is a difference."""

_QUANTITIES: Final = frozenset({"requests", "limits"})
_SUFFIXES: Final[Mapping[str, Decimal]] = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40),
}  # fmt: skip


def missing(wanted: Manifest, live: Manifest) -> tuple[FieldDifference, ...]:
    """Every field that ``wanted`` sets and ``live`` lacks or has otherwise, in the order of paths as written.

    Identity, status and what the API server writes into ``metadata`` are not compared; labels and annotations are.
    """
    return tuple(_walk("", _comparable(wanted), _comparable(live), both=False))


def between(wanted: Manifest, live: Manifest) -> tuple[FieldDifference, ...]:
    """As ``missing``, and also every field that only ``live`` has (for CRD schemas, where an extra field matters)."""
    return tuple(_walk("", _comparable(wanted), _comparable(live), both=True))


def shown(differences: Sequence[FieldDifference]) -> tuple[FieldDifference, ...]:
    """What a plan keeps of them: the first ``LIMIT``, those that change behaviour before mere descriptions, each value
    as JSON text cut at ``CLIP`` characters where it is longer."""
    ranked = sorted(differences, key=lambda d: d.path.endswith(".description"))
    return tuple(FieldDifference(d.path, _clipped(d.live), _clipped(d.wanted)) for d in ranked[:LIMIT])


def _clipped(value: JSON) -> JSON:
    text = value if isinstance(value, str) else canonical(value).decode()
    return value if len(text) <= CLIP else f"{text[:CLIP]}…"


def _comparable(manifest: Manifest) -> Manifest:
    metadata = cast(Manifest, manifest.get("metadata") or {})
    kept = {key: metadata[key] for key in ("labels", "annotations") if metadata.get(key)}
    body = {k: v for k, v in manifest.items() if k not in ("metadata", "status", "apiVersion", "kind")}
    return {**({"metadata": kept} if kept else {}), **body}


def _walk(path: str, wanted: JSON, live: JSON, *, both: bool) -> Iterator[FieldDifference]:
    if isinstance(wanted, dict) and isinstance(live, dict):
        yield from _maps(path, cast(Manifest, wanted), cast(Manifest, live), both=both)
    elif isinstance(wanted, list) and isinstance(live, list):
        yield from _lists(path, cast(list[JSON], wanted), cast(list[JSON], live), both=both)
    elif not _same(path, wanted, live):
        yield FieldDifference(path, live, wanted)


def _maps(path: str, wanted: Manifest, live: Manifest, *, both: bool) -> Iterator[FieldDifference]:
    for key, value in wanted.items():
        yield from _walk(_join(path, key), value, live.get(key), both=both)
    if both:
        for key, value in live.items():
            if key not in wanted and not _empty(value):
                yield FieldDifference(_join(path, key), value, None)


def _lists(path: str, wanted: list[JSON], live: list[JSON], *, both: bool) -> Iterator[FieldDifference]:
    key = _key_of(path, wanted, live)
    if key is None:
        if len(wanted) != len(live):
            yield FieldDifference(path, live, wanted)
            return
        for index, (one, other) in enumerate(zip(wanted, live, strict=True)):
            yield from _walk(f"{path}[{index}]", one, other, both=both)
        return
    there = {entry[key]: entry for entry in live}
    for index, entry in enumerate(wanted):
        yield from _walk(f"{path}[{index}]", entry, there.get(entry[key]), both=both)
    if both:
        known = {entry[key] for entry in wanted}
        for name, entry in there.items():
            if name not in known:
                yield FieldDifference(f"{path}[{key}={name}]", entry, None)


def _key_of(path: str, wanted: list[JSON], live: list[JSON]) -> str | None:
    """The merge key of the list at ``path``, if every entry on both sides has it and no two share it."""
    for key in _KEYED.get(path.rpartition(".")[2], ()):
        if all(_unique(side, key) for side in (wanted, live)):
            return key
    return None


def _unique(entries: list[JSON], key: str) -> bool:
    names = [cast(Manifest, entry).get(key) for entry in entries if isinstance(entry, dict)]
    return len(names) == len(entries) and None not in names and len(set(names)) == len(names)


def _same(path: str, wanted: JSON, live: JSON) -> bool:
    if type(wanted) is type(live) and wanted == live:
        return True
    if _empty(wanted) and _empty(live):
        return True
    parent = path.rpartition(".")[0].rpartition(".")[2]
    if parent in _QUANTITIES:
        one, other = _quantity(wanted), _quantity(live)
        return one is not None and one == other
    return False


def _empty(value: JSON) -> bool:
    """Whether the API server leaves the field out. False and 0 are kept: Kubernetes means something by them."""
    return value is None or value in ("", [], {})


def _quantity(value: JSON) -> Decimal | None:
    """A Kubernetes quantity (``500m``, ``0.5``, ``128Mi``) as a number: the API server rewrites them."""
    text = str(value)
    number = text.rstrip("numkMGTKi")
    factor = _SUFFIXES.get(text[len(number) :])
    try:
        return Decimal(number) * factor if factor is not None else None
    except InvalidOperation:
        return None


def _join(path: str, key: str) -> str:
    if not path:
        return key
    # A label or annotation key holds dots and slashes of its own.
    return f"{path}[{key}]" if "." in key or "/" in key else f"{path}.{key}"
