"""Clusters, teams, bindings and stacks, and what a change did to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import yaml
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from gatewright.cli.output import STYLES, rows, table, word
from gatewright.cli.views.moments import age
from gatewright.model.desired import Binding, RegisteredCluster, Stack
from gatewright.planning.differences import between
from gatewright.server.values import ChangeView, TeamView
from gatewright.text import Language, text


def clusters(found: Sequence[RegisteredCluster], language: Language) -> Iterable[RenderableType]:
    if not found:
        yield Text(text("cli.empty.clusters", language))
        return
    made = table(language, "cluster", "server", "kubernetes", "custody", "added")
    cells = [
        (c.name, _server(c, language), c.kubernetes, c.spec.custody or "", age(c.added_at, language)) for c in found
    ]
    yield rows(made, cells)


def cluster(found: RegisteredCluster, language: Language) -> Iterable[RenderableType]:
    yield from _facts(
        language,
        ("cluster", found.name),
        ("uid", found.uid),
        ("server", _server(found, language)),
        ("kubernetes", found.kubernetes),
        ("custody", found.spec.custody or ""),
        ("secrets", text("cli.secrets.allow" if found.spec.read_secrets else "cli.secrets.deny", language)),
        ("probes", text("cli.probes.on" if found.spec.probes else "cli.probes.off", language)),
        ("added", age(found.added_at, language)),
    )


def cluster_added(found: RegisteredCluster, language: Language) -> Iterable[RenderableType]:
    yield Text(text("cli.done.cluster-added", language, cluster=found.name, kubernetes=found.kubernetes or "?"))
    yield from cluster(found, language)


def teams(found: Sequence[TeamView], language: Language) -> Iterable[RenderableType]:
    if not found:
        yield Text(text("cli.empty.teams", language))
        return
    made = table(language, "team", "namespace", "clusters", "stacks")
    cells = [
        (v.team.name, v.team.namespace, ", ".join(b.cluster for b in v.bindings), ", ".join(s.name for s in v.stacks))
        for v in found
    ]
    yield rows(made, cells)


def team(found: TeamView, language: Language) -> Iterable[RenderableType]:
    yield from _facts(language, ("team", found.team.name), ("namespace", found.team.namespace))
    if found.bindings:
        yield Text()
        yield bindings(found.bindings, language)
    if found.stacks:
        yield Text()
        yield from stacks(found.stacks, language)


def bindings(found: Sequence[Binding], language: Language) -> RenderableType:
    made = table(language, "cluster", "namespace", "stack")
    return rows(made, [(b.cluster, b.namespace, b.stack) for b in found])


def stacks(found: Sequence[Stack], language: Language) -> Iterable[RenderableType]:
    if not found:
        yield Text(text("cli.empty.stacks", language))
        return
    made = table(language, "team", "stack", "bundle", "controller")
    yield rows(made, [(s.team, s.name, str(s.bundle), _controller(s)) for s in found])


def changes(found: Sequence[ChangeView], language: Language) -> Iterable[RenderableType]:
    """One line per manifest: what was done."""
    for change in found:
        yield Text.assemble(word("change", change.verb, language), f"  {change.kind} {change.name}")


def differences(found: Sequence[ChangeView], language: Language) -> Iterable[RenderableType]:
    """Each change with the fields that it would change."""
    for change in found:
        yield Text.assemble(word("would", change.verb, language), f"  {change.kind} {change.name}")
        if change.before is None:
            yield Padding(Text(yaml.safe_dump(change.after.get("spec", {}), sort_keys=False).rstrip()), (0, 0, 0, 4))
            continue
        for field in between(change.after, change.before):
            line = Text.assemble(
                f"{field.path}: ",
                (_value(field.live), STYLES["delete"]),
                " → ",
                (_value(field.wanted), STYLES["create"]),
            )
            yield Padding(line, (0, 0, 0, 4))


def _value(value: object) -> str:
    return "-" if value is None else msgspec.json.encode(value).decode()


def _controller(stack: Stack) -> str:
    wanted = stack.controller
    if wanted is None:
        return ""
    where = f" ({wanted.namespace})" if wanted.namespace else ""
    return f"{wanted.name} {wanted.version}{where}"


def _server(found: RegisteredCluster, language: Language) -> str:
    insecure = f" ({text('cli.word.insecure', language)})" if found.spec.insecure_skip_tls_verify else ""
    return found.server + insecure


def _facts(language: Language, *facts: tuple[str, str]) -> Iterable[RenderableType]:
    made = table(language, "fact", "value")
    made.show_header = False
    yield rows(made, [(text(f"cli.column.{name}", language), value) for name, value in facts])
