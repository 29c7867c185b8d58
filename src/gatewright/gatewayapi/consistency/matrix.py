"""Versions of many clusters as a table: what most have, and who differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from gatewright.gatewayapi.versions import VersionKey, version_key
from gatewright.model.versions import (
    CellState,
    ClusterVersions,
    ColumnKind,
    ControllerVersions,
    CrdVersions,
    MatrixCell,
    MatrixColumn,
    MatrixRow,
    VersionMatrix,
)

_NONE: Final = MatrixCell("", "none")
_UNKNOWN: Final = MatrixCell("", "unknown")
_LOWEST: Final[VersionKey] = (-1, 0, 0, 0, "")


def matrix(clusters: Mapping[str, ClusterVersions]) -> VersionMatrix:
    """The matrix of the clusters by name: Kubernetes, state, bundle, channel, each controller, storedVersions debt,
    orphans, each CRD. A cell says whether it differs from what most clusters have (of a tie: from the newest)."""
    ordered = [clusters[name] for name in sorted(clusters)]
    columns: list[MatrixColumn] = []
    cells: list[list[MatrixCell]] = []
    for kind, key, title in _columns(ordered):
        found = [_cell(versions, kind, title, key) for versions in ordered]
        common = _common(found)
        values = {cell.value for cell in found if cell.value}
        columns.append(MatrixColumn(key, kind, title, common, len(values) <= 1))
        cells.append([_marked(cell, common) for cell in found])
    rows = (
        MatrixRow(versions.cluster, tuple(column[index] for column in cells)) for index, versions in enumerate(ordered)
    )
    return VersionMatrix(tuple(columns), tuple(rows))


def _columns(clusters: Sequence[ClusterVersions]) -> list[tuple[ColumnKind, str, str]]:
    controllers = sorted({c.controller for versions in clusters for c in versions.controllers})
    crds = sorted({crd.name for versions in clusters for crd in versions.crds})
    fixed: list[ColumnKind] = ["kubernetes", "state", "bundle", "channel"]
    late: list[ColumnKind] = ["debt", "orphans"]
    return [
        *((kind, kind, kind) for kind in fixed),
        *(("controller", f"controller:{name}", name) for name in controllers),
        *((kind, kind, kind) for kind in late),
        *(("crd", f"crd:{name}", name.partition(".")[0]) for name in crds),
    ]


def _cell(versions: ClusterVersions, kind: ColumnKind, title: str, key: str) -> MatrixCell:
    if kind == "kubernetes":
        return _kubernetes(versions)
    if kind == "controller":
        return _controller([c for c in versions.controllers if c.controller == title])
    if versions.state == "unknown":
        return _UNKNOWN
    match kind:
        case "state":
            good = versions.state in ("uniform", "absent")
            return MatrixCell(versions.state, "common" if good and not versions.untrue else "attention")
        case "bundle":
            version = versions.claims[0].version if versions.claims else ""
            details = tuple(f"{c}: {c.crds}" for c in versions.claims) if len(versions.claims) > 1 else ()
            return MatrixCell(version, "common", details) if version else _NONE
        case "channel":
            channel = versions.claims[0].channel if versions.claims else ""
            return MatrixCell(channel, "common") if channel else _NONE
        case "debt":
            return _debt(versions.in_debt)
        case "orphans":
            found = versions.orphans
            return MatrixCell(str(len(found)), "attention", found) if found else _NONE
        case _:
            return _crd(next((c for c in versions.crds if f"crd:{c.name}" == key), None))


def _kubernetes(versions: ClusterVersions) -> MatrixCell:
    if not versions.kubernetes:
        return _UNKNOWN
    state: CellState = "attention" if versions.tested == "below-floor" else "common"
    details = (versions.tested,) if versions.tested in ("untested", "below-floor") else ()
    return MatrixCell(versions.kubernetes, state, details)


def _controller(found: Sequence[ControllerVersions]) -> MatrixCell:
    if not found:
        return _NONE
    newest_first = sorted({c.version or "?" for c in found}, key=lambda v: version_key(v) or _LOWEST, reverse=True)
    lacking = tuple(sorted({pair for c in found for pair in c.lacking}))
    return MatrixCell(", ".join(newest_first), "attention" if lacking else "common", lacking)


def _debt(found: Sequence[CrdVersions]) -> MatrixCell:
    if not found:
        return _NONE
    details = tuple(
        f"{crd.name.partition('.')[0]}: {', '.join(crd.debt)}" + (f" < {crd.blocks[0].version}" if crd.blocks else "")
        for crd in found
    )
    blocking = any(crd.blocks for crd in found)
    return MatrixCell(str(len(found)), "attention" if blocking else "common", details)


def _crd(crd: CrdVersions | None) -> MatrixCell:
    if crd is None:
        return _NONE
    claim = " ".join(part for part in (crd.version, crd.channel) if part) or "?"
    served = ", ".join(f"{v}*" if v == crd.storage else v for v in crd.served)
    return MatrixCell(claim, "attention" if crd.orphan else "common", (served,) if served else ())


def _common(cells: Sequence[MatrixCell]) -> str:
    counts = Counter(cell.value for cell in cells if cell.value)
    return max(counts, key=lambda v: (counts[v], version_key(v.partition(" ")[0]) or _LOWEST, v)) if counts else ""


def _marked(cell: MatrixCell, common: str) -> MatrixCell:
    if cell.state != "common" or cell.value == common:
        return cell
    return MatrixCell(cell.value, "differs", cell.details)
