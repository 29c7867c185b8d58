"""What is on the screen: 100 columns, no colour where none is wanted, one JSON for every language, complete help."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from rich.cells import cell_len
from rich.console import Console

from gatewright.cli.help import translated
from gatewright.cli.main import build
from gatewright.cli.output import WIDTH
from gatewright.cli.views import fleet, plan, rollout
from gatewright.gatewayapi.catalogue import catalogue
from gatewright.model.desired import BundleName
from gatewright.model.errors import ErrorReport
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import ClusterPlan, FieldDifference, Finding, ObjectVerdict, Owner, Plan, Step
from gatewright.model.rollout import RolloutStatus, StepStatus, TargetStatus
from gatewright.model.status import ClusterStatus, ControllerStatus
from gatewright.server.values import PlanAnswer
from gatewright.text import Language, message, templates

Run = Callable[..., Any]
LONG = "a-rather-long-name-of-a-cluster-in-shanghai-01"
CRD = ObjectRef("apiextensions.k8s.io/v1", "CustomResourceDefinition", "backendtlspolicies.gateway.networking.k8s.io")
REASON = message("model.invalid-name", name="x", field="spec.name")
PLAN = Plan(
    "payments",
    "install",
    (
        ClusterPlan(
            LONG,
            "u",
            BundleName("v1.6.1"),
            (
                ObjectVerdict(CRD, "create", REASON),
                ObjectVerdict(ObjectRef("v1", "Namespace", "payments"), "share", REASON),
                ObjectVerdict(
                    CRD,
                    "conflict",
                    REASON,
                    message("model.invalid-name.remedy", name="x", field="f"),
                    Owner("helm", "gateway-api-in-some-namespace", "label"),
                    tuple(FieldDifference(f"spec.versions[0].schema.{n}", "x" * 300, {"a": n}) for n in range(9)),
                ),
            ),
            (Finding("planning.mixed", "warn", REASON, REASON, CRD),),
            (Step("check", REASON),),
        ),
    ),
)


def drawn(view: Callable[..., Any], value: object, language: Language, **options: Any) -> str:
    console = Console(width=WIDTH, highlight=False, markup=False, emoji=False, record=True, file=None, **options)
    with console.capture() as captured:
        for part in view(value, language):
            console.print(part)
    return captured.get()


def values() -> Iterator[tuple[Callable[..., Any], object]]:
    answer = PlanAnswer(PLAN.hash, PLAN.outcome, PLAN)
    yield plan.plan, answer
    status = ClusterStatus(
        LONG,
        "unreachable",
        "2026-11-22T12:00:00.000000Z",
        "2026-11-22T12:00:00.000000Z",
        "2026-11-22T11:00:00.000000Z",
        insecure=True,
        kubernetes="v1.36.0+k3s1",
        bundles=("v1.4.1 experimental", "v1.6.1 standard"),
        custody="observe",
        owners=("helm gateway-api", "kubectl"),
        controllers=(ControllerStatus("traefik", "3.7.15", "traefik", False),),
        namespace="payments-in-production",
        error=ErrorReport("kube.unreachable", {"server": "https://example.org:6443", "reason": "refused"}, LONG),
    )
    yield fleet.status, [status]
    steps = (
        StepStatus(0, "check", REASON, "done", "2026-11-22T12:00:00Z", "2026-11-22T12:00:01Z"),
        StepStatus(1, "crds", REASON, "failed", "2026-11-22T12:00:01Z", "2026-11-22T12:03:02Z", 2),
    )
    targets = (
        TargetStatus(LONG, "failed", steps, ErrorReport("observe.slow", {"seconds": 8}, LONG)),
        TargetStatus("b", "pending", steps),
    )
    yield (
        rollout.rollout,
        RolloutStatus("r-1", "payments", "0" * 64, "failed", "run", 1, "2026-11-22T12:00:00Z", targets),
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everything_fits_and_is_complete(language: Language) -> None:
    for view, value in values():
        text = drawn(view, value, language)
        assert max(cell_len(line) for line in text.splitlines()) <= WIDTH, text
        assert LONG in re.sub(r"\s", "", text)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_plan_says_what_blocks_first(language: Language) -> None:
    view, answer = next(values())
    text = drawn(view, answer, language)
    block = text.index("What blocks" if language == "en" else "阻止项")
    assert block < text.index("Warnings" if language == "en" else "警告")
    assert block < text.index("helm")
    assert "-o json" in text


def test_no_colour_where_none_is_wanted() -> None:
    for view, value in values():
        plain = drawn(view, value, "en", force_terminal=True, no_color=True, color_system="truecolor")
        assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|38|9[0-7])", plain)
        assert "\x1b" not in drawn(view, value, "en")


@pytest.mark.parametrize("arguments", [("bundle", "list"), ("errors",), ("bundle", "show", "v1.6.1"), ("--help",)])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_commands_fit_too(run: Run, arguments: tuple[str, ...], lang: str) -> None:
    result = run(*arguments, lang=lang)
    assert result.code == 0
    assert max(cell_len(line) for line in result.out.splitlines()) <= WIDTH
    assert "\x1b" not in result.out + result.err


def test_json_is_stable_and_the_same_in_every_language(run: Run) -> None:
    english, chinese = (run("bundle", "list", "-o", "json", lang=lang) for lang in ("en", "zh"))
    assert english.out == chinese.out == run("bundle", "list", "-o", "json").out
    decoded = json.loads(english.out)
    assert len(decoded) == len(catalogue().bundles)
    assert all(list(row) == sorted(row) for row in decoded)
    assert yaml.safe_load(run("bundle", "list", "-o", "yaml").out) == decoded


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, child in group.commands.items():
        yield (*path, name), child
        if hasattr(child, "commands"):
            yield from commands(child, (*path, name))


def test_every_command_and_option_is_explained_in_both_languages() -> None:
    for path, command in commands(build()):
        assert ".".join(("cli.help", *path)) in templates(), path
        for parameter in command.params:
            if parameter.name != "help":
                assert translated(parameter.help or "", "zh") != (parameter.help or ""), (path, parameter.name)


def test_a_group_that_is_made_alone_is_the_group_of_the_whole_tree() -> None:
    whole = dict(commands(build()))
    for (name, *rest), group in whole.items():
        if not rest and hasattr(group, "commands") and name != "lab":
            alone = dict(commands(build(name)))
            assert list(alone) == [path for path in whole if path[0] == name]
            for path, command in alone.items():
                assert [p.opts for p in command.params] == [p.opts for p in whole[path].params]
    assert list(dict(commands(build("apply")))) == list(whole)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_of_help_can_be_drawn(run: Run, lang: str) -> None:
    for path, _ in commands(build()):
        if path[0] != "lab":
            result = run(*path, "--help", lang=lang)
            assert result.code == 0
            assert ("用法" if lang == "zh" else "Usage") in result.out


def test_help_imports_no_server() -> None:
    probe = (
        "import sys; from gatewright.cli.main import main; code = main(['--help']); "
        "print(sorted({m.partition('.')[0] for m in sys.modules} & "
        "{'fastapi', 'sqlalchemy', 'dbos', 'httpx', 'aiohttp', 'uvicorn'}), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
