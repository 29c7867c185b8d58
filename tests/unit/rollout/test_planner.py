"""Clusters are looked at side by side for a plan, but not all of a thousand at once."""

from __future__ import annotations

import asyncio

import pytest

from gatewright.model.plan import ClusterPlan
from gatewright.rollout.planner import AT_ONCE, Question, side_by_side

QUESTIONS = [Question("pay", f"c{number:03}", f"uid-{number}") for number in range(5 * AT_ONCE)]


def _answer(question: Question) -> ClusterPlan:
    return ClusterPlan(question.cluster, question.uid, None, ())


async def test_few_are_asked_at_a_time_and_the_answers_are_in_the_order_of_the_questions() -> None:
    asked: list[str] = []
    most = 0

    async def ask(question: Question) -> ClusterPlan:
        nonlocal most
        asked.append(question.cluster)
        most = max(most, len(asked))
        await asyncio.sleep(0)
        asked.remove(question.cluster)
        return _answer(question)

    found = await side_by_side(QUESTIONS, ask)
    assert [one.cluster for one in found] == [question.cluster for question in QUESTIONS]
    assert 1 < most <= AT_ONCE


async def test_after_a_failure_nobody_else_is_asked() -> None:
    asked: list[str] = []
    ended: list[str] = []

    async def ask(question: Question) -> ClusterPlan:
        asked.append(question.cluster)
        if question.cluster == "c001":
            raise ConnectionError(question.cluster)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(question.cluster)
        return _answer(question)

    with pytest.raises(ConnectionError):
        await side_by_side(QUESTIONS, ask)
    assert set(asked) == {"c001", *ended}
    assert len(asked) <= AT_ONCE + 1


async def test_one_who_stops_waiting_leaves_nothing_running() -> None:
    ended: list[str] = []

    async def ask(question: Question) -> ClusterPlan:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(question.cluster)
        return _answer(question)

    waiting = asyncio.create_task(side_by_side(QUESTIONS, ask))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(ended) == AT_ONCE
