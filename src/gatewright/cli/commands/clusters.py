"""``gatewright cluster ...`` and ``adopt``: which clusters there are, how to reach them, who owns their CRDs."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gatewright.cli.command import Session, YesOption, command
from gatewright.cli.errors import BadValueError
from gatewright.cli.help import typer_app

root = typer_app()
group = typer_app()

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="cli.argument.cluster")]
ContextOption = Annotated[str | None, typer.Option("--context", metavar="CONTEXT", help="cli.option.context")]
KubeconfigOption = Annotated[str | None, typer.Option("--kubeconfig", metavar="FILE|-", help="cli.option.kubeconfig")]
InsecureOption = Annotated[bool, typer.Option("--insecure-skip-tls-verify", help="cli.option.insecure")]


@command(group, "add")
async def add(
    session: Session,
    name: NameArgument,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
    insecure_skip_tls_verify: InsecureOption = False,
    custody: Annotated[str | None, typer.Option("--custody", metavar="own|observe", help="cli.option.custody")] = None,
    read_secrets: Annotated[bool, typer.Option("--read-secrets", help="cli.option.read-secrets")] = False,
) -> None:
    from gatewright.cli.kubeconfig import connection_body
    from gatewright.cli.views import desired
    from gatewright.model.desired import RegisteredCluster

    body = connection_body(kubeconfig, context, insecure_skip_tls_verify, remote=bool(session.settings.server))
    body.update(name=name, custody=None if custody is None else _custody(custody), read_secrets=read_secrets)
    api = await session.api()
    with session.screen.working("cli.working.connecting", cluster=name):
        added = await api.post("/clusters", RegisteredCluster, body)
    session.screen.show(added, desired.cluster_added)


@command(group, "list")
async def list_clusters(session: Session) -> None:
    from gatewright.cli.views import desired
    from gatewright.model.desired import RegisteredCluster

    api = await session.api()
    session.screen.show(await api.get("/clusters", list[RegisteredCluster]), desired.clusters)


@command(group, "show")
async def show(session: Session, name: NameArgument) -> None:
    from gatewright.cli.views import desired
    from gatewright.model.desired import RegisteredCluster

    api = await session.api()
    session.screen.show(await api.get(f"/clusters/{_part(name)}", RegisteredCluster), desired.cluster)


@command(group, "remove")
async def remove(session: Session, name: NameArgument, yes: YesOption = False) -> None:
    api = await session.api()
    session.confirm("cli.confirm.remove-cluster", yes, cluster=name)
    await api.delete(f"/clusters/{_part(name)}")
    session.screen.done("cli.done.cluster-removed", cluster=name)


@command(group, "rotate")
async def rotate(
    session: Session,
    name: NameArgument,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
    insecure_skip_tls_verify: InsecureOption = False,
) -> None:
    from gatewright.cli.kubeconfig import connection_body
    from gatewright.cli.views import desired
    from gatewright.model.desired import RegisteredCluster

    body = connection_body(kubeconfig, context, insecure_skip_tls_verify, remote=bool(session.settings.server))
    api = await session.api()
    with session.screen.working("cli.working.connecting", cluster=name):
        rotated = await api.put(f"/clusters/{_part(name)}/credentials", RegisteredCluster, body)
    session.screen.show(rotated, desired.cluster)


@command(group, "access")
async def access(
    session: Session,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAMESPACE", help="cli.option.access-ns")
    ] = "gatewright",
    allow_namespace_removal: Annotated[
        bool, typer.Option("--allow-namespace-removal", help="cli.option.access-removal")
    ] = False,
    controller: Annotated[
        list[str] | None, typer.Option("--controller", metavar="NAMESPACE", help="cli.option.access-controller")
    ] = None,
    secrets: Annotated[bool, typer.Option("--secrets", help="cli.option.access-secrets")] = False,
    observe_only: Annotated[bool, typer.Option("--observe-only", help="cli.option.access-observe")] = False,
) -> None:
    if observe_only and (allow_namespace_removal or controller):
        mixed = "--observe-only --allow-namespace-removal" if allow_namespace_removal else "--observe-only --controller"
        raise BadValueError(name="cluster access", value=mixed, wanted="--observe-only, --observe-only --secrets")
    api = await session.api()
    asked = {"namespace": namespace, "removal": allow_namespace_removal, "controller": controller or []}
    asked.update(secrets=secrets, observe_only=observe_only)
    session.screen.document(await api.text("/access", **asked))


@command(group, "custody")
async def custody(
    session: Session,
    name: NameArgument,
    word: Annotated[str, typer.Argument(metavar="own|observe|unset", help="cli.argument.custody")],
    yes: YesOption = False,
) -> None:
    if word == "own":
        await _adopt(session, name, yes)
        return
    await _set(session, name, None if word == "unset" else _custody(word), [])


@command(group, "secrets")
async def secrets(
    session: Session,
    name: NameArgument,
    word: Annotated[str, typer.Argument(metavar="allow|deny", help="cli.argument.secrets")],
) -> None:
    await _observe(session, name, {"read_secrets": _either("secrets", word, "allow", "deny")})


@command(group, "probes")
async def probes(
    session: Session,
    name: NameArgument,
    word: Annotated[str, typer.Argument(metavar="on|off", help="cli.argument.probes")],
) -> None:
    await _observe(session, name, {"probes": _either("probes", word, "on", "off")})


async def _observe(session: Session, name: str, body: dict[str, bool]) -> None:
    from gatewright.cli.views import desired
    from gatewright.model.desired import RegisteredCluster

    api = await session.api()
    told = await api.put(f"/clusters/{_part(name)}/observation", RegisteredCluster, body)
    session.screen.show(told, desired.cluster)


def _either(name: str, word: str, yes: str, no: str) -> bool:
    if word not in (yes, no):
        raise BadValueError(name=name, value=word[:80], wanted=f"{yes}, {no}")
    return word == yes


@command(root, "adopt")
async def adopt(session: Session, name: NameArgument, yes: YesOption = False) -> None:
    await _adopt(session, name, yes)


async def _adopt(session: Session, name: str, yes: bool) -> None:
    """The user's word, after they saw whose CRDs they are. What they saw is recorded with it."""
    from gatewright.cli.views import fleet
    from gatewright.model.status import ClusterStatus

    api = await session.api()
    await api.get(f"/clusters/{_part(name)}", object)
    with session.screen.working("cli.working.looking"):
        found = [row for row in await api.get("/status", list[ClusterStatus]) if row.cluster == name]
    evidence = [line for row in found for line in fleet.evidence(row)]
    session.screen.note("cli.note.adopt", cluster=name)
    for line in evidence:
        session.screen.err.print(f"  {line}")
    session.confirm("cli.confirm.adopt", yes, cluster=name)
    await _set(session, name, "own", evidence)


async def _set(session: Session, name: str, word: Literal["own", "observe"] | None, evidence: list[str]) -> None:
    from gatewright.cli.views import desired
    from gatewright.model.desired import RegisteredCluster

    api = await session.api()
    body = {"custody": word, "evidence": evidence}
    session.screen.show(await api.put(f"/clusters/{_part(name)}/custody", RegisteredCluster, body), desired.cluster)


def _custody(word: str) -> Literal["own", "observe"]:
    if word == "own":
        return "own"
    if word == "observe":
        return "observe"
    raise BadValueError(name="custody", value=word[:80], wanted="own, observe")


def _part(name: str) -> str:
    from gatewright.cli.client import part

    return part(name)
