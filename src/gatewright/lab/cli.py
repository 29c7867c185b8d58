"""``gatewright lab``: start, stop and show labs."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from gatewright.lab import lab, places, traefik
from gatewright.lab.binaries import binaries
from gatewright.lab.identity import PROGRAM
from gatewright.lab.lab import LabOptions
from gatewright.lab.programs import built
from gatewright.lab.releases import DEFAULT_MINOR
from gatewright.lab.state import LabState
from gatewright.lab.supervisor import serve, up_detached
from gatewright.text import Message, environment_language, text

_LANGUAGE = environment_language()


class OutputFormat(StrEnum):
    """How to print."""

    TEXT = "text"
    JSON = "json"


class LabView(msgspec.Struct, frozen=True):
    """A lab as ``-o json`` shows it."""

    running: bool
    lab: LabState


def _t(key: str, /, **params: str | int) -> str:
    return text(key, _LANGUAGE, **params)


Name = Annotated[str, typer.Option("--name", help=_t("lab.help.name"))]
Output = Annotated[OutputFormat, typer.Option("--output", "-o", help=_t("lab.help.output"))]

lab_app = typer.Typer(name="lab", help=_t("lab.help.lab"), no_args_is_help=True)


@lab_app.command("up", help=_t("lab.help.up"))
def up(
    name: Name = "default",
    clusters: Annotated[str, typer.Option(help=_t("lab.help.clusters"))] = "3",
    kubernetes: Annotated[str, typer.Option(help=_t("lab.help.kubernetes"))] = DEFAULT_MINOR,
    detach: Annotated[bool, typer.Option("--detach", "-d", help=_t("lab.help.detach"))] = False,
    output: Output = OutputFormat.TEXT,
) -> None:
    """Start a lab; in the foreground until Ctrl-C, or detached."""
    names = places.default_names(int(clusters)) if clusters.isdigit() else tuple(clusters.split(","))
    options = LabOptions(name=name, clusters=names, kubernetes=kubernetes)
    if detach:
        _show(asyncio.run(up_detached(options, _progress)), output)
        return

    def ready(state: LabState) -> None:
        _show(state, output)
        _note(_t("lab.until-interrupt"))

    asyncio.run(serve(options, _progress, ready))
    _note(_t("lab.stopped", name=name))


@lab_app.command("prepare", help=_t("lab.help.prepare"))
def prepare(
    kubernetes: Annotated[list[str] | None, typer.Option(help=_t("lab.help.kubernetes"))] = None,
    traefik_version: Annotated[list[str] | None, typer.Option("--traefik", help=_t("lab.help.traefik"))] = None,
    identity: Annotated[bool, typer.Option("--identity", help=_t("lab.help.identity"))] = False,
) -> None:
    """Get binaries now, so that a later start does not wait for them."""

    async def obtain() -> None:
        for minor in kubernetes or [DEFAULT_MINOR]:
            typer.echo(str((await binaries(minor, _progress)).kube_apiserver))
        for version in traefik_version or []:
            typer.echo(str(await traefik.binary(f"traefik:{version}")))
        if identity:
            typer.echo(str(await built(PROGRAM, _progress)))

    asyncio.run(obtain())


@lab_app.command("down", help=_t("lab.help.down"))
def down(name: Name = "default") -> None:
    """End a lab and remove what it left."""
    asyncio.run(lab.down(name))
    _note(_t("lab.stopped", name=name))


@lab_app.command("status", help=_t("lab.help.status"))
def status(
    name: Annotated[str | None, typer.Option("--name", help=_t("lab.help.name"))] = None,
    output: Output = OutputFormat.TEXT,
) -> None:
    """Show one lab, or all."""
    states = lab.labs() if name is None else [lab.status(name)]
    if output is OutputFormat.JSON:
        views = [LabView(lab.is_running(state), state) for state in states]
        _print_json(views if name is None else views[0])
        return
    if not states:
        _note(_t("lab.none"))
    for state in states:
        _show(state, output)


@lab_app.command("kubeconfig", help=_t("lab.help.kubeconfig"))
def kubeconfig(
    name: Name = "default",
    cluster: Annotated[str | None, typer.Option(help=_t("lab.help.cluster"))] = None,
    path: Annotated[bool, typer.Option("--path", help=_t("lab.help.path"))] = False,
) -> None:
    """Print the kubeconfig of a lab or of one cluster, or where it is."""
    state = lab.status(name)
    file = state.kubeconfig if cluster is None else Path(state.cluster(cluster).kubeconfig)
    typer.echo(str(file) if path else file.read_text(encoding="utf-8"), nl=path)


def _progress(news: Message) -> None:
    _note(news.render(_LANGUAGE))


def _note(line: str) -> None:
    Console(stderr=True, highlight=False).print(line, soft_wrap=True)


def _print_json(value: object) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(value)).decode())


def _show(state: LabState, output: OutputFormat) -> None:
    running = lab.is_running(state)
    if output is OutputFormat.JSON:
        _print_json(LabView(running, state))
        return
    key = "lab.title-running" if running else "lab.title-dead"
    table = Table(title=_t(key, name=state.name), title_justify="left", box=None, pad_edge=False)
    for column in ("cluster", "kubernetes", "server", "address", "context", "backend"):
        table.add_column(_t(f"lab.column.{column}"), no_wrap=True)
    for cluster in state.clusters:
        backends = [entry for entry in state.backend.ports if entry.cluster == cluster.name] if state.backend else []
        where = ", ".join(f"{state.backend.address}:{entry.port}" for entry in backends) if state.backend else "-"
        server = _t("lab.runs") if running and cluster.apiserver else _t("lab.stands-still")
        table.add_row(cluster.name, cluster.kubernetes, server, cluster.address, cluster.context, where)
    console = Console(highlight=False)
    console.print(table)
    console.print(f"KUBECONFIG={state.kubeconfig}", soft_wrap=True)
