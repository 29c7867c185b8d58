"""Running a plan: shown first, confirmed, started by its whole hash, followed to an exit code."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gatewright.cli.command import Session
from gatewright.cli.commands import rollouts
from gatewright.cli.errors import NotConfirmedError, PlanStoppedError
from gatewright.cli.output import Format, Screen
from gatewright.cli.watch import follow
from gatewright.model.objects import ObjectRef
from gatewright.model.plan import ClusterPlan, ObjectVerdict, Plan, Step, Verdict
from gatewright.model.rollout import RolloutEvent, RolloutState, RolloutStatus, TargetStatus
from gatewright.server.settings import from_environment
from gatewright.server.values import PlanAnswer
from gatewright.text import message

REASON = message("model.invalid-name", name="x", field="spec.name")


def made(verdict: Verdict) -> PlanAnswer:
    steps = () if verdict == "unchanged" else (Step("check", REASON),)
    verdicts = (ObjectVerdict(ObjectRef("v1", "Namespace", "payments"), verdict, REASON),)
    plan = Plan("payments", "install", (ClusterPlan("shanghai", "u", None, verdicts, steps=steps),))
    return PlanAnswer(plan.hash, plan.outcome, plan)


class FakeApi:
    """Remembers what was asked; the rollout ends in ``state``."""

    def __init__(self, state: RolloutState = "succeeded") -> None:
        self.asked: list[tuple[str, Any]] = []
        self.status = RolloutStatus("r-1", "payments", "h", state, "run", 1, "2026-11-22T12:00:00Z")

    async def drive(self) -> None:
        self.asked.append(("drive", None))

    async def post(self, path: str, type: Any, body: Any = None) -> RolloutStatus:
        self.asked.append((path, body))
        return self.status

    async def get(self, path: str, type: Any) -> RolloutStatus:
        return msgspec.structs.replace(self.status, targets=(TargetStatus("shanghai", "succeeded"),))

    async def events(self, path: str, type: Any, **query: object) -> AsyncIterator[RolloutEvent]:
        yield RolloutEvent(1, "2026-11-22T12:00:00.000000Z", "step", REASON, "shanghai")


@pytest.fixture
def session(tmp_path: Path) -> Any:
    def opened(format: Format = "table") -> Session:
        return Session(from_environment({"GATEWRIGHT_HOME": str(tmp_path)}), Screen("en", format), AsyncExitStack())

    return opened


async def run(session: Session, api: FakeApi, plan: PlanAnswer, *, yes: bool = True, detach: bool = False) -> int:
    return await rollouts.run(session, api, plan, yes, detach)  # type: ignore[arg-type]


async def test_exactly_the_plan_that_was_shown_is_started(session: Any, capsys: pytest.CaptureFixture[str]) -> None:
    api, plan = FakeApi(), made("create")
    assert await run(session(), api, plan) == 0
    assert api.asked == [("drive", None), ("/rollouts", {"plan": plan.hash})]
    out = capsys.readouterr().out
    assert out.index(plan.hash[:12]) < out.index("[shanghai]") < out.index("Rollout r-1")


async def test_nothing_is_started_without_a_yes(session: Any) -> None:
    api = FakeApi()
    with pytest.raises(NotConfirmedError):
        await run(session(), api, made("create"), yes=False)
    assert api.asked == []


async def test_a_stopped_plan_is_shown_and_not_started(session: Any, capsys: pytest.CaptureFixture[str]) -> None:
    api = FakeApi()
    with pytest.raises(PlanStoppedError) as caught:
        await run(session(), api, made("conflict"))
    assert (caught.value.exit_code, api.asked) == (7, [])
    assert "What blocks" in capsys.readouterr().out


async def test_nothing_to_do_is_no_rollout(session: Any) -> None:
    api = FakeApi()
    assert await run(session(), api, made("unchanged")) == 3
    assert api.asked == []


async def test_detached_it_is_not_driven_here(session: Any, capsys: pytest.CaptureFixture[str]) -> None:
    api = FakeApi("pending")
    assert await run(session(), api, made("create"), detach=True) == 0
    assert [path for path, _ in api.asked] == ["/rollouts"]
    assert "gatewright rollout watch r-1" in capsys.readouterr().err.replace("\n", " ")


async def test_programs_get_one_document(session: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(session("json"), FakeApi(), made("create")) == 0
    assert json.loads(capsys.readouterr().out)["id"] == "r-1"
    with pytest.raises(PlanStoppedError):
        await run(session("json"), FakeApi(), made("conflict"))
    assert json.loads(capsys.readouterr().out)["outcome"] == "stopped"


@pytest.mark.parametrize(("state", "code"), [("succeeded", 0), ("failed", 8), ("paused", 11), ("aborted", 11)])
async def test_how_it_ended_is_the_exit_code(session: Any, state: RolloutState, code: int) -> None:
    assert await follow(session(), FakeApi(state), "r-1") == code  # type: ignore[arg-type]
