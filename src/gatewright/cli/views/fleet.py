"""The view across clusters: status, objects, and where the person works."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.text import Text

from gatewright.cli.context import Context
from gatewright.cli.output import rows, table, word
from gatewright.cli.views.health import state as health_state
from gatewright.cli.views.moments import age
from gatewright.model.errors import ErrorReport
from gatewright.model.status import ClusterStatus, Listing, ResourceRow
from gatewright.text import Language, text


def context(found: Context, language: Language) -> Iterable[RenderableType]:
    yield Text(str(found) if found.team else text("cli.empty.context", language))


def status(found: Sequence[ClusterStatus], language: Language) -> Iterable[RenderableType]:
    """One row per cluster; what could not be seen now stays, with its age, and its reason stands below."""
    if not found:
        yield Text(text("cli.empty.clusters", language))
        return
    columns = ("cluster", "state", "health", "kubernetes", "bundle", "custody", "controller", "namespace", "seen")
    made = table(language, *columns)
    yield rows(made, [_status(row, language) for row in found])
    yield from _errors((row.error for row in found if row.error is not None), language)


def _status(row: ClusterStatus, language: Language) -> tuple[str | Text, ...]:
    state = word("reachability", row.reachability, language)
    if row.insecure:
        state = Text.assemble(state, "\n", (text("cli.word.insecure", language), "yellow"))
    custody = word("custody", row.custody, language)
    if row.owners:
        custody.append(f" ({', '.join(row.owners)})", style="")
    controllers = [
        f"{c.name} {c.version}" + ("" if c.available else f" ({text('cli.word.unavailable', language)})")
        for c in row.controllers
    ]
    return (
        row.cluster,
        state,
        health_state(row.health, language),
        row.kubernetes.removeprefix("v"),
        "\n".join(row.bundles),
        custody,
        "\n".join(controllers),
        row.namespace,
        age(row.seen_at, language),
    )


def evidence(row: ClusterStatus) -> list[str]:
    """Who wrote the CRDs of a cluster and which releases they claim, as a person is shown before giving their word."""
    return [*(f"CustomResourceDefinition: {bundle}" for bundle in row.bundles), *(f"owner: {o}" for o in row.owners)]


def listing(found: Listing, language: Language) -> Iterable[RenderableType]:
    if not found.rows and not found.errors:
        yield Text(text("cli.empty.resources", language))
    if found.rows:
        made = table(language, "cluster", "namespace", "kind", "name", "state", "hostnames", "addresses", "age")
        yield rows(made, [_resource(row, language) for row in found.rows])
    yield from _errors(found.errors, language)


def _resource(row: ResourceRow, language: Language) -> tuple[str, ...]:
    state = f"{row.state} ({row.reason})" if row.reason and not row.state.lower().endswith("=true") else row.state
    return (
        row.cluster,
        row.namespace,
        row.kind,
        row.name,
        state,
        ", ".join(row.hostnames),
        ", ".join(row.addresses),
        age(row.created_at, language),
    )


def _errors(found: Iterable[ErrorReport], language: Language) -> Iterable[RenderableType]:
    for error in found:
        yield Text()
        yield Text.assemble((f"{error.cluster or '-'}: ", "bold"), error.message(language), f" ({error.code})")
        yield Text(error.remedy(language))
