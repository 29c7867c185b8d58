"""Versions side by side: a row per cluster, the CRDs on which clusters differ, and how far teams are apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gatewright.cli.output import rows, table, word
from gatewright.cli.views.moments import age
from gatewright.model.versions import MatrixCell, MatrixColumn, SkewFinding, VersionMatrix, Versions
from gatewright.text import Language, text

_LISTED: Final = 6
_STYLES: Final = {"differs": "yellow", "attention": "red", "unknown": "dim"}
_MARKS: Final = {"differs": "≠ ", "attention": "! "}


def versions(found: Versions, language: Language) -> Iterable[RenderableType]:
    """A row per cluster, and of the CRDs those on which clusters differ."""
    return _shown(found, language, every=False)


def every_crd(found: Versions, language: Language) -> Iterable[RenderableType]:
    """The same with every CRD."""
    return _shown(found, language, every=True)


def _shown(found: Versions, language: Language, *, every: bool) -> Iterable[RenderableType]:
    if not found.matrix.rows:
        yield Text(text("cli.empty.versions", language))
        return
    yield _clusters(found.matrix, language)
    crds = [(i, c) for i, c in enumerate(found.matrix.columns) if c.kind == "crd" and (every or _apart(found, i))]
    if crds:
        yield Text()
        made = table(language, "crd", "versions")
        yield rows(made, _alike(found.matrix, crds, language))
    yield from _details(found.matrix)
    for skew in found.skews:
        yield Text()
        yield from _skew(skew, language)


def _alike(found: VersionMatrix, crds: Sequence[tuple[int, MatrixColumn]], language: Language) -> list[tuple[str, str]]:
    """One row for all CRDs of which the same clusters have the same versions."""
    groups: dict[str, list[str]] = {}
    for index, column in crds:
        groups.setdefault(_spread(found, index, language), []).append(column.title)
    return [(", ".join(titles), spread) for spread, titles in groups.items()]


def _apart(found: Versions, index: int) -> bool:
    values = {row.cells[index].value for row in found.matrix.rows if row.cells[index].state != "unknown"}
    return len(values) > 1 or any(row.cells[index].state == "attention" for row in found.matrix.rows)


def _clusters(found: VersionMatrix, language: Language) -> RenderableType:
    """One column for what has one value per cluster; controllers share one."""
    made = table(language, "cluster", "kubernetes", "state", "bundle", "channel", "controller", "debt", "orphans")
    at = {column.key: index for index, column in enumerate(found.columns)}
    controllers = [(i, c) for i, c in enumerate(found.columns) if c.kind == "controller"]
    cells: list[list[str | Text]] = []
    for row in found.rows:
        running = [
            Text.assemble(f"{column.title} ", _cell(row.cells[index]))
            for index, column in controllers
            if row.cells[index].value
        ]
        cells.append([
            row.cluster,
            _cell(row.cells[at["kubernetes"]]),
            _state(row.cells[at["state"]], language),
            *(_cell(row.cells[at[key]]) for key in ("bundle", "channel")),
            Text("\n").join(running) if running else "",
            *(_cell(row.cells[at[key]]) for key in ("debt", "orphans")),
        ])  # fmt: skip
    return rows(made, cells)


def _cell(cell: MatrixCell) -> Text:
    shown = "?" if cell.state == "unknown" else cell.value or "-"
    return Text(_MARKS.get(cell.state, "") + shown, style=_STYLES.get(cell.state, ""))


def _state(cell: MatrixCell, language: Language) -> Text:
    shown = word("versions", cell.value or "unknown", language)
    return Text(_MARKS.get(cell.state, "") + shown.plain, style=_STYLES.get(cell.state, ""))


def _spread(found: VersionMatrix, index: int, language: Language) -> str:
    """Which clusters have which value: the most common first."""
    by_value: dict[str, list[str]] = {}
    for row in found.rows:
        cell = row.cells[index]
        if cell.state != "unknown":
            by_value.setdefault(cell.value or text("cli.word.absent", language), []).append(row.cluster)
    common = found.columns[index].common
    ordered = sorted(by_value.items(), key=lambda item: (item[0] != common, -len(item[1]), item[0]))
    return "\n".join(f"{value}: {_listed(clusters)}" for value, clusters in ordered)


def _details(found: VersionMatrix) -> Iterable[RenderableType]:
    """What stands behind a cell that needs attention."""
    kinds = ("bundle", "controller", "debt", "orphans", "kubernetes")
    columns = [(i, c) for i, c in enumerate(found.columns) if c.kind in kinds]
    lines = [_detail(row.cluster, column, row.cells[i]) for row in found.rows for i, column in columns]
    told = [line for line in lines if line is not None]
    if told:
        yield Text()
    yield from told


def _detail(cluster: str, column: MatrixColumn, cell: MatrixCell) -> RenderableType | None:
    if not cell.details or (cell.state not in ("attention", "differs") and column.kind not in ("bundle", "debt")):
        return None
    return Text.assemble((f"{cluster} {column.title}: ", "bold"), _listed(cell.details))


def _skew(found: SkewFinding, language: Language) -> Iterable[RenderableType]:
    finding = found.finding
    since = age(finding.since, language)
    yield Text.assemble(word("severity", finding.severity, language), f"  {finding.message.render(language)} ({since})")
    yield Padding(Text(found.levelling.render(language)), (0, 0, 0, 4))
    yield Padding(Text(finding.remedy.render(language)), (0, 0, 0, 4))


def _listed(names: Sequence[str]) -> str:
    more = f" (+{len(names) - _LISTED})" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
